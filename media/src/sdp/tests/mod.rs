//! Offer and answer against each other, and against bytes that nobody meant.

mod secure;

use std::net::SocketAddr;

use proptest::prelude::*;

use super::*;
use crate::codec::Codec;

fn local(address: &str, codecs: &[Codec]) -> LocalMedia {
    LocalMedia {
        address: address.parse().unwrap(),
        codecs: codecs.to_vec(),
        telephone_event: true,
        session_id: 7,
        version: 1,
        direction: Direction::SendRecv,
        srtp: Srtp::Off,
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap().replace("\r\n", "\n")
}

#[test]
fn our_offer() {
    let offer = offer(&local("[2001:db8::5]:10000", &[Codec::Pcma, Codec::Pcmu]));
    assert_eq!(
        text(&offer),
        "v=0\no=- 7 1 IN IP6 2001:db8::5\ns=-\nc=IN IP6 2001:db8::5\nt=0 0\nm=audio 10000 RTP/AVP 8 0 101\n\
         a=rtpmap:8 PCMA/8000\na=rtpmap:0 PCMU/8000\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\na=ptime:20\n\
         a=sendrecv\n"
    );
}

#[test]
fn every_direction_is_reversed() {
    use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
    for (theirs, ours) in [
        (SendRecv, SendRecv),
        (SendOnly, RecvOnly),
        (RecvOnly, SendOnly),
        (Inactive, Inactive),
    ] {
        let there = LocalMedia {
            direction: theirs,
            ..local("192.0.2.1:4000", &Codec::G711)
        };
        let here = local("192.0.2.9:10000", &Codec::G711);
        let (text, negotiated) = answer(&offer(&there), &here).unwrap();
        assert_eq!(negotiated.direction, ours);
        assert_eq!(accept(&there, &text).unwrap().direction, theirs);
    }
}

#[test]
fn hold_by_us_narrows_what_was_offered() {
    let here = LocalMedia {
        direction: Direction::SendOnly,
        ..local("192.0.2.9:10000", &Codec::G711)
    };
    let (_, negotiated) = answer(&offer(&local("192.0.2.1:4000", &Codec::G711)), &here).unwrap();
    assert_eq!(negotiated.direction, Direction::SendOnly);
}

#[test]
fn an_answer_may_use_other_payload_types() {
    let ours = local("192.0.2.9:10000", &Codec::G711);
    let answer = b"v=0\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 97 98\na=rtpmap:97 PCMA/8000\na=rtpmap:98 telephone-event/8000\n";
    let got = accept(&ours, answer).unwrap();
    assert_eq!(
        (got.codec, got.payload_type, got.receive_payload_type),
        (Codec::Pcma, 97, 8)
    );
    assert_eq!(got.telephone_event, Some((98, 101)));
}

#[test]
fn an_answer_cannot_switch_on_what_was_not_offered() {
    let ours = LocalMedia {
        telephone_event: false,
        ..local("192.0.2.9:10000", &[Codec::Pcmu])
    };
    let answer =
        b"c=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 8 0 101\na=rtpmap:101 telephone-event/8000\na=rtcp-mux\n";
    let got = accept(&ours, answer).unwrap();
    assert_eq!(
        (got.codec, got.rtcp_mux, got.telephone_event),
        (Codec::Pcmu, false, None)
    );
    assert_eq!(got.remote_rtcp.port(), 4001);
}

#[test]
fn faults_have_their_status() {
    let ours = local("192.0.2.9:10000", &[Codec::Pcmu]);
    let check = |sdp: &str, error: SdpError, status: u16| {
        assert_eq!(answer(sdp.as_bytes(), &ours).map(|_| ()), Err(error), "{sdp}");
        assert_eq!(error.status(), status);
    };
    let c = "c=IN IP4 192.0.2.1\n";
    check("", SdpError::NoAudio, 488);
    check("<xml/>", SdpError::NoAudio, 488);
    check(&format!("{c}m=video 4000 RTP/AVP 96"), SdpError::NoAudio, 488);
    check(&format!("{c}m=audio 4000 RTP/SAVP 0"), SdpError::NoSrtp, 488);
    check(&format!("{c}m=audio 0 RTP/AVP 0"), SdpError::NoAudio, 488);
    check(
        &format!("{c}m=audio 4000 RTP/AVP 8 18"),
        SdpError::NoCommonCodec,
        488,
    );
    check(
        &format!("{c}m=audio 4000 RTP/AVP 0\na=rtpmap:0 PCMU/16000"),
        SdpError::NoCommonCodec,
        488,
    );
    check("m=audio 4000 RTP/AVP 0", SdpError::NoAddress, 488);
    check(
        "c=IN IP4 media.example\nm=audio 4000 RTP/AVP 0",
        SdpError::NoAddress,
        488,
    );
    check(
        "c=IN IP4 224.2.1.1/127\nm=audio 4000 RTP/AVP 0",
        SdpError::NoAddress,
        488,
    );
    check(
        "c=IN IP4 255.255.255.255\nm=audio 4000 RTP/AVP 0",
        SdpError::NoAddress,
        488,
    );
    check(
        "c=IN IP6 2001:db8::1\nm=audio 4000 RTP/AVP 0",
        SdpError::NoAddress,
        488,
    );
    check(&format!("{c}m=audio 99999 RTP/AVP 0"), SdpError::Malformed, 400);
    check(&format!("{c}m=audio"), SdpError::Malformed, 400);
    check(
        &format!("{c}m=audio 4000 RTP/AVP \u{7}0"),
        SdpError::Malformed,
        400,
    );
    check(
        &format!("{c}{}", "m=audio 4000 RTP/AVP 8\n".repeat(MAX_MEDIA + 1)),
        SdpError::TooLarge,
        413,
    );
    check(&" ".repeat(MAX_BYTES + 1), SdpError::TooLarge, 413);
}

#[test]
fn telephone_event_must_carry_the_keys() {
    let ours = local("192.0.2.9:10000", &[Codec::Pcmu]);
    for (fmtp, spoken) in [
        ("", true),
        ("a=fmtp:101 0-15", true),
        ("a=fmtp:101 0-11,16", true),
        ("a=fmtp:101 events=0-15", true),
        ("a=fmtp:101 0,1,2,3,4,5,6,7,8,9,10,11", true),
        ("a=fmtp:101 gibberish", true),
        ("a=fmtp:101 0-9", false),
        ("a=fmtp:101 32-35", false),
        ("a=fmtp:101 11-0", false),
    ] {
        let offer = format!(
            "c=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0 101\na=rtpmap:101 telephone-event/8000\n{fmtp}\n"
        );
        let (_, got) = answer(offer.as_bytes(), &ours).unwrap();
        assert_eq!(got.telephone_event, spoken.then_some((101, 101)), "{fmtp}");
    }
}

#[test]
fn packet_time_is_bounded() {
    let ours = local("192.0.2.9:10000", &[Codec::Pcmu]);
    for (lines, ms) in [
        ("", 20),
        ("a=ptime:30", 30),
        ("a=ptime:30.0", 30),
        ("a=ptime:0", 20),
        ("a=ptime:4000000000", 20),
        ("a=ptime:abc", 20),
        ("a=maxptime:10", 10),
        ("a=ptime:40\na=maxptime:30", 30),
        ("a=maxptime:150", 20),
    ] {
        let offer = format!("c=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0\n{lines}\n");
        let (_, got) = answer(offer.as_bytes(), &ours).unwrap();
        assert_eq!(got.ptime.as_millis(), ms, "{lines}");
    }
}

fn codecs() -> impl Strategy<Value = Vec<Codec>> {
    prop::sample::subsequence(Codec::G711.to_vec(), 1..=Codec::G711.len()).prop_shuffle()
}

fn direction() -> impl Strategy<Value = Direction> {
    (any::<bool>(), any::<bool>()).prop_map(|(send, receive)| Direction::of(send, receive))
}

fn media() -> impl Strategy<Value = LocalMedia> {
    (
        any::<[u8; 4]>(),
        1024u16..65535,
        codecs(),
        any::<bool>(),
        direction(),
        any::<(u64, u64)>(),
    )
        .prop_map(
            |(ip, port, codecs, telephone_event, direction, (session_id, version))| LocalMedia {
                address: SocketAddr::from(([10, ip[1], ip[2], ip[3]], port)),
                codecs,
                telephone_event,
                session_id,
                version,
                direction,
                srtp: Srtp::Off,
            },
        )
}

fn examples() -> Vec<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus");
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "sdp"))
        .map(|path| std::fs::read(path).unwrap())
        .collect()
}

