//! How a playing begins, goes over into another, and ends: at once, without a gap, without a click, and never into a dead line.

use crate::clip::{Clip, Rates};
use crate::codec::Codec;
use crate::command::{Command, PlayId, StreamId, Swallow};
use crate::engine::rig::{Rig, media};
use crate::tone;

/// The decision, the turn of 20 ms after it, and as much again for the network's own packet.
const AT_ONCE_MS: u64 = 40;

fn play(rig: &mut Rig, play: u64, clips: Vec<Clip>) {
    rig.tell(Command::Play {
        stream: StreamId(1),
        play: PlayId(play),
        clips,
        repeat: false,
    });
}

fn stop(rig: &mut Rig) {
    rig.tell(Command::StopPlay { stream: StreamId(1) });
}

fn sine(samples: usize) -> Clip {
    Clip::from_pcm(&tone::sine(440.0, 8_000.0, samples))
}

/// What was sent since `ms`, one sample after the other; packets must leave every 20 ms with times that fit.
fn heard(rig: &Rig, codec: Codec, ms: u64) -> Vec<i16> {
    let sent: Vec<_> = rig.sent.iter().filter(|sent| sent.ms > ms).collect();
    for pair in sent.windows(2) {
        assert_eq!(pair[1].ms - pair[0].ms, 20, "a gap in time");
        let step = pair[1].header.timestamp.since(pair[0].header.timestamp);
        assert_eq!(step, 160, "a gap on the far end's clock");
    }
    let mut pcm = Vec::new();
    sent.iter().for_each(|sent| codec.decode(&sent.payload, &mut pcm));
    pcm
}

/// The largest step from one sample to the next: a sine of 440 Hz and 8,000 has steps of 2,750.
fn largest_step(pcm: &[i16]) -> i32 {
    let steps = pcm
        .windows(2)
        .map(|pair| (i32::from(pair[1]) - i32::from(pair[0])).abs());
    steps.max().unwrap_or_default()
}

#[test]
fn a_playing_begins_at_once_whenever_it_is_asked_for() {
    for offset in 0..20 {
        let mut rig = Rig::connected(media(Codec::Pcmu, 5_000));
        rig.run(1_000 + offset);
        play(&mut rig, 1, vec![sine(8_000)]);
        rig.run(100);
        let first = rig
            .sent
            .iter()
            .find(|sent| sent.payload != [0xFF; 160])
            .map(|sent| sent.ms);
        let late = first.expect("it plays") - 1_000 - offset;
        assert!(late <= AT_ONCE_MS, "{late} ms");
    }
}

#[test]
fn what_is_stopped_is_silent_at_once_and_does_not_click() {
    for codec in [Codec::Pcmu, Codec::Pcma] {
        for offset in 0..20 {
            let mut rig = Rig::connected(media(codec, 5_000));
            rig.run(1_000);
            play(&mut rig, 1, vec![sine(80_000)]);
            rig.run(500 + offset);
            stop(&mut rig);
            rig.run(300);
            let pcm = heard(&rig, codec, 1_020);
            assert!(largest_step(&pcm) < 3_200, "{codec:?}: {}", largest_step(&pcm));
            let last = pcm.iter().rposition(|sample| sample.abs() > 40).unwrap() as u64 / 8;
            // The first packet behind 1,020 ms is heard from then on.
            let after = (1_040 + last).saturating_sub(1_500 + offset);
            assert!(after <= AT_ONCE_MS, "{after} ms after the stop");
        }
    }
}

#[test]
fn one_playing_takes_the_place_of_another_without_a_click() {
    let mut rig = Rig::connected(media(Codec::Pcma, 5_000));
    rig.run(1_000);
    play(&mut rig, 1, vec![sine(80_000)]);
    rig.run(507);
    play(&mut rig, 2, vec![sine(1_600)]);
    rig.run(500);
    let pcm = heard(&rig, Codec::Pcma, 1_020);
    assert!(largest_step(&pcm) < 3_200, "{}", largest_step(&pcm));
}

