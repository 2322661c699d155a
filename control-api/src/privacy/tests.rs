//! References, encryption and the key file: known answers, wrong keys, cut text, permissions.

use std::os::unix::fs::PermissionsExt;

use super::*;

fn keys() -> Keys {
    Keys::new([1; KEY_BYTES], [2; KEY_BYTES])
}

#[test]
fn a_reference_is_the_hmac_of_the_number() {
    // echo -n phone:+12025550123 | openssl dgst -sha256 -mac HMAC -macopt hexkey:0101…
    assert_eq!(
        keys().phone_ref("+12025550123"),
        "df72c7691b55fcc50b0c71a4f4c2dd47f2228aaebaa8d49f2391d1dbc293ee0c"
    );
    assert_ne!(keys().phone_ref("+12025550123"), keys().phone_ref("+12025550124"));
    assert_ne!(
        keys().phone_ref("+12025550123"),
        Keys::new([3; KEY_BYTES], [2; KEY_BYTES]).phone_ref("+12025550123")
    );
}

#[test]
fn an_address_mapped_into_ipv6_is_the_same_address() {
    let ip = |text: &str| keys().ip_ref(text.parse().unwrap());
    assert_eq!(ip("192.0.2.7"), ip("::ffff:192.0.2.7"));
    assert_ne!(ip("192.0.2.7"), ip("192.0.2.8"));
}

#[test]
fn what_was_encrypted_decrypts_in_its_place_alone() {
    let sealed = keys().encrypt("+12025550123", "session 1").unwrap();
    assert!(!sealed.contains("2025550123"));
    assert_ne!(sealed, keys().encrypt("+12025550123", "session 1").unwrap());
    assert_eq!(
        keys().decrypt(&sealed, "session 1"),
        Ok("+12025550123".to_owned())
    );
    let wrong = Err(PrivacyError::Undecipherable);
    assert_eq!(keys().decrypt(&sealed, "session 2"), wrong);
    assert_eq!(Keys::new([1; 32], [9; 32]).decrypt(&sealed, "session 1"), wrong);
    for cut in 0..sealed.len() {
        assert_eq!(keys().decrypt(&sealed[..cut], "session 1"), wrong);
    }
    assert_eq!(keys().decrypt("no hex", "session 1"), wrong);
}

#[test]
fn the_key_file_is_made_once_for_its_owner_alone() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("data");
    let path = folder.join("trunkline.key");
    assert!(matches!(load(&path), Err(KeyFileError::Io { .. })));
    let made = load_or_create(&path).unwrap();
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let again = load_or_create(&path).unwrap();
    assert_eq!(made.phone_ref("+12025550123"), again.phone_ref("+12025550123"));
    let sealed = made.encrypt("x", "").unwrap();
    assert_eq!(again.decrypt(&sealed, ""), Ok("x".to_owned()));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
}

#[test]
fn a_key_file_that_others_may_read_or_that_is_damaged_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("trunkline.key");
    load_or_create(&path).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o440)).unwrap();
    load(&path).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(
        load_or_create(&path),
        Err(KeyFileError::Open { mode: 0o644, .. })
    ));
    std::fs::write(&path, "hmac = 00\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(matches!(load_or_create(&path), Err(KeyFileError::Damaged { .. })));
}

#[test]
fn the_last_two_digits_are_all_that_is_shown() {
    assert_eq!(["+12025550123", "7", ""].map(last_two), ["23", "7", ""]);
}