proptest! {
    #[test]
    fn offer_and_answer_agree(here in media(), there in media()) {
        let Ok((text, theirs)) = answer(&offer(&here), &there) else {
            prop_assert!(!here.codecs.iter().any(|c| there.codecs.contains(c)));
            return Ok(());
        };
        let ours = accept(&here, &text).unwrap();
        prop_assert_eq!(ours.codec, theirs.codec);
        prop_assert_eq!(Some(&ours.codec), here.codecs.iter().find(|c| there.codecs.contains(c)));
        prop_assert_eq!(ours.payload_type, theirs.receive_payload_type);
        prop_assert_eq!(ours.receive_payload_type, theirs.payload_type);
        prop_assert_eq!(ours.telephone_event, theirs.telephone_event.map(|(send, receive)| (receive, send)));
        prop_assert_eq!(ours.direction, theirs.direction.reversed());
        prop_assert_eq!((ours.remote_rtp, theirs.remote_rtp), (there.address, here.address));
        prop_assert_eq!(ours.rtcp_mux, theirs.rtcp_mux);
    }

    #[test]
    fn an_answer_mirrors_every_line(kinds in prop::collection::vec("audio|video|image|application", 0..MAX_MEDIA - 1)) {
        let mut offer = String::from("v=0\r\nc=IN IP4 192.0.2.1\r\n");
        for kind in &kinds {
            offer += &format!("m={kind} 5000 RTP/AVP 18\r\n");
        }
        offer += "m=audio 4000 RTP/AVP 0\r\n";
        let (text, _) = answer(offer.as_bytes(), &local("192.0.2.9:10000", &[Codec::Pcmu])).unwrap();
        let mirrored = parse(&text).unwrap();
        prop_assert_eq!(mirrored.media.len(), kinds.len() + 1);
        for (line, kind) in mirrored.media.iter().zip(&kinds) {
            prop_assert_eq!((&line.kind, line.port), (kind, 0));
        }
        prop_assert_eq!(mirrored.media.last().map(|m| m.port), Some(10000));
    }

    #[test]
    fn any_bytes_are_safe(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = answer(&bytes, &local("192.0.2.9:10000", &Codec::G711));
    }

    #[test]
    fn damaged_examples_are_safe_and_what_is_answered_can_be_read(
        which in any::<prop::sample::Index>(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..3), 1..8),
    ) {
        let examples = examples();
        let mut bytes = examples[which.index(examples.len())].clone();
        for (at, byte, kind) in cuts {
            if bytes.is_empty() { break }
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => bytes.truncate(at),
            }
        }
        let ours = local("192.0.2.9:10000", &Codec::G711);
        if let Ok((text, _)) = answer(&bytes, &ours) {
            let offered = parse(&bytes).unwrap().media.len();
            prop_assert_eq!(parse(&text).unwrap().media.len(), offered);
            prop_assert!(text.iter().all(|b| b.is_ascii_graphic() || b" \r\n".contains(b)));
        }
    }
}
