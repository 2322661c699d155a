//! Whom a stream hears, what it tells of it, and when it misses somebody.

use super::closed;
use crate::codec::Codec;
use crate::command::{Command, RecordSide, StreamId};
use crate::dtmf::Digit;
use crate::dtmf::tones::Tones;
use crate::engine::rig::{Rig, media, rtp};
use crate::engine::{Channel, Disk};
use crate::sdp::Direction;

fn silence(sequence: u16) -> Vec<u8> {
    rtp(0, sequence, u32::from(sequence) * 160, &[0xFF; 160])
}

/// One packet of a key event.
fn event(sequence: u16, timestamp: u32, digit: Digit, duration: u16, end: bool) -> Vec<u8> {
    let [high, low] = duration.to_be_bytes();
    rtp(
        101,
        sequence,
        timestamp,
        &[digit.event(), if end { 0x8A } else { 0x0A }, high, low],
    )
}

/// Whoever wants to know whether somebody still speaks is told of the next packet.
#[test]
fn the_next_packet_is_told_to_who_listens() {
    let mut rig = Rig::connected(media(Codec::Pcmu, 5_000));
    rig.hear(1, 5_000, silence(1));
    rig.told();
    rig.tell(Command::Listen { stream: StreamId(1) });
    rig.hear(1, 5_002, silence(2));
    assert_eq!(rig.told(), "", "a foreign packet is nobody's");
    rig.hear(1, 5_000, silence(2));
    rig.hear(1, 5_000, silence(3));
    assert_eq!(
        rig.told(),
        "0 FirstPacket { stream: StreamId(1), from: 192.0.2.7:5000 }"
    );
}

/// It moves, and its numbers are older than before: each of its packets is heard all the same.
#[test]
fn who_moves_may_count_from_anywhere() {
    let mut rig = Rig::connected(media(Codec::Pcmu, 5_000));
    for number in 50..60 {
        rig.hear(1, 5_000, silence(number));
    }
    rig.tell(Command::Connect {
        stream: StreamId(1),
        media: media(Codec::Pcmu, 5_500),
    });
    for number in 50..60 {
        rig.hear(1, 5_500, silence(number));
    }
    let stats = closed(&mut rig);
    assert_eq!((stats.rx_packets, stats.lost), (20, 0));
}

#[test]
fn only_the_address_of_the_sdp_is_heard() {
    let mut rig = Rig::connected(media(Codec::Pcmu, 5_000));
    assert_eq!(rig.sockets, ["bind 10002", "lock 5000"]);
    rig.hear(1, 5_002, silence(1));
    rig.hear(1, 5_001, silence(1));
    assert_eq!(rig.told(), "");
    rig.hear(1, 5_000, silence(1));
    rig.hear(1, 5_000, silence(2));
    assert_eq!(
        rig.told(),
        "0 FirstPacket { stream: StreamId(1), from: 192.0.2.7:5000 }"
    );
    rig.hear(1, 5_000, b"no RTP at all".to_vec());
    rig.hear(1, 5_000, rtp(96, 3, 0, &[0; 20]));
    rig.hear(1, 5_000, silence(2));
    rig.hear_on(1, Channel::Rtcp, 5_001, &mut [1, 2, 3]);
    let stats = closed(&mut rig);
    assert_eq!(
        (stats.rx_packets, stats.foreign_packets, stats.bad_packets),
        (2, 2, 3)
    );
}

#[test]
fn a_source_is_learnt_from_what_was_negotiated_and_nothing_else() {
    let mut rig = Rig::new();
    rig.open(1, true);
    rig.hear(1, 7_000, silence(1));
    rig.tell(Command::Connect {
        stream: StreamId(1),
        media: media(Codec::Pcmu, 5_000),
    });
    rig.hear(1, 7_000, rtp(96, 1, 0, &[0; 20]));
    rig.hear(1, 7_000, vec![0x80, 200, 0, 1, 0, 0, 0, 9]);
    rig.run(30);
    assert_eq!(rig.sent[0].to.port(), 5_000);
    rig.hear(1, 7_000, silence(1));
    rig.hear(1, 6_000, silence(1));
    rig.run(30);
    assert_eq!(rig.sent[rig.sent.len() - 1].to.port(), 7_000);
    // The same SDP again changes nothing; another address is learnt anew.
    rig.tell(Command::Connect {
        stream: StreamId(1),
        media: media(Codec::Pcmu, 5_000),
    });
    rig.tell(Command::Connect {
        stream: StreamId(1),
        media: media(Codec::Pcmu, 5_500),
    });
    rig.hear(1, 5_500, silence(500));
    assert_eq!(
        rig.sockets,
        ["bind 10002", "unlock", "lock 7000", "unlock", "lock 5500"]
    );
    assert_eq!(
        rig.told(),
        "30 FirstPacket { stream: StreamId(1), from: 192.0.2.7:7000 }\n\
         60 FirstPacket { stream: StreamId(1), from: 192.0.2.7:5500 }"
    );
    assert_eq!(closed(&mut rig).foreign_packets, 3);
}