#[test]
fn clips_of_any_length_follow_each_other_without_a_gap() {
    let mut rig = Rig::connected(media(Codec::Pcmu, 5_000));
    rig.run(1_000);
    let whole = tone::sine(440.0, 8_000.0, 8_000);
    let parts = [
        &whole[..333],
        &whole[333..1_000],
        &whole[1_000..1_001],
        &whole[1_001..],
    ];
    play(
        &mut rig,
        1,
        parts.iter().map(|part| Clip::from_pcm(part)).collect(),
    );
    rig.run(1_200);
    let pcm = heard(&rig, Codec::Pcmu, 1_000);
    let mut expected = Vec::new();
    Codec::Pcmu.decode(&sine(0).pcmu, &mut expected);
    Codec::Pcmu.decode(&Clip::from_pcm(&whole).pcmu, &mut expected);
    assert_eq!(pcm[..8_000], expected);
}

/// Silence for half a minute, then a packet a second.
#[test]
fn the_line_never_sounds_dead_between_two_prompts() {
    let mut rig = Rig::connected(media(Codec::Pcmu, 5_000));
    rig.run(1_000);
    play(&mut rig, 1, vec![sine(160)]);
    rig.run(20_000);
    let pcm = heard(&rig, Codec::Pcmu, 1_020);
    assert!(pcm.len() > 150_000 && pcm.iter().all(|sample| *sample == 0));
    rig.run(20_000);
    let late = rig.sent.iter().filter(|sent| sent.ms > 32_000).count();
    assert!((8..=9).contains(&late), "{late} packets in nine seconds");
}

#[test]
fn after_a_bridge_the_line_is_silent_and_not_dead() {
    let mut rig = Rig::pair(Codec::Pcmu, Codec::Pcmu);
    rig.run(500);
    rig.tell(Command::Bridge {
        a: StreamId(1),
        b: StreamId(2),
        swallow_from_a: Swallow::default(),
    });
    rig.run(500);
    rig.tell(Command::Unbridge { stream: StreamId(1) });
    let before = rig.sent.iter().filter(|sent| sent.stream == 1).count();
    rig.run(400);
    let after = rig.sent.iter().filter(|sent| sent.stream == 1).count();
    assert_eq!(after - before, 20);
}

/// A tone that no telephone carries, as it reaches a far end that speaks a wider codec.
fn wide(hertz: f64) -> Clip {
    let at = |times: usize| tone::sine(hertz / times as f64, 8_000.0, 8_000 * times);
    Clip::from_rates(Rates {
        at_8_khz: &vec![0; 8_000],
        at_16_khz: &at(2),
        at_48_khz: &at(6),
    })
}

#[test]
fn wide_codecs_hear_what_was_encoded_beforehand() {
    let clip = wide(6_000.0);
    let mut rig = Rig::connected(media(Codec::G722, 5_000));
    rig.run(1_000);
    play(&mut rig, 1, vec![clip.clone()]);
    rig.run(1_500);
    let sent: Vec<u8> = rig
        .sent
        .iter()
        .filter(|sent| sent.ms > 1_000)
        .flat_map(|sent| sent.payload.clone())
        .collect();
    assert_eq!(sent[..8_000], clip.g722[..]);

    let mut rig = Rig::connected(media(Codec::Opus, 5_000));
    rig.run(1_000);
    play(&mut rig, 1, vec![clip.clone(), clip.clone()]);
    rig.run(2_500);
    let sent: Vec<_> = rig.sent.iter().filter(|sent| sent.ms > 1_000).collect();
    for (number, sent) in sent.iter().enumerate().take(100) {
        assert_eq!(Some(&sent.payload[..]), clip.opus.get(number % 50));
    }
    for pair in sent.windows(2) {
        assert_eq!(pair[1].header.timestamp.since(pair[0].header.timestamp), 960);
    }
}
