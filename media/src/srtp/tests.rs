//! The examples of RFC 3711 appendix B and RFC 7714 sections 16 and 17, and what must be refused.

use aes::Aes128;
use aes::cipher::KeyInit;
use proptest::prelude::*;

use super::cipher::Cipher;
use super::derive::{Protocol, Session, key_stream};
use super::*;
use crate::rtp::{Header, RtpTime, SeqNum};

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|c| c.to_digit(16))
        .map(|d| d as u8)
        .collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn sized<const N: usize>(text: &str) -> [u8; N] {
    unhex(text).try_into().unwrap()
}

fn keys(suite: Suite) -> Keys {
    let ours = Master::new(suite, &[7; MASTER_MAX]).unwrap();
    Keys {
        ours,
        theirs: ours,
        their_mki_len: 0,
    }
}

fn rtp(sequence: u16, ssrc: u32, payload: &[u8]) -> Vec<u8> {
    let header = Header {
        marker: false,
        payload_type: 0,
        sequence: SeqNum(sequence),
        timestamp: RtpTime(u32::from(sequence) * 160),
        ssrc,
    };
    [&header.to_bytes()[..], payload].concat()
}

#[test]
fn key_stream_is_that_of_rfc_3711_b_2() {
    let aes = Aes128::new(&sized::<16>("2B7E151628AED2A6ABF7158809CF4F3C").into());
    let mut stream = vec![0; 0xff02 * 16];
    key_stream(&aes, &sized("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"), &mut stream);
    let block = |at: usize| stream[at * 16..][..16].to_vec();
    for (at, expected) in [
        (0, "E03EAD0935C95E80E166B16DD92B4EB4"),
        (1, "D23513162B02D0F72A43A2FE4A5F97AB"),
        (2, "41E95B3BB0A2E8DD477901E4FCA894C0"),
        (0xfeff, "EC8CDF7398607CB0F2D21675EA9EA1E4"),
        (0xff00, "362B7C3C6773516318A077D7FC5073AE"),
        (0xff01, "6A2CC3787889374FBEB4C81B17BA6C44"),
    ] {
        assert_eq!(block(at), unhex(expected), "block {at:x}");
    }
}

