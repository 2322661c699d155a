//! Two streams that hear each other.

use crate::clip::Clip;
use crate::codec::Codec;
use crate::codec::g711::ULAW_TO_ALAW;
use crate::command::{Command, PlayId, StreamId, Swallow};
use crate::dtmf::Digit;
use crate::dtmf::tones::Tones;
use crate::engine::rig::{Rig, media, rtp};
use crate::sdp::Negotiated;
use crate::tone;

fn bridge(rig: &mut Rig, swallow: &[Digit]) {
    let swallow_from_a = Swallow(swallow.to_vec());
    rig.tell(Command::Bridge {
        a: StreamId(1),
        b: StreamId(2),
        swallow_from_a,
    });
}

/// Packets of 20 ms, heard by stream 1 every 20 ms.
fn speak(rig: &mut Rig, packets: impl IntoIterator<Item = u32>) {
    for packet in packets {
        let datagram = rtp(0, packet as u16, packet * 160, &[packet as u8; 160]);
        rig.hear(1, 5_000, datagram);
        rig.run(20);
    }
}

#[test]
fn payload_passes_as_it_is_with_numbers_of_our_own() {
    let mut rig = Rig::pair(Codec::Pcmu, Codec::Pcmu);
    bridge(&mut rig, &[]);
    speak(&mut rig, 1_000..1_004);
    assert_eq!(
        rig.sent.iter().map(|sent| sent.payload[0]).collect::<Vec<_>>(),
        [232, 233, 234, 235]
    );
    assert!(
        rig.sent
            .iter()
            .all(|sent| sent.header.ssrc != 77 && sent.to.port() == 6_000)
    );
    assert_eq!(
        rig.lines(2),
        "0 0 M 0 0 160\n20 0 . 1 160 160\n40 0 . 2 320 160\n60 0 . 3 480 160"
    );
    // The other way round as well.
    rig.hear(2, 6_000, rtp(0, 9, 9, &[1; 240]));
    assert_eq!(rig.lines(1), "80 0 M 0 0 240");
}

#[test]
fn loss_and_order_pass_as_they_are() {
    let mut rig = Rig::pair(Codec::Pcmu, Codec::Pcmu);
    bridge(&mut rig, &[]);
    speak(&mut rig, [65_534, 65_535, 65_539, 65_538, 65_540]);
    assert_eq!(
        rig.lines(2),
        "0 0 M 0 0 160\n20 0 . 1 160 160\n\
         40 0 . 5 800 160\n60 0 . 4 640 160\n80 0 . 6 960 160"
    );
}

#[test]
fn other_laws_are_mapped_and_back() {
    let mut rig = Rig::pair(Codec::Pcmu, Codec::Pcma);
    bridge(&mut rig, &[]);
    let all: Vec<u8> = (0..=255).collect();
    rig.hear(1, 5_000, rtp(0, 1, 0, &all));
    let sent = rig.sent.pop().unwrap();
    assert_eq!(
        (sent.header.payload_type, sent.payload),
        (8, ULAW_TO_ALAW.to_vec())
    );
    // A far end that speaks the other law without a word is understood.
    rig.hear(1, 5_000, rtp(8, 2, 160, &all));
    assert_eq!(rig.sent.pop().unwrap().payload, all);
}

#[test]
fn a_source_that_starts_over_goes_on_without_a_jump() {
    let mut rig = Rig::pair(Codec::Pcmu, Codec::Pcmu);
    bridge(&mut rig, &[]);
    speak(&mut rig, [1, 2]);
    let mut other = rtp(0, 40_000, 3_000_000_000, &[7; 160]);
    other[8] = 0xAB;
    rig.hear(1, 5_000, other);
    assert_eq!(rig.lines(2), "0 0 M 0 0 160\n20 0 . 1 160 160\n40 0 M 2 320 160");
    // The old source is heard again, far away in its numbers: a new start, too.
    speak(&mut rig, [20_000]);
    assert_eq!(rig.lines(2), "40 0 M 0 0 160");
}

