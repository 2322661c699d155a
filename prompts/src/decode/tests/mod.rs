//! Every kind of file against the tone that is in it; damaged files, and files that are none.

use std::path::Path;
use std::process::Command;

use proptest::prelude::*;

use super::*;
use crate::pcm::RATE;
use crate::testing::share;

/// A second of 440 Hz at half scale, as 16-bit WAV of the given rate and channels.
fn wav(hertz: u32, channels: u16) -> Vec<u8> {
    let spec = hound::WavSpec {
        channels,
        sample_rate: hertz,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
    for n in 0..hertz {
        let sample = (f64::from(n) * 440.0 * std::f64::consts::TAU / f64::from(hertz)).sin() * 16_000.0;
        for _ in 0..channels {
            writer.write_sample(sample as i16).unwrap();
        }
    }
    writer.finalize().unwrap();
    bytes.into_inner()
}

/// Length in milliseconds to the nearest 50, and what is heard.
fn heard(bytes: &[u8]) -> String {
    match decode(bytes) {
        Ok(pcm) => {
            let ms = (pcm.duration().as_millis() + 25) / 50 * 50;
            let lufs = lab::loudness_of(&pcm).unwrap_or(0.0);
            let level = if (-20.5..-19.5).contains(&lufs) {
                "-20 LUFS"
            } else {
                "another level"
            };
            let tone = if share(&pcm.samples, 440.0, RATE) > 0.9 {
                "440 Hz"
            } else {
                "something else"
            };
            format!("{ms} ms of {tone} at {level}")
        }
        Err(error) => error.to_string(),
    }
}

#[test]
fn every_rate_and_channel_count() {
    for hertz in [
        8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000, 8_001, 44_099,
    ] {
        for channels in [1, 2, 6] {
            assert_eq!(
                heard(&wav(hertz, channels)),
                "1000 ms of 440 Hz at -20 LUFS",
                "{hertz} Hz, {channels} channels"
            );
        }
    }
}

/// Every container and codec, made by ffmpeg or sox as users' tools would.
#[test]
fn every_format_that_people_send() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.wav");
    std::fs::write(&source, wav(44_100, 2)).unwrap();
    let formats: [(&str, &[&str]); 22] = [
        ("wav8.wav", &["-c:a", "pcm_u8"]),
        ("wav24.wav", &["-c:a", "pcm_s24le"]),
        ("wav32.wav", &["-c:a", "pcm_s32le"]),
        ("float.wav", &["-c:a", "pcm_f32le"]),
        ("double.wav", &["-c:a", "pcm_f64le"]),
        ("mulaw.wav", &["-c:a", "pcm_mulaw", "-ar", "8000", "-ac", "1"]),
        ("alaw.wav", &["-c:a", "pcm_alaw", "-ar", "8000", "-ac", "1"]),
        ("cbr.mp3", &["-c:a", "libmp3lame", "-b:a", "128k"]),
        ("vbr.mp3", &["-c:a", "libmp3lame", "-q:a", "5", "-ac", "1"]),
        (
            "low.mp3",
            &["-c:a", "libmp3lame", "-b:a", "32k", "-ar", "16000", "-ac", "1"],
        ),
        (
            "tagged.mp3",
            &[
                "-c:a",
                "libmp3lame",
                "-metadata",
                "title=Our campaign",
                "-id3v2_version",
                "3",
            ],
        ),
        ("sixteen.flac", &["-c:a", "flac"]),
        ("twentyfour.flac", &["-c:a", "flac", "-sample_fmt", "s32"]),
        ("vorbis.ogg", &["-c:a", "libvorbis"]),
        ("opus.ogg", &["-c:a", "libopus", "-b:a", "24k", "-ac", "1"]),
        ("stereo.opus", &["-c:a", "libopus"]),
        (
            "recorder.webm",
            &["-c:a", "libopus", "-ac", "1", "-application", "voip"],
        ),
        ("vorbis.webm", &["-c:a", "libvorbis"]),
        ("aac.m4a", &["-c:a", "aac"]),
        ("fast.m4a", &["-c:a", "aac", "-movflags", "+faststart"]),
        ("raw.aac", &["-c:a", "aac", "-f", "adts"]),
        ("wrong_name.txt", &["-c:a", "libmp3lame", "-f", "mp3"]),
    ];
    for (name, arguments) in formats {
        let path = folder.path().join(name);
        if !ffmpeg(&source, arguments, &path) {
            eprintln!("skipped: ffmpeg is not installed");
            return;
        }
        let got = heard(&std::fs::read(&path).unwrap());
        // Lossy codecs add a little silence before and behind.
        assert!(got.ends_with("of 440 Hz at -20 LUFS"), "{name}: {got}");
        let ms: u32 = got.split(' ').next().unwrap().parse().unwrap();
        assert!((950..=1_150).contains(&ms), "{name}: {got}");
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let check = |bytes: &[u8], expected: &str| assert_eq!(heard(bytes), expected);
    let save = "; save it as WAV, MP3, FLAC, OGG or M4A and send it again";
    check(b"", "the file is empty; record it again or choose another file");
    check(b"%PDF-1.7 \x00", &format!("this is a PDF document{save}"));
    check(b"<html>not found</html>", &format!("this is a text{save}"));
    check(
        &[0; 5000],
        &format!("this is not a recording that can be read{save}"),
    );
    check(&vec![0; MAX_BYTES + 1], &DecodeError::TooLarge.to_string());
    check(
        &wav(8_000, 1)[..44],
        "the file holds no sound; check that it is the right one and record it again",
    );
}

#[test]
fn a_corrupt_rate_is_refused_before_it_costs_memory() {
    for hertz in [1_u32, 7_999, 192_001, 4_000_000_000] {
        let mut bytes = wav(8_000, 1);
        bytes[24..28].copy_from_slice(&hertz.to_le_bytes());
        assert_eq!(decode(&bytes), Err(DecodeError::Rate { hertz }));
    }
}

#[test]
fn more_than_ten_minutes_are_refused() {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8_000,
        bits_per_sample: 8,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
    for _ in 0..=MAX_SECONDS * 8_000 {
        writer.write_sample(0_i8).unwrap();
    }
    writer.finalize().unwrap();
    assert_eq!(decode(&bytes.into_inner()), Err(DecodeError::TooLong));
}

#[test]
fn a_recording_cut_short_keeps_what_there_is() {
    let bytes = wav(8_000, 1);
    assert_eq!(heard(&bytes[..44 + 8_000]), "500 ms of 440 Hz at -20 LUFS");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn damaged_files_are_safe(
        at in prop::collection::vec((0_usize..600, any::<u8>()), 1..12),
        cut in 0_usize..16_000,
    ) {
        let mut bytes = wav(8_000, 1);
        for (at, byte) in at {
            bytes[at] = byte;
        }
        bytes.truncate(cut.max(1));
        let _ = decode(&bytes);
    }
}

fn ffmpeg(source: &Path, arguments: &[&str], target: &Path) -> bool {
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-i"])
        .arg(source)
        .args(arguments)
        .arg(target)
        .status();
    match status {
        Ok(status) => {
            assert!(status.success(), "ffmpeg could not make {}", target.display());
            true
        }
        Err(_) => false,
    }
}
