//! Who encrypts with whom: every policy of ours against every kind of offer and answer.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::super::*;
use super::{local, text};
use crate::codec::Codec;

fn keys(seed: u64) -> OurKeys {
    OurKeys::random(&mut ChaCha8Rng::seed_from_u64(seed))
}

fn side(address: &str, srtp: Srtp) -> LocalMedia {
    LocalMedia {
        srtp,
        ..local(address, &Codec::G711)
    }
}

fn policies(seed: u64) -> [(&'static str, Srtp); 3] {
    [
        ("off", Srtp::Off),
        ("optional", Srtp::Optional(keys(seed))),
        ("required", Srtp::Required(keys(seed))),
    ]
}

/// What offerer and answerer come to, in a word; both must see the same keys.
fn outcome(offerer: Srtp, answerer: Srtp) -> &'static str {
    let (there, here) = (side("192.0.2.1:4000", offerer), side("192.0.2.9:10000", answerer));
    let (text, ours) = match answer(&offer(&there), &here) {
        Ok(agreed) => agreed,
        Err(error) => {
            assert_eq!((error, error.status()), (SdpError::NoSrtp, 488));
            return "refused";
        }
    };
    let Ok(theirs) = accept(&there, &text) else {
        return "answer refused";
    };
    match (ours.srtp, theirs.srtp) {
        (None, None) => "plain",
        (Some(ours), Some(theirs)) => {
            assert_eq!((ours.ours, ours.theirs), (theirs.theirs, theirs.ours));
            assert_ne!(ours.ours, ours.theirs);
            "srtp"
        }
        (ours, theirs) => panic!("{ours:?} {theirs:?}"),
    }
}

#[test]
fn every_policy_meets_every_policy() {
    let mut table = String::new();
    for (offers, offerer) in policies(1) {
        for (answers, answerer) in policies(2) {
            let outcome = outcome(offerer.clone(), answerer);
            table += &format!("{offers} {answers}: {outcome}\n");
        }
    }
    let expected = "\
off off: plain
off optional: plain
off required: refused
optional off: plain
optional optional: srtp
optional required: srtp
required off: refused
required optional: srtp
required required: srtp
";
    assert_eq!(table, expected);
}

#[test]
fn an_offer_has_a_key_for_each_suite_and_an_answer_one() {
    let there = side("192.0.2.1:4000", Srtp::Required(keys(1)));
    let offered = text(&offer(&there));
    assert!(offered.contains("m=audio 4000 RTP/SAVP 0 8 101\n"), "{offered}");
    let lines: Vec<&str> = offered.lines().filter(|l| l.starts_with("a=crypto:")).collect();
    assert_eq!(lines.len(), 3, "{offered}");
    let words = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    assert_eq!(
        lines.iter().map(|l| words(l)).collect::<Vec<_>>(),
        [
            "a=crypto:1 AES_CM_128_HMAC_SHA1_80",
            "a=crypto:2 AEAD_AES_128_GCM",
            "a=crypto:3 AES_CM_128_HMAC_SHA1_32"
        ]
    );
    let here = side("192.0.2.9:10000", Srtp::Optional(keys(2)));
    let (answer, _) = answer(offered.as_bytes(), &here).unwrap();
    let answer = text(&answer);
    assert_eq!(answer.matches("a=crypto:").count(), 1, "{answer}");
    assert!(answer.contains("m=audio 10000 RTP/SAVP 0 101\n"), "{answer}");
}

/// The offerer's order counts, lines that nobody could use do not, and the tag comes back.
#[test]
fn the_first_line_that_we_speak_is_taken() {
    let offered = "c=IN IP4 192.0.2.1\nm=audio 4000 RTP/SAVP 0\n\
        a=crypto:4 AES_256_CM_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\n\
        a=crypto:9 AES_CM_128_HMAC_SHA1_32 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^31|1:1\n\
        a=crypto:5 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\n";
    let here = side("192.0.2.9:10000", Srtp::Optional(keys(2)));
    let (answer, media) = answer(offered.as_bytes(), &here).unwrap();
    assert!(text(&answer).contains("a=crypto:9 AES_CM_128_HMAC_SHA1_32 inline:"));
    assert_eq!(media.srtp.map(|keys| keys.their_mki_len), Some(1));
}

/// A second offer of the same leg is answered with the same key: what is sent goes on.
#[test]
fn a_leg_keeps_its_keys() {
    let there = side("192.0.2.1:4000", Srtp::Required(keys(1)));
    let here = side("192.0.2.9:10000", Srtp::Required(keys(2)));
    let first = answer(&offer(&there), &here).unwrap().1.srtp;
    let moved = side("192.0.2.3:4000", there.srtp.clone());
    assert_eq!(answer(&offer(&moved), &here).unwrap().1.srtp, first);
    assert_eq!(accept(&here, &offer(&there)).unwrap().srtp, first);
}

/// Two audio lines, one for those who encrypt: some offer both.
#[test]
fn of_two_lines_the_one_that_suits_is_taken() {
    let offered = "c=IN IP4 192.0.2.1\n\
        m=audio 4000 RTP/SAVP 0\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\n\
        m=audio 4002 RTP/AVP 0\n";
    let (answered, media) = answer(offered.as_bytes(), &side("192.0.2.9:10000", Srtp::Off)).unwrap();
    assert_eq!((media.srtp, media.remote_rtp.port()), (None, 4002));
    assert!(text(&answered).contains("m=audio 0 RTP/SAVP 0\n"));
    let secure = side("192.0.2.9:10000", Srtp::Required(keys(1)));
    let (answered, media) = answer(offered.as_bytes(), &secure).unwrap();
    assert!(media.srtp.is_some() && media.remote_rtp.port() == 4000);
    assert!(text(&answered).contains("m=audio 0 RTP/AVP 0\n"));
}