#[test]
fn session_keys_are_those_of_rfc_3711_b_3() {
    let master = unhex("E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6");
    let master = Master::new(Suite::AesCm128HmacSha1_80, &master).unwrap();
    let session = Session::new(&master, Protocol::Rtp);
    assert_eq!(session.key, sized("C61E7A93744F39EE10734AFE3FF7A087"));
    assert_eq!(session.salt, sized("30CBBC08863D8C85D49DB34A9AE1"));
    assert_eq!(session.auth, sized("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));
}

/// Key of appendix B.3, packet of libsrtp's own test: a second opinion on the whole of counter mode.
#[test]
fn a_whole_packet_in_counter_mode_is_as_libsrtp_makes_it() {
    let master = unhex("E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6");
    let keys = Master::new(Suite::AesCm128HmacSha1_80, &master).unwrap();
    let plain = unhex("800f1234 decafbad cafebabe abababab abababab abababab abababab");
    let sealed =
        unhex("800f1234 decafbad cafebabe 4e55dc4c e79978d8 8ca4d215 949d2402 b78d6acc 99ea179b 8dbb");
    let mut bytes = plain.clone();
    Outgoing::new(&keys).seal_rtp(&mut bytes, 0).unwrap();
    assert_eq!(bytes, sealed);
}

fn galois() -> Session {
    Session {
        key: sized("000102030405060708090a0b0c0d0e0f"),
        auth: [0; 20],
        salt: sized("517569642070726f2071756f0000"),
    }
}

#[test]
fn rtp_by_gcm_is_that_of_rfc_7714_16_1() {
    let plain = unhex(
        "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573",
    );
    let sealed = unhex(
        "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833\
         899d7f27 beb16a91 52cf765e e4390cce",
    );
    let cipher = Cipher::of(Suite::AeadAes128Gcm, &galois());
    let mut bytes = plain.clone();
    cipher.seal_rtp(0xf17b, 0x5501_a0b2, &mut bytes, 0, 12);
    assert_eq!(bytes, sealed);
    let length = cipher.open_rtp(0xf17b, 0x5501_a0b2, &mut bytes, 12, 0);
    assert_eq!((length, &bytes[..plain.len()]), (Ok(plain.len()), &plain[..]));
}

#[test]
fn rtcp_by_gcm_is_that_of_rfc_7714_17_1() {
    let plain = unhex(
        "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef",
    );
    let sealed = unhex(
        "81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b\
         c84aa458 96cf4d2f c5abf872 45d9eade 800005d4",
    );
    let cipher = Cipher::of(Suite::AeadAes128Gcm, &galois());
    let mut bytes = plain.clone();
    cipher.seal_rtcp(0x5d4, 0x4d61_7273, &mut bytes, 0);
    assert_eq!(bytes, sealed);
    let at = cipher.rtcp_index_at(bytes.len(), 0).unwrap();
    let length = cipher.open_rtcp(0x8000_05d4, 0x4d61_7273, &mut bytes, at, 0);
    assert_eq!((length, &bytes[..plain.len()]), (Ok(plain.len()), &plain[..]));
}

#[test]
fn a_packet_is_taken_once_and_only_as_it_was_sent() {
    for suite in Suite::ALL {
        let keys = keys(suite);
        let (mut outgoing, mut incoming) = (Outgoing::new(&keys.ours), Incoming::new(&keys));
        let plain = rtp(65_535, 9, b"hello");
        let mut sealed = plain.clone();
        outgoing.seal_rtp(&mut sealed, 0).unwrap();
        for at in 0..sealed.len() * 8 {
            let mut broken = sealed.clone();
            broken[at / 8] ^= 1 << (at % 8);
            assert!(incoming.open_rtp(&mut broken).is_err(), "{suite:?} bit {at}");
        }
        for short in 0..sealed.len() {
            assert!(incoming.open_rtp(&mut sealed.clone()[..short]).is_err());
        }
        let mut copy = sealed.clone();
        let length = incoming.open_rtp(&mut copy).unwrap();
        assert_eq!(copy[..length], plain, "{suite:?}");
        assert_eq!(incoming.open_rtp(&mut sealed), Err(Refused::Replayed));
    }
}

#[test]
fn a_number_is_never_used_twice() {
    let keys = keys(Suite::AeadAes128Gcm);
    let mut outgoing = Outgoing::new(&keys.ours);
    assert_eq!(outgoing.seal_rtp(&mut rtp(5, 9, b"one"), 0), Ok(()));
    assert_eq!(
        outgoing.seal_rtp(&mut rtp(5, 9, b"two"), 0),
        Err(Refused::Replayed)
    );
}

#[test]
fn another_key_opens_nothing() {
    for suite in Suite::ALL {
        let other = Master::new(suite, &[8; MASTER_MAX]).unwrap();
        let mut incoming = Incoming::new(&Keys {
            theirs: other,
            ..keys(suite)
        });
        let mut outgoing = Outgoing::new(&keys(suite).ours);
        let (mut packet, mut report) = (rtp(1, 9, b"hello"), rtcp(9));
        outgoing.seal_rtp(&mut packet, 0).unwrap();
        outgoing.seal_rtcp(&mut report, 0).unwrap();
        assert_eq!(incoming.open_rtp(&mut packet), Err(Refused::NotAuthentic));
        assert_eq!(incoming.open_rtcp(&mut report), Err(Refused::NotAuthentic));
        assert_eq!(
            incoming.open_rtp(&mut rtp(1, 9, &[0; 60])),
            Err(Refused::NotAuthentic)
        );
    }
}

/// A key identifier lies between packet and tag, or behind both (RFC 3711 section 3.1, RFC 7714 section 13.1).
#[test]
fn a_key_identifier_is_passed_over() {
    for suite in Suite::ALL {
        let keys = Keys {
            their_mki_len: 4,
            ..keys(suite)
        };
        let mut packet = rtp(1, 9, b"hello");
        Outgoing::new(&keys.ours).seal_rtp(&mut packet, 0).unwrap();
        let at = match suite {
            Suite::AeadAes128Gcm => packet.len(),
            Suite::AesCm128HmacSha1_80 | Suite::AesCm128HmacSha1_32 => packet.len() - suite.rtp_tag(),
        };
        packet.splice(at..at, [0, 0, 0, 1]);
        let length = Incoming::new(&keys).open_rtp(&mut packet).unwrap();
        assert_eq!(packet[..length], rtp(1, 9, b"hello"), "{suite:?}");
    }
}

fn rtcp(ssrc: u32) -> Vec<u8> {
    [&[0x80, 201, 0, 1][..], &ssrc.to_be_bytes()].concat()
}

proptest! {
    /// Over a link that loses, repeats and reorders, for longer than sequence numbers last.
    #[test]
    fn what_is_sealed_is_opened(start: u16, ssrc: u32, order in proptest::collection::vec(0..40u32, 1..200)) {
        for suite in Suite::ALL {
            let keys = keys(suite);
            let (mut outgoing, mut incoming) = (Outgoing::new(&keys.ours), Incoming::new(&keys));
            let mut sent: Vec<Vec<u8>> = Vec::new();
            let mut taken = std::collections::HashSet::new();
            for (at, back) in order.iter().enumerate() {
                let plain = rtp(start.wrapping_add((at * 400) as u16), ssrc, &at.to_be_bytes());
                let mut sealed = plain.clone();
                outgoing.seal_rtp(&mut sealed, 0).unwrap();
                sent.push(sealed);
                // The newest, or one of those just before.
                let which = if *back < 2 { at.saturating_sub(*back as usize) } else { at };
                let mut packet = sent[which].clone();
                let opened = incoming.open_rtp(&mut packet);
                if which == at {
                    prop_assert!(taken.insert(which));
                    prop_assert_eq!(&packet[..opened.unwrap()], &plain[..]);
                } else {
                    prop_assert!(opened.is_err() || taken.insert(which));
                }
                let mut report = rtcp(ssrc);
                outgoing.seal_rtcp(&mut report, 0).unwrap();
                let mut copy = report.clone();
                prop_assert_eq!(incoming.open_rtcp(&mut copy), Ok(8));
                prop_assert_eq!(incoming.open_rtcp(&mut report), Err(Refused::Replayed));
            }
        }
    }

    #[test]
    fn garbage_is_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for suite in Suite::ALL {
            let mut incoming = Incoming::new(&keys(suite));
            prop_assert!(incoming.open_rtp(&mut bytes).is_err());
            prop_assert!(incoming.open_rtcp(&mut bytes).is_err());
        }
    }
}
