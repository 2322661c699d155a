//! Passwords: argon2id (RFC 9106), hashed off the async threads, with the same work whether or not there is anybody of that name.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;

use super::{PrivacyError, random_bytes};

/// Memory of one hash. With these three a guess costs some 20 ms and 19 MiB.
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over it.
const PASSES: u32 = 2;
/// Lanes.
const LANES: u32 = 1;
/// Hashes worked on at once: a flood of logins takes neither the memory nor the cores of the calls.
const AT_ONCE: usize = 2;
/// Bytes of a salt (RFC 9106 section 3.1).
const SALT_BYTES: usize = 16;
/// Fewest characters of a password.
pub const MIN_CHARS: usize = 12;
/// Most bytes of a password.
pub const MAX_BYTES: usize = 256;

/// Letters and digits that are not taken for one another.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789A";
/// Groups of a password of ours, and letters of a group: 80 bits.
const GROUPS: usize = 4;

/// A hash like every other, of no password.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static HASHERS: Semaphore = Semaphore::const_new(AT_ONCE);

/// Hashes a password; the answer is a PHC string.
pub async fn hash(password: &str) -> Result<String, PrivacyError> {
    let salt: [u8; SALT_BYTES] = random_bytes()?;
    let password = password.to_owned();
    off_thread(move || {
        let hash = argon2()?
            .hash_password_with_salt(password.as_bytes(), &salt)
            .ok()?;
        Some(hash.to_string())
    })
    .await
    .ok_or(PrivacyError::NotHashed)
}

/// Whether a password is the one of this hash. Without a hash it is held against that of nobody in the same way, and the answer is no.
pub async fn is_right(password: &str, hash: Option<String>) -> bool {
    let password = password.to_owned();
    let somebodys = hash.is_some();
    let hash = hash.unwrap_or_else(|| NOBODYS.to_owned());
    let right = off_thread(move || {
        let parsed = PasswordHash::new(&hash).ok()?;
        let right = argon2()?.verify_password(password.as_bytes(), &parsed);
        Some(right.is_ok())
    });
    right.await.unwrap_or(false) && somebodys
}

/// A password of ours, to be changed at the first login: `abcd-efgh-jkmn-pqrs`.
pub fn one_time() -> Result<String, PrivacyError> {
    let bytes: [u8; 4 * GROUPS] = random_bytes()?;
    let groups: Vec<String> = bytes
        .chunks(4)
        .map(|group| {
            group
                .iter()
                .map(|b| char::from(LETTERS[usize::from(b % 32)]))
                .collect()
        })
        .collect();
    Ok(groups.join("-"))
}

/// Whether somebody may choose it.
pub fn is_long_enough(password: &str) -> bool {
    password.chars().count() >= MIN_CHARS && password.len() <= MAX_BYTES
}

fn argon2() -> Option<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Option<T> + Send + 'static) -> Option<T> {
    let _turn = HASHERS.acquire().await.ok()?;
    tokio::task::spawn_blocking(work).await.ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_right_or_wrong() {
        let kept = hash("correct horse").await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert_ne!(kept, hash("correct horse").await.unwrap(), "a salt for each");
        assert!(is_right("correct horse", Some(kept.clone())).await);
        assert!(!is_right("correct mule", Some(kept)).await);
        assert!(!is_right("correct horse", None).await);
        assert!(!is_right("correct horse", Some("damaged".to_owned())).await);
    }

    #[tokio::test]
    async fn nobodys_hash_costs_what_others_cost() {
        let cost = |hash: &str| hash.rsplitn(3, '$').nth(2).map(str::to_owned);
        let kept = hash("correct horse").await.unwrap();
        assert_eq!(cost(NOBODYS), cost(&kept));
        assert_eq!(NOBODYS.len(), kept.len());
        let parsed = PasswordHash::new(NOBODYS).unwrap();
        let wrong = argon2().unwrap().verify_password(b"correct horse", &parsed);
        assert_eq!(
            wrong.unwrap_err().to_string(),
            argon2::password_hash::Error::PasswordInvalid.to_string(),
            "it is worked through to the end"
        );
    }

    #[test]
    fn one_time_passwords_are_long_and_never_the_same() {
        let one = one_time().unwrap();
        assert_eq!(one.len(), 19);
        assert!(is_long_enough(&one) && !is_long_enough("short"));
        assert!(!is_long_enough(&"x".repeat(257)));
        assert_ne!(one, one_time().unwrap());
    }
}
