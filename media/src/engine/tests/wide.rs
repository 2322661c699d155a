//! G.722 and Opus on one side or on both: what is heard, and what passes as it is.

use crate::clip::Clip;
use crate::codec::{Codec, g722};
use crate::command::{Command, PlayId, RecordSide, StreamId, Swallow};
use crate::engine::Disk;
use crate::engine::rig::{Rig, media, rtp};
use crate::tone;

fn bridge(rig: &mut Rig) {
    rig.tell(Command::Bridge {
        a: StreamId(1),
        b: StreamId(2),
        swallow_from_a: Swallow::default(),
    });
}

/// What stream `stream` sent, as its far end decodes it.
fn decoded(rig: &mut Rig, stream: u64) -> Vec<i16> {
    let mut decoder = g722::Decoder::default();
    let sent = rig.sent.iter().filter(|sent| sent.stream == stream);
    let bytes: Vec<u8> = sent
        .inspect(|sent| assert_eq!(sent.header.payload_type, 9))
        .flat_map(|sent| sent.payload.clone())
        .collect();
    bytes.into_iter().map(|byte| decoder.decode(byte)).collect()
}

#[test]
fn clips_are_played_and_recorded_as_they_sound() {
    let mut rig = Rig::connected(media(Codec::G722, 5_000));
    rig.tell(Command::Record {
        stream: StreamId(1),
        side: RecordSide::Sent,
        path: "sent.wav".into(),
    });
    rig.tell(Command::Play {
        stream: StreamId(1),
        play: PlayId(1),
        clips: vec![Clip::from_pcm(&tone::sine(1_000.0, 8_000.0, 4_000))],
        repeat: false,
    });
    rig.run(480);
    let pcm = decoded(&mut rig, 1);
    assert!(tone::heard_ms(&pcm, 1_000.0, 4_000.0) >= 440, "{}", pcm.len());
    rig.tell(Command::Close { stream: StreamId(1) });
    let samples = rig.disk.iter().flat_map(|job| match job {
        Disk::Append { samples, .. } => samples.clone(),
        Disk::Create { .. } | Disk::Finish { .. } | Disk::Report(_) => Vec::new(),
    });
    let recorded: Vec<i16> = samples.collect();
    assert!(tone::heard_ms(&recorded, 1_000.0, 4_000.0) >= 440);
}

#[test]
fn one_side_hears_the_other_through_a_transcoder() {
    let mut rig = Rig::pair(Codec::G722, Codec::Pcma);
    bridge(&mut rig);
    let mut encoder = g722::Encoder::default();
    let voice = tone::sine(700.0, 8_000.0, 4_000);
    for (packet, frame) in voice.chunks(160).enumerate() {
        let (sequence, time) = (packet as u16, packet as u32 * 160);
        let wide: Vec<u8> = frame.iter().map(|sample| encoder.encode(*sample)).collect();
        rig.hear(1, 5_000, rtp(9, sequence, time, &wide));
        let mut narrow = Vec::new();
        Codec::Pcma.encode(frame, &mut narrow);
        rig.hear(2, 6_000, rtp(8, sequence, time, &narrow));
        rig.run(20);
    }
    let heard_by_1 = decoded(&mut rig, 1);
    assert!(tone::heard_ms(&heard_by_1, 700.0, 4_000.0) >= 440);
    let mut heard_by_2 = Vec::new();
    for sent in rig.sent.iter().filter(|sent| sent.stream == 2) {
        assert_eq!((sent.header.payload_type, sent.payload.len()), (8, 160));
        Codec::Pcma.decode(&sent.payload, &mut heard_by_2);
    }
    assert!(tone::heard_ms(&heard_by_2, 700.0, 4_000.0) >= 440);
}

/// Both keep what is above 4 kHz.
#[test]
fn two_sides_of_one_codec_get_each_others_bytes() {
    let mut rig = Rig::pair(Codec::G722, Codec::G722);
    bridge(&mut rig);
    let payload: Vec<u8> = (0..160).map(|n| n as u8 ^ 0x5A).collect();
    rig.hear(1, 5_000, rtp(9, 1, 160, &payload));
    assert_eq!(rig.sent.len(), 1);
    assert_eq!(rig.sent[0].payload, payload);
}

/// What stream 2 sent in Opus, as its far end decodes it; the times of the packets fit their lengths.
fn decoded_opus(rig: &Rig) -> Vec<i16> {
    let mut decoder = opus::Decoder::new(48_000, opus::Channels::Mono).unwrap();
    let (mut pcm, mut frame, mut next) = (Vec::new(), [0; 5_760], None);
    for sent in rig.sent.iter().filter(|sent| sent.stream == 2) {
        assert_eq!(sent.header.payload_type, 111);
        let samples = decoder.decode(&sent.payload, &mut frame, false).unwrap();
        assert_eq!(sent.header.timestamp, next.unwrap_or(sent.header.timestamp));
        next = Some(sent.header.timestamp.plus(samples as u32));
        pcm.extend(frame[..samples].iter().step_by(6));
    }
    pcm
}

/// Packets of 30 ms, which Opus does not have, go out as 20 and 40.
#[test]
fn opus_gets_g711_in_packets_of_any_length() {
    for ms in [10, 20, 30, 40, 60] {
        let mut rig = Rig::pair(Codec::Pcmu, Codec::Opus);
        bridge(&mut rig);
        let voice = tone::sine(700.0, 8_000.0, 8_000);
        for (packet, frame) in voice.chunks_exact(ms * 8).enumerate() {
            let mut payload = Vec::new();
            Codec::Pcmu.encode(frame, &mut payload);
            let time = packet as u32 * payload.len() as u32;
            rig.hear(1, 5_000, rtp(0, packet as u16, time, &payload));
            rig.run(ms as u64);
        }
        let heard = tone::heard_ms(&decoded_opus(&rig), 700.0, 3_000.0);
        assert!(heard >= 800, "{heard} ms in packets of {ms} ms");
    }
}

#[test]
fn opus_is_heard_as_g711_and_its_clock_may_wrap() {
    let mut rig = Rig::pair(Codec::Pcmu, Codec::Opus);
    bridge(&mut rig);
    let mut encoder = opus::Encoder::new(48_000, opus::Channels::Stereo, opus::Application::Audio).unwrap();
    let voice = tone::sine(700.0 / 6.0, 8_000.0, 48_000);
    for (packet, frame) in voice.chunks_exact(960).enumerate() {
        let stereo: Vec<i16> = frame.iter().flat_map(|&sample| [sample, sample]).collect();
        let payload = encoder.encode_vec(&stereo, 1_000).unwrap();
        let time = (u32::MAX - 10_000).wrapping_add(packet as u32 * 960);
        rig.hear(2, 6_000, rtp(111, packet as u16, time, &payload));
        rig.run(20);
    }
    rig.hear(2, 6_000, rtp(111, 50, 0, &[0xFF; 3]));
    let mut heard = Vec::new();
    let mut times = Vec::new();
    for sent in rig.sent.iter().filter(|sent| sent.stream == 1) {
        Codec::Pcmu.decode(&sent.payload, &mut heard);
        times.push(sent.header.timestamp);
    }
    assert!(tone::heard_ms(&heard, 700.0, 3_000.0) >= 800);
    assert!(
        times.windows(2).all(|pair| pair[1].since(pair[0]) == 160),
        "{times:?}"
    );
}
