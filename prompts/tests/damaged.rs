//! A thousand damaged files of every format: each is refused or decoded, none makes us fail, hang, or take much memory. A test a format,
//! so that each has a process of its own and its memory can be read.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use trunkline_prompts::decode::MAX_SECONDS;
use trunkline_prompts::lab::examine;

/// Files of each format.
const FILES: usize = 1_000;
/// Longest that one of them may take.
const LONGEST: Duration = Duration::from_secs(2);
/// Most memory of the whole test, in KiB.
const MOST_KIB: u64 = 200 * 1_024;

/// What befalls a file.
#[derive(Clone, Debug)]
enum Damage {
    Cut(Index),
    Insert(Index, u8),
    Change(Index, u8),
    /// Four bytes near the beginning, where sizes and rates are, become a number that nobody expects.
    Number(Index, u32),
    /// A part comes again.
    Repeat(Index, Index),
    Remove(Index, Index),
}

fn damage() -> impl Strategy<Value = Vec<Damage>> {
    let at = any::<Index>;
    let odd = prop_oneof![
        Just(0),
        Just(1),
        Just(u32::MAX),
        Just(0x7FFF_FFFF),
        Just(0x8000_0000),
        any::<u32>()
    ];
    let one = prop_oneof![
        1 => at().prop_map(Damage::Cut),
        2 => (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        6 => (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Change(at, byte)),
        3 => (at(), odd).prop_map(|(at, number)| Damage::Number(at, number)),
        1 => (at(), at()).prop_map(|(from, to)| Damage::Repeat(from, to)),
        1 => (at(), at()).prop_map(|(from, to)| Damage::Remove(from, to)),
    ];
    prop::collection::vec(one, 1..8)
}

fn apply(bytes: &mut Vec<u8>, damage: &Damage) {
    let length = bytes.len();
    if length < 8 {
        return;
    }
    let part = |from: &Index, to: &Index| {
        let (from, to) = (from.index(length), to.index(length));
        from.min(to)..from.max(to)
    };
    match damage {
        Damage::Cut(at) => bytes.truncate(at.index(length)),
        Damage::Insert(at, byte) => bytes.insert(at.index(length), *byte),
        Damage::Change(at, byte) => bytes[at.index(length)] = *byte,
        Damage::Number(at, number) => {
            let at = at.index(length.min(400) - 4);
            bytes[at..at + 4].copy_from_slice(&number.to_be_bytes());
        }
        Damage::Repeat(from, to) => {
            let again = bytes[part(from, to)].to_vec();
            bytes.extend(again);
        }
        Damage::Remove(from, to) => {
            bytes.drain(part(from, to));
        }
    }
}

/// Most memory that this process ever had, in KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn check(name: &str, arguments: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let whole = made(&folder.path().join(name), arguments);
    assert!(examine(whole.clone()).is_ok(), "{name} as it was made");
    let (files, taken) = mpsc::channel::<Vec<u8>>();
    let (done, results) = mpsc::channel();
    std::thread::spawn(move || {
        for file in taken {
            let seconds = examine(file).map(|(pcm, _)| pcm.duration().as_secs());
            done.send(seconds.is_ok_and(|seconds| seconds > MAX_SECONDS))
                .unwrap();
        }
    });
    let mut runner = TestRunner::deterministic();
    for number in 0..FILES {
        let mut bytes = whole.clone();
        let damages = damage().new_tree(&mut runner).unwrap().current();
        damages.iter().for_each(|damage| apply(&mut bytes, damage));
        files.send(bytes).unwrap();
        let endless = results.recv_timeout(LONGEST);
        assert_eq!(endless, Ok(false), "{name} {number}: {damages:?}");
    }
    let peak = peak_kib();
    assert!(peak < MOST_KIB, "{name}: {peak} KiB");
}

/// Half a second of speech-like noise, by ffmpeg.
fn made(target: &Path, arguments: &[&str]) -> Vec<u8> {
    let source = "sine=frequency=440:beep_factor=4:duration=0.5";
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", source])
        .args(arguments)
        .arg(target)
        .status()
        .expect("ffmpeg is installed");
    assert!(status.success(), "ffmpeg could not make {}", target.display());
    std::fs::read(target).unwrap()
}

macro_rules! formats {
    ($($test:ident $name:literal $arguments:expr;)*) => {
        $(#[test]
        fn $test() {
            check($name, &$arguments);
        })*
    };
}

formats! {
    wav_of_8_bits "a.wav" ["-c:a", "pcm_u8", "-ar", "11025"];
    wav_of_16_bits "a.wav" ["-c:a", "pcm_s16le", "-ac", "2"];
    wav_of_24_bits "a.wav" ["-c:a", "pcm_s24le"];
    wav_of_32_bits "a.wav" ["-c:a", "pcm_s32le"];
    wav_of_floats "a.wav" ["-c:a", "pcm_f32le"];
    wav_of_u_law "a.wav" ["-c:a", "pcm_mulaw", "-ar", "8000"];
    wav_of_a_law "a.wav" ["-c:a", "pcm_alaw", "-ar", "8000"];
    mp3 "a.mp3" ["-ar", "44100"];
    ogg_vorbis "a.ogg" ["-c:a", "libvorbis"];
    flac "a.flac" ["-c:a", "flac"];
    m4a "a.m4a" ["-c:a", "aac"];
    aac "a.aac" ["-c:a", "aac", "-f", "adts"];
    ogg_opus "a.opus" ["-c:a", "libopus"];
    webm_opus "a.webm" ["-c:a", "libopus"];
}
