//! Encrypted streams: what leaves can be opened by the far end alone, what comes is heard only when it is the far end's.

use super::closed;
use crate::codec::Codec;
use crate::command::{Command, StreamId, Swallow};
use crate::dtmf::Digit;
use crate::engine::Channel;
use crate::engine::rig::{Rig, media, rtp};
use crate::rtcp;
use crate::sdp::Negotiated;
use crate::srtp::{Incoming, Keys, MASTER_MAX, Master, Outgoing, Suite};

fn master(byte: u8) -> Master {
    Master::new(Suite::AesCm128HmacSha1_80, &[byte; MASTER_MAX]).unwrap()
}

/// As the engine sees it: we send with key 1, the far end with key 2.
fn keys() -> Keys {
    Keys {
        ours: master(1),
        theirs: master(2),
        their_mki_len: 0,
    }
}

fn encrypted(codec: Codec, remote: u16) -> Negotiated {
    Negotiated {
        srtp: Some(keys()),
        ..media(codec, remote)
    }
}

/// The far end of an encrypted stream.
struct Far {
    outgoing: Outgoing,
    incoming: Incoming,
}

impl Far {
    fn new(key: u8) -> Far {
        Far {
            outgoing: Outgoing::new(&master(key)),
            incoming: Incoming::new(&Keys {
                theirs: master(1),
                ..keys()
            }),
        }
    }

    fn says(&mut self, sequence: u16) -> Vec<u8> {
        let mut packet = rtp(0, sequence, u32::from(sequence) * 160, &[sequence as u8; 160]);
        self.outgoing.seal_rtp(&mut packet, 0).unwrap();
        packet
    }

    /// Opens what a stream has sent since the last call; the payloads.
    fn opens(&mut self, rig: &mut Rig, stream: u64) -> Vec<Vec<u8>> {
        let sent = rig.sent.extract_if(.., |sent| sent.stream == stream);
        sent.map(|sent| {
            let mut packet = [&sent.header.to_bytes()[..], &sent.payload].concat();
            let length = self.incoming.open_rtp(&mut packet).unwrap();
            packet[12..length].to_vec()
        })
        .collect()
    }
}

/// Stream 1 encrypted, stream 2 plain, bridged.
fn pair() -> Rig {
    let mut rig = Rig::connected(encrypted(Codec::Pcmu, 5_000));
    rig.open(2, false);
    rig.tell(Command::Connect {
        stream: StreamId(2),
        media: media(Codec::Pcmu, 6_000),
    });
    rig.tell(Command::Bridge {
        a: StreamId(1),
        b: StreamId(2),
        swallow_from_a: Swallow::default(),
    });
    rig
}

#[test]
fn a_bridge_opens_on_one_side_and_seals_on_the_other() {
    let (mut rig, mut far) = (pair(), Far::new(2));
    rig.hear(1, 5_000, far.says(7));
    let heard = rig.sent.pop().unwrap();
    assert_eq!((heard.stream, heard.payload), (2, vec![7; 160]));
    rig.hear(2, 6_000, rtp(0, 1, 160, &[9; 160]));
    assert_eq!(far.opens(&mut rig, 1), [vec![9; 160]]);
}

#[test]
fn clips_keys_and_reports_are_sealed() {
    let mut far = Far::new(2);
    let mut rig = Rig::connected(encrypted(Codec::Pcmu, 5_000));
    rig.tell(Command::SendDigits {
        stream: StreamId(1),
        digits: vec![Digit::STAR],
    });
    rig.run(9_000);
    let payloads = far.opens(&mut rig, 1);
    assert!(payloads.iter().any(|payload| payload.first() == Some(&10)));
    assert!(payloads.contains(&vec![0xFF; 160]));
    assert!(!rig.rtcp.is_empty());
    for (_, _, mut report) in rig.rtcp {
        let length = far.incoming.open_rtcp(&mut report).unwrap();
        assert!(rtcp::read(&report[..length], |_| {}));
    }
}

#[test]
fn wrong_keys_are_counted_and_never_heard() {
    let (mut rig, mut stranger) = (pair(), Far::new(3));
    for sequence in 1..=50 {
        rig.hear(1, 5_000, stranger.says(sequence));
        // Neither is plain RTP, nor RTCP of somebody else.
        rig.hear(1, 5_000, rtp(0, sequence, 160, &[1; 160]));
        rig.hear_on(1, Channel::Rtcp, 5_001, &mut [0x81; 60]);
    }
    assert!(rig.sent.iter().all(|sent| sent.stream != 2));
    assert_eq!(rig.told(), "");
    let stats = closed(&mut rig);
    assert_eq!((stats.rx_packets, stats.unauthentic_packets), (0, 150));
}

/// An attacker who is first must not become the far end.
#[test]
fn a_source_is_learnt_from_an_authentic_packet_alone() {
    let mut rig = Rig::new();
    rig.open(1, true);
    rig.tell(Command::Connect {
        stream: StreamId(1),
        media: encrypted(Codec::Pcmu, 5_000),
    });
    rig.hear(1, 7_000, rtp(0, 1, 160, &[0xFF; 160]));
    rig.hear(1, 7_000, Far::new(3).says(1));
    assert_eq!(rig.sockets, ["bind 10002", "unlock"]);
    rig.hear(1, 5_500, Far::new(2).says(1));
    assert_eq!(rig.sockets.last().map(String::as_str), Some("lock 5500"));
}

/// A second answer with the same keys goes on counting: a packet heard before is not heard again.
#[test]
fn the_same_keys_told_again_change_nothing() {
    let (mut rig, mut far) = (pair(), Far::new(2));
    let packet = far.says(1);
    rig.hear(1, 5_000, packet.clone());
    rig.hear(2, 6_000, rtp(0, 1, 160, &[9; 160]));
    rig.tell(Command::Connect {
        stream: StreamId(1),
        media: encrypted(Codec::Pcmu, 5_000),
    });
    rig.hear(1, 5_000, packet);
    rig.hear(2, 6_000, rtp(0, 2, 320, &[8; 160]));
    assert_eq!(far.opens(&mut rig, 1), [vec![9; 160], vec![8; 160]]);
    assert_eq!(rig.sent.len(), 1);
}