#[test]
fn who_is_silent_is_stood_in_for_and_comes_back_with_a_marker() {
    let mut rig = Rig::pair(Codec::Pcmu, Codec::Pcmu);
    bridge(&mut rig, &[]);
    speak(&mut rig, [1]);
    rig.run(1_100);
    speak(&mut rig, [56]);
    assert_eq!(
        rig.lines(2),
        "0 0 M 0 0 160\n1001 0 M 1 8008 160\n1120 0 M 2 8960 160"
    );
}

fn event(sequence: u16, timestamp: u32, digit: Digit, end: bool) -> Vec<u8> {
    rtp(
        101,
        sequence,
        timestamp,
        &[digit.event(), if end { 0x8A } else { 0x0A }, 1, 64],
    )
}

fn press(rig: &mut Rig, sequence: u16, digit: Digit) {
    for at in 0..4 {
        rig.hear(
            1,
            5_000,
            event(sequence + at, u32::from(sequence) * 160, digit, at > 0),
        );
        rig.run(20);
    }
}

#[test]
fn keys_pass_with_the_other_sides_payload_type_but_for_those_swallowed() {
    let mut rig = Rig::pair(Codec::Pcmu, Codec::Pcmu);
    let mut negotiated = media(Codec::Pcmu, 6_000);
    negotiated.telephone_event = Some((96, 97));
    rig.tell(Command::Connect {
        stream: StreamId(2),
        media: negotiated,
    });
    bridge(&mut rig, &[Digit::STAR]);
    speak(&mut rig, [1, 2]);
    press(&mut rig, 3, Digit::STAR);
    speak(&mut rig, [7]);
    press(&mut rig, 8, Digit::POUND);
    assert_eq!(
        rig.lines(2),
        "0 0 M 0 0 160\n20 0 . 1 160 160\n\
         120 0 M 2 960 160\n\
         140 96 . 3 1120 4\n160 96 . 4 1120 4\n180 96 . 5 1120 4\n200 96 . 6 1120 4"
    );
    let told = rig.told();
    let digits: Vec<&str> = told.lines().filter(|line| line.contains("Digit")).collect();
    assert_eq!(
        digits,
        [
            "40 Digit { stream: StreamId(1), digit: * }",
            "140 Digit { stream: StreamId(1), digit: # }"
        ]
    );
}

#[test]
fn a_far_end_without_events_hears_the_key_as_a_tone() {
    let mut rig = Rig::pair(Codec::Pcmu, Codec::Pcmu);
    let mut negotiated = media(Codec::Pcmu, 6_000);
    negotiated.telephone_event = None;
    rig.tell(Command::Connect {
        stream: StreamId(2),
        media: negotiated,
    });
    bridge(&mut rig, &[Digit::STAR]);
    press(&mut rig, 1, Digit::STAR);
    assert_eq!(rig.lines(2), "");
    press(&mut rig, 5, Digit::POUND);
    rig.run(200);
    let mut pcm = Vec::new();
    for packet in &rig.sent {
        Codec::Pcmu.decode(&packet.payload, &mut pcm);
    }
    assert_eq!(pcm.len(), 1_600);
    assert!(tone::share(&pcm[..800], 941.0) > 0.45 && tone::share(&pcm[..800], 1477.0) > 0.45);
    assert!(!rig.told().contains("DigitsSent"), "nobody asked for it");
}

#[test]
fn a_swallowed_key_in_the_audio_is_cut_off_once_it_is_known() {
    let mut rig = Rig::pair(Codec::Pcmu, Codec::Pcmu);
    let mut negotiated = media(Codec::Pcmu, 5_000);
    negotiated.telephone_event = None;
    rig.tell(Command::Connect {
        stream: StreamId(1),
        media: negotiated,
    });
    bridge(&mut rig, &[Digit::STAR]);
    let mut tones = Tones::default();
    tones.push(&[Digit::STAR]);
    for sequence in 0..5 {
        let mut payload = Vec::new();
        Codec::Pcmu.encode(&tones.next_frame().unwrap(), &mut payload);
        rig.hear(1, 5_000, rtp(0, sequence, u32::from(sequence) * 160, &payload));
        rig.run(20);
    }
    let muted: Vec<bool> = rig.sent.iter().map(|sent| sent.payload == [0xFF; 160]).collect();
    assert_eq!(muted, [false, true, true, true, true]);
}