#[test]
fn silence_is_told_once_and_again_after_the_next_packet() {
    let mut rig = Rig::connected(media(Codec::Pcmu, 5_000));
    rig.run(15_000);
    rig.hear(1, 5_000, silence(1));
    rig.run(60_000);
    rig.hear(1, 5_000, silence(2));
    rig.run(30_000);
    let told = rig.told();
    let timeouts: Vec<&str> = told.lines().filter(|line| line.contains("Timeout")).collect();
    assert_eq!(
        timeouts,
        [
            "35000 Timeout { stream: StreamId(1) }",
            "95000 Timeout { stream: StreamId(1) }"
        ]
    );
}

#[test]
fn a_far_end_on_hold_is_not_missed() {
    let mut negotiated = media(Codec::Pcmu, 5_000);
    negotiated.direction = Direction::SendOnly;
    let mut rig = Rig::connected(negotiated);
    rig.run(120_000);
    assert_eq!(rig.told(), "");
    rig.tell(Command::Connect {
        stream: StreamId(1),
        media: media(Codec::Pcmu, 5_000),
    });
    rig.run(20_020);
    assert_eq!(rig.told(), "140000 Timeout { stream: StreamId(1) }");
}

#[test]
fn a_key_is_told_when_it_begins() {
    let mut rig = Rig::connected(media(Codec::Pcmu, 5_000));
    for (sequence, duration) in [(1, 160), (2, 320), (3, 480)] {
        rig.hear(1, 5_000, event(sequence, 1_000, Digit::STAR, duration, false));
        rig.run(20);
    }
    for sequence in 4..7 {
        rig.hear(1, 5_000, event(sequence, 1_000, Digit::STAR, 640, true));
    }
    assert_eq!(
        rig.told(),
        "0 FirstPacket { stream: StreamId(1), from: 192.0.2.7:5000 }\n0 Digit { stream: StreamId(1), digit: * }"
    );
}

/// The keys told when `5` is heard as tones.
fn told_of_tones(events: Option<(u8, u8)>) -> String {
    let mut negotiated = media(Codec::Pcmu, 5_000);
    negotiated.telephone_event = events;
    let mut rig = Rig::connected(negotiated);
    let mut tones = Tones::default();
    tones.push(&[Digit::from_char('5').unwrap()]);
    for sequence in 0.. {
        let Some(pcm) = tones.next_frame() else { break };
        let mut payload = Vec::new();
        Codec::Pcmu.encode(&pcm, &mut payload);
        rig.hear(1, 5_000, rtp(0, sequence, u32::from(sequence) * 160, &payload));
        rig.run(20);
    }
    rig.told()
        .lines()
        .filter(|line| line.contains("Digit"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn keys_are_looked_for_in_the_audio_only_without_events() {
    assert_eq!(told_of_tones(None), "20 Digit { stream: StreamId(1), digit: 5 }");
    assert_eq!(told_of_tones(Some((101, 101))), "");
}

#[test]
fn a_recording_keeps_time_over_loss_and_pauses_and_is_told_last() {
    let mut rig = Rig::connected(media(Codec::Pcmu, 5_000));
    rig.tell(Command::Record {
        stream: StreamId(1),
        side: RecordSide::Received,
        path: "a.wav".into(),
    });
    // Half a second of a level, with one packet lost and two swapped, a pause of two seconds, and again.
    let mut order: Vec<u16> = (0..25).filter(|&packet| packet != 7).chain(125..150).collect();
    order.swap(3, 4);
    for packet in order {
        rig.run((u64::from(packet) * 20).saturating_sub(rig.ms));
        rig.hear(1, 5_000, rtp(0, packet, u32::from(packet) * 160, &[0x80; 160]));
    }
    rig.run(3_000 - rig.ms);
    rig.told();
    rig.tell(Command::Close { stream: StreamId(1) });
    let mut pcm: Vec<i16> = Vec::new();
    for job in &rig.disk {
        if let Disk::Append { samples, .. } = job {
            pcm.extend(samples);
        }
    }
    let loud: Vec<usize> = pcm
        .chunks(160)
        .enumerate()
        .filter(|(_, frame)| frame[80] != 0)
        .map(|(at, _)| at)
        .collect();
    let expected: Vec<usize> = (0..25).filter(|&frame| frame != 7).chain(125..150).collect();
    assert_eq!((loud, pcm.len()), (expected, 24_000));
    assert_eq!(rig.told(), "", "the file is not complete yet");
    assert!(matches!(
        rig.disk[rig.disk.len() - 2..],
        [Disk::Finish { .. }, Disk::Report(_)]
    ));
}

#[test]
fn early_and_late_packets_harm_nobody() {
    let mut rig = Rig::new();
    rig.open(1, false);
    rig.hear(1, 5_000, silence(1));
    assert_eq!(closed(&mut rig).foreign_packets, 1);
    rig.hear(1, 5_000, silence(2));
    rig.tell(Command::Play {
        stream: StreamId(1),
        play: crate::command::PlayId(1),
        clips: vec![],
        repeat: false,
    });
    rig.told();
    rig.run(2_990);
    assert_eq!(rig.told(), "");
}
