//! Keys in all three ways, each into each other: a target presses all sixteen, and the caller's telephone gets them. The caller
//! begins with `*` in the way of his trunk, so that each way is heard by the campaign, too.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use trunkline_media::codec::Codec;
use trunkline_media::dtmf::Digit;
use trunkline_media::dtmf::goertzel::Detector;
use trunkline_tests::capture::{self, Capture, Datagram};
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{CALLER, Plan, Stage};
use trunkline_tests::world::{Database, World};

use super::{SESSION, SIPP, sipp};

const TONE_MS: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Events,
    Info,
    Tones,
}

impl Way {
    fn setting(self) -> &'static str {
        match self {
            Way::Events => "rfc4733",
            Way::Info => "info",
            Way::Tones => "inband",
        }
    }

    /// Presses these keys.
    fn press(self, folder: &Path, scenario: Scenario, name: &str, keys: &[Digit]) -> Result<Scenario> {
        Ok(match self {
            Way::Events => keys.iter().fold(scenario, |scenario, key| {
                scenario.keys(&key.to_string()).pause(300)
            }),
            Way::Info => keys.iter().enumerate().fold(scenario, |scenario, (number, key)| {
                scenario.info(*key, number).pause(50)
            }),
            Way::Tones => {
                let file = format!("{name}.pcap");
                capture::write_tones(&folder.join(&file), keys, TONE_MS)?;
                let lasts = keys.len() * TONE_MS * 2 + 200;
                scenario.play(&file).pause(lasts as u32)
            }
        })
    }

    /// Takes as many keys.
    fn take(self, scenario: Scenario, keys: usize) -> Scenario {
        match self {
            Way::Info => (0..keys).fold(scenario, |scenario, _| scenario.info_in()),
            Way::Events | Way::Tones => scenario,
        }
    }

    /// The keys that a telephone got, by its audio port and by what its sipp saw.
    fn got(self, datagrams: &[Datagram], port: u16, messages: &str) -> Vec<Digit> {
        match self {
            Way::Events => {
                let packets = datagrams
                    .iter()
                    .filter(|d| d.to.port() == port)
                    .filter_map(|d| capture::Rtp::read(&d.payload))
                    .filter(|rtp| rtp.payload_type == 101);
                let mut keys: Vec<(u32, u8)> = packets
                    .filter_map(|rtp| Some((rtp.timestamp, *rtp.payload.first()?)))
                    .collect();
                keys.dedup();
                keys.into_iter()
                    .filter_map(|(_, code)| Digit::from_event(code))
                    .collect()
            }
            Way::Info => messages
                .lines()
                .filter_map(|line| line.trim().strip_prefix("Signal=")?.chars().next())
                .filter_map(Digit::from_char)
                .collect(),
            Way::Tones => capture::keys_in(&capture::heard(datagrams, port)),
        }
    }
}

fn all_keys() -> Vec<Digit> {
    (0..16).filter_map(Digit::from_event).collect()
}

/// All keys of a target who presses them `from`, to a caller who gets them `to`.
async fn check(from: Way, to: Way) -> Result<()> {
    let world = World::with(&Database::Sqlite).await?;
    let capture = Capture::start(world.path(), "portrange 11000-31900")?;
    let answers = Scenario::answering("caller").ringing().answer().pause(1_500);
    let caller = to.press(world.path(), answers, "star", &[Digit::STAR])?;
    let caller = to.take(caller, 16).bye_in();
    let answers = Scenario::answering("target").ringing().answer().pause(1_500);
    let target = from.press(world.path(), answers, "keys", &all_keys())?;
    // The last keys are still on their way: each way takes 200 ms a key at most.
    let target = target.pause(2_500).bye_out();
    let (mut caller, mut target) = (sipp(world.path(), &caller)?, sipp(world.path(), &target)?);
    let plan = Plan {
        callers: vec![caller.port],
        targets: vec![target.port],
        caller_trunk: json!({ "dtmf": to.setting() }),
        target_trunk: json!({ "dtmf": from.setting() }),
        ..Plan::default()
    };
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, SESSION).await?;
    caller.finished(SIPP)?;
    target.finished(SIPP)?;
    let datagrams = capture.stop()?;
    // What the caller pressed himself stands in his messages, too.
    let own = usize::from(to == Way::Info);
    let got = to.got(&datagrams, caller.media, &caller.messages());
    let got = got.get(own..).unwrap_or_default();
    ensure!(got == all_keys(), "the caller's telephone got {got:?}");
    let calls = stage.calls(&session).await?;
    ensure!(calls == ["completed talked"], "{calls:?}");
    Ok(())
}

#[tokio::test]
async fn events_to_info() -> Result<()> {
    check(Way::Events, Way::Info).await
}

#[tokio::test]
async fn events_to_tones() -> Result<()> {
    check(Way::Events, Way::Tones).await
}

#[tokio::test]
async fn events_to_events() -> Result<()> {
    check(Way::Events, Way::Events).await
}

#[tokio::test]
async fn info_to_events() -> Result<()> {
    check(Way::Info, Way::Events).await
}

#[tokio::test]
async fn info_to_tones() -> Result<()> {
    check(Way::Info, Way::Tones).await
}

#[tokio::test]
async fn info_to_info() -> Result<()> {
    check(Way::Info, Way::Info).await
}

#[tokio::test]
async fn tones_to_events() -> Result<()> {
    check(Way::Tones, Way::Events).await
}

#[tokio::test]
async fn tones_to_info() -> Result<()> {
    check(Way::Tones, Way::Info).await
}

#[tokio::test]
async fn tones_to_tones() -> Result<()> {
    check(Way::Tones, Way::Tones).await
}

/// Minutes of speech in several languages and two voices hold no key.
#[test]
fn no_key_is_heard_in_speech() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let text = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/ARCHITECTURE.md");
    let mut seconds = 0;
    for (name, program, arguments) in [
        ("en", "espeak-ng", ["-v", "en-us", "-f", text, "-w"]),
        ("fr", "espeak-ng", ["-v", "fr+f3", "-f", text, "-w"]),
        ("es", "espeak-ng", ["-v", "es+m7", "-f", text, "-w"]),
        ("slt", "flite", ["-voice", "slt", "-f", text, "-o"]),
    ] {
        let (wide, narrow) = (format!("{name}.wav"), format!("{name}-8k.wav"));
        let spoken = Command::new(program)
            .args(arguments)
            .arg(&wide)
            .current_dir(&folder)
            .status()
            .with_context(|| format!("{program} cannot be started"))?;
        let resampled = Command::new("sox")
            .args([&wide, "-r", "8000", "-c", "1", "-b", "16", &narrow])
            .current_dir(&folder)
            .status()?;
        ensure!(spoken.success() && resampled.success(), "{name} was not spoken");
        let samples: Vec<i16> = hound::WavReader::open(folder.path().join(&narrow))?
            .samples::<i16>()
            .collect::<Result<_, _>>()?;
        seconds += samples.len() / 8_000;
        let (mut detector, mut payload) = (Detector::default(), Vec::new());
        for (at, frame) in samples.chunks(160).enumerate() {
            payload.clear();
            Codec::Pcmu.encode(frame, &mut payload);
            let heard = detector.on(Codec::Pcmu, &payload);
            ensure!(heard.is_none(), "{heard:?} after {} ms of {name}", at * 20);
        }
    }
    ensure!(seconds >= 300, "{seconds} s of speech");
    Ok(())
}