#[test]
fn a_bridge_ends_with_unbridge_play_or_close_of_either_side() {
    let clips = || vec![Clip::from_pcm(&[1_000; 800])];
    let play = |stream| Command::Play {
        stream: StreamId(stream),
        play: PlayId(1),
        clips: clips(),
        repeat: false,
    };
    let ends = [
        Command::Unbridge { stream: StreamId(1) },
        Command::Unbridge { stream: StreamId(2) },
        play(1),
        play(2),
        Command::Close { stream: StreamId(1) },
        Command::Close { stream: StreamId(2) },
    ];
    for end in ends {
        let mut rig = Rig::pair(Codec::Pcmu, Codec::Pcmu);
        rig.tell(play(1));
        bridge(&mut rig, &[]);
        assert!(
            rig.told()
                .contains("PlayDone { stream: StreamId(1), play: PlayId(1), finished: false }")
        );
        speak(&mut rig, [1]);
        assert_eq!(rig.sent.len(), 1);
        rig.tell(end.clone());
        rig.sent.clear();
        rig.hear(1, 5_000, rtp(0, 2, 320, &[9; 160]));
        rig.hear(2, 6_000, rtp(0, 2, 320, &[9; 160]));
        assert_eq!(rig.sent.len(), 0, "{end:?}");
    }
}

#[test]
fn a_new_bridge_takes_the_place_of_the_old_one() {
    let mut rig = Rig::pair(Codec::Pcmu, Codec::Pcmu);
    rig.open(3, false);
    rig.tell(Command::Connect {
        stream: StreamId(3),
        media: media(Codec::Pcmu, 7_000),
    });
    bridge(&mut rig, &[]);
    rig.tell(Command::Bridge {
        a: StreamId(1),
        b: StreamId(3),
        swallow_from_a: Swallow::default(),
    });
    rig.tell(Command::Bridge {
        a: StreamId(3),
        b: StreamId(3),
        swallow_from_a: Swallow::default(),
    });
    rig.tell(Command::Bridge {
        a: StreamId(1),
        b: StreamId(9),
        swallow_from_a: Swallow::default(),
    });
    rig.hear(2, 6_000, rtp(0, 1, 0, &[1; 160]));
    rig.hear(1, 5_000, rtp(0, 1, 0, &[1; 160]));
    assert_eq!(rig.sent.len(), 0, "a bridge to nobody ends the old one as well");
    rig.tell(Command::Bridge {
        a: StreamId(1),
        b: StreamId(3),
        swallow_from_a: Swallow::default(),
    });
    rig.hear(1, 5_000, rtp(0, 2, 160, &[1; 160]));
    assert_eq!(rig.sent.iter().map(|sent| sent.stream).collect::<Vec<_>>(), [3]);
}

#[test]
fn our_own_keys_interrupt_the_bridge() {
    let mut rig = Rig::pair(Codec::Pcmu, Codec::Pcmu);
    bridge(&mut rig, &[]);
    speak(&mut rig, [1]);
    rig.tell(Command::SendDigits {
        stream: StreamId(2),
        digits: vec![Digit::STAR],
    });
    speak(&mut rig, 2..16);
    let lines = rig.lines(2);
    let types: Vec<&str> = lines.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(types.join(" "), "0 101 101 101 101 101 101 101 0 0 0 0");
    let sequences: Vec<usize> = lines
        .lines()
        .filter_map(|line| line.split(' ').nth(3)?.parse().ok())
        .collect();
    assert_eq!(sequences, (0..12).collect::<Vec<_>>());
}

/// Says a key as tones on stream 1.
fn press_as_tones(rig: &mut Rig, digit: Digit) {
    let mut tones = Tones::default();
    tones.push(&[digit]);
    for packet in 0..30u16 {
        let frame = tones.next_frame().unwrap_or([0; 160]);
        let mut payload = Vec::new();
        Codec::Pcmu.encode(&frame, &mut payload);
        rig.hear(1, 5_000, rtp(0, packet, u32::from(packet) * 160, &payload));
        rig.run(20);
    }
}

/// A PBX that has agreed to events listens for nothing else.
#[test]
fn tones_become_events_where_events_were_agreed() {
    for digit in (0..16).filter_map(Digit::from_event) {
        let mut rig = Rig::pair(Codec::Pcmu, Codec::Pcmu);
        rig.tell(Command::Connect {
            stream: StreamId(1),
            media: Negotiated {
                telephone_event: None,
                ..media(Codec::Pcmu, 5_000)
            },
        });
        bridge(&mut rig, &[]);
        press_as_tones(&mut rig, digit);
        let sent = rig.sent.iter().filter(|sent| sent.stream == 2);
        let (events, audio): (Vec<_>, Vec<_>) = sent.partition(|sent| sent.header.payload_type == 101);
        assert!(!events.is_empty() && events.iter().all(|sent| sent.payload[0] == digit.event()));
        let begins: Vec<u32> = events.iter().map(|sent| sent.header.timestamp.0).collect();
        assert!(
            begins.iter().all(|begin| *begin == begins[0]),
            "one key: {begins:?}"
        );
        // What is left of its tones is too short for a key.
        let loud = audio
            .iter()
            .filter(|sent| sent.payload.iter().any(|byte| *byte != Codec::Pcmu.silence()));
        assert!(loud.count() <= 2, "{digit}");
    }
}

#[test]
fn keys_for_the_signalling_are_told_and_not_sent() {
    let mut rig = Rig::connected(media(Codec::Pcmu, 5_000));
    rig.tell(Command::Open(crate::command::Open {
        stream: StreamId(2),
        shard: 0,
        local: [192, 0, 2, 1].into(),
        port: 10_040,
        timeout: None,
        learn_source: false,
        keys_in_signalling: true,
    }));
    rig.tell(Command::Connect {
        stream: StreamId(2),
        media: Negotiated {
            telephone_event: None,
            ..media(Codec::Pcmu, 6_000)
        },
    });
    bridge(&mut rig, &[]);
    let event = [5, 0x0A, 0, 160];
    rig.hear(1, 5_000, rtp(101, 1, 160, &event));
    rig.hear(1, 5_000, rtp(101, 2, 160, &event));
    let told = rig.told();
    assert_eq!(
        told.matches("KeyToSignal { stream: StreamId(2), digit: 5 }")
            .count(),
        1,
        "{told}"
    );
    assert_eq!(rig.sent.len(), 0);
    // Its own tones are nobody's keys: they come in the signalling as well.
    let mut tones = Tones::default();
    tones.push(&[Digit::POUND]);
    for packet in 0..10u16 {
        let mut payload = Vec::new();
        Codec::Pcmu.encode(&tones.next_frame().unwrap_or([0; 160]), &mut payload);
        rig.hear(2, 6_000, rtp(0, packet, u32::from(packet) * 160, &payload));
    }
    assert!(!rig.told().contains("Digit"));
}

/// RFC 3389: one packet of comfort noise for a pause, then speech at its own time.
#[test]
fn comfort_noise_is_a_pause_and_no_noise() {
    let mut rig = Rig::pair(Codec::Pcmu, Codec::Pcmu);
    bridge(&mut rig, &[]);
    speak(&mut rig, 1..3);
    rig.hear(1, 5_000, rtp(13, 3, 480, &[40]));
    rig.run(400);
    rig.hear(1, 5_000, rtp(0, 4, 480 + 3_200, &[9; 160]));
    assert_eq!(
        rig.lines(2),
        "0 0 M 0 0 160\n20 0 . 1 160 160\n440 0 M 2 3520 160"
    );
}
