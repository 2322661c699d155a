//! Recordings in every format and at every rate that people send, made by ffmpeg, sox and espeak-ng: each is uploaded, and what a caller
//! hears of it is judged by its tone, or by its length and its energy.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use trunkline_media::tone;
use trunkline_tests::capture::{self, Capture, Datagram};
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{Plan, Stage};
use trunkline_tests::world::World;

use super::{SESSION, SIPP, sipps};

/// What every file holds: a tone, or a sentence of about two seconds.
const TONE_HZ: f64 = 1_000.0;
const TONE_MS: u64 = 600;
const SENTENCE: &str = "Please tell your senator why the library matters to you.";
/// A tone at the loudness of prompts has a peak of some 4,800; half of that must be heard.
const LEVEL: f64 = 2_400.0;
/// Samples of a frame whose energy is compared: 50 ms.
const FRAME: usize = 400;

/// How a file is made of the source: by a program, from arguments with `{in}` and `{out}`.
struct Made {
    name: String,
    program: &'static str,
    arguments: Vec<String>,
}

fn made(program: &'static str, name: &str, arguments: &str) -> Made {
    Made {
        name: name.to_owned(),
        program,
        arguments: arguments.split_whitespace().map(str::to_owned).collect(),
    }
}

fn ffmpeg(extension: &str, arguments: &str) -> Made {
    let name = format!("{}.{extension}", arguments.replace(['-', ' ', ':', '.'], ""));
    made(
        "ffmpeg",
        &name,
        &format!("-v error -i {{in}} {arguments} {{out}}"),
    )
}

fn sox(extension: &str, arguments: &str) -> Made {
    let name = format!("sox{}.{extension}", arguments.replace(['-', ' '], ""));
    made("sox", &name, &format!("{{in}} {arguments} {{out}}"))
}

/// Every row of the table.
fn formats() -> Vec<Made> {
    let mut rows = Vec::new();
    for hertz in [
        8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000,
    ] {
        for channels in [1, 2] {
            rows.push(ffmpeg(
                "wav",
                &format!("-c:a pcm_s16le -ar {hertz} -ac {channels}"),
            ));
        }
    }
    for codec in [
        "pcm_u8",
        "pcm_s24le",
        "pcm_s32le",
        "pcm_f32le",
        "pcm_f64le",
        "pcm_mulaw",
        "pcm_alaw",
    ] {
        rows.push(ffmpeg("wav", &format!("-c:a {codec} -ar 8000 -ac 1")));
        rows.push(ffmpeg("wav", &format!("-c:a {codec} -ar 44100 -ac 2")));
    }
    for (at, hertz) in [
        8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000,
    ]
    .into_iter()
    .enumerate()
    {
        rows.push(ffmpeg(
            "mp3",
            &format!("-c:a libmp3lame -ar {hertz} -ac {}", at % 2 + 1),
        ));
    }
    rows.push(ffmpeg("mp3", "-c:a libmp3lame -q:a 7"));
    for (hertz, channels) in [(8_000, 1), (16_000, 2), (44_100, 1), (48_000, 2)] {
        rows.push(ffmpeg(
            "ogg",
            &format!("-c:a libvorbis -ar {hertz} -ac {channels}"),
        ));
        rows.push(ffmpeg("flac", &format!("-c:a flac -ar {hertz} -ac {channels}")));
        rows.push(ffmpeg("m4a", &format!("-c:a aac -ar {hertz} -ac {channels}")));
    }
    for hertz in [96_000, 192_000] {
        rows.push(ffmpeg("flac", &format!("-c:a flac -sample_fmt s32 -ar {hertz}")));
    }
    rows.push(ffmpeg("m4a", "-c:a aac -ar 96000 -movflags +faststart"));
    rows.push(ffmpeg("aac", "-c:a aac -ar 22050 -f adts"));
    for (hertz, channels) in [(8_000, 1), (16_000, 1), (48_000, 1), (48_000, 2)] {
        rows.push(ffmpeg("ogg", &format!("-c:a libopus -ar {hertz} -ac {channels}")));
        rows.push(ffmpeg(
            "webm",
            &format!("-c:a libopus -ar {hertz} -ac {channels}"),
        ));
    }
    // As a browser's recorder streams it: no length, no index.
    rows.push(ffmpeg("webm", "-c:a libopus -live 1 -application voip"));
    rows.push(sox("wav", "-b 24 -r 32000"));
    rows.push(sox("wav", "-e u-law -r 16000"));
    rows.push(sox("flac", "-b 16 -r 11025 -c 1"));
    rows.push(sox("ogg", "-r 22050"));
    rows
}

impl Made {
    fn make(&self, source: &Path, folder: &Path) -> Result<Vec<u8>> {
        let target = folder.join(&self.name);
        let fill = |argument: &String| match argument.as_str() {
            "{in}" => source.display().to_string(),
            "{out}" => target.display().to_string(),
            other => other.to_owned(),
        };
        run(self.program, self.arguments.iter().map(fill))?;
        Ok(std::fs::read(target)?)
    }
}

fn run(program: &str, arguments: impl IntoIterator<Item = String>) -> Result<()> {
    let arguments: Vec<String> = arguments.into_iter().collect();
    let output = Command::new(program)
        .args(&arguments)
        .output()
        .context(program.to_owned())?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{program} {}: {said}",
        arguments.join(" ")
    );
    Ok(())
}

/// Uploads each row as the intro of a campaign of its own, calls a caller for each, and answers what each heard.
async fn heard(rows: &[Made], source: &Path, world: &World) -> Result<Vec<Vec<i16>>> {
    let caller = Scenario::answering("caller")
        .ringing()
        .answer()
        .pause(4_000)
        .bye_out();
    let mut callers = sipps(world.path(), &caller, rows.len() as u32)?;
    let stage = Stage::set(world, &Plan::between(callers.port, callers.port)).await?;
    let trunks = world.get("/v1/trunks").await?;
    let ours = json!({ "e164": "+12025550199", "trunk_id": trunks["items"][0]["id"] });
    world.post("/v1/numbers", ours).await?;
    let mut campaigns = Vec::new();
    for row in rows {
        let copy = format!("/v1/campaigns/{}/copy", stage.campaign);
        let copy = world.post(&copy, json!({ "name": row.name })).await?;
        let id = copy["id"].as_str().context("a copy")?.to_owned();
        let file = row.make(source, world.path())?;
        let version = world.upload(&id, "msg_intro", file).await;
        let version = version.with_context(|| row.name.clone())?;
        let verdict = &version["recording"]["verdict"];
        ensure!(verdict == "good", "{}: {version:#}", row.name);
        world
            .post(&format!("/v1/campaigns/{id}/launch"), json!({}))
            .await?;
        campaigns.push(id);
    }
    let capture = Capture::start(world.path(), "portrange 11000-31100")?;
    let mut sessions = Vec::new();
    for (number, campaign) in campaigns.iter().enumerate() {
        let body = json!({ "campaign_id": campaign, "phone": phone(number) });
        let session = world.post("/v1/sessions", body).await?;
        sessions.push(session["id"].as_str().context("a session")?.to_owned());
    }
    for session in &sessions {
        stage.over(session, SESSION).await?;
    }
    callers.finished(SIPP)?;
    let datagrams = capture.stop()?;
    (0..rows.len())
        .map(|number| audio_of(&datagrams, &phone(number)))
        .collect()
}

fn phone(number: usize) -> String {
    format!("+1202555{:04}", 1_000 + number)
}

/// What came from the port that the INVITE to this number names.
fn audio_of(datagrams: &[Datagram], phone: &str) -> Result<Vec<i16>> {
    let invite = format!("INVITE sip:{phone}");
    let (_, text) = capture::sip(datagrams, &invite).next().context(invite.clone())?;
    let media = text
        .lines()
        .find_map(|line| line.strip_prefix("m=audio "))
        .context("a media line")?;
    let port: u16 = media.split(' ').next().context("a port")?.parse()?;
    let from: Vec<Datagram> = datagrams
        .iter()
        .filter(|d| d.from.port() == port)
        .cloned()
        .collect();
    let to = from.first().context("no sound at all")?.to.port();
    Ok(capture::heard(&from, to))
}

#[tokio::test]
async fn the_tone_of_every_format_is_heard() -> Result<()> {
    let world = World::start().await?;
    let source = world.file("source.wav");
    let length = format!("{}", TONE_MS as f64 / 1_000.0);
    let tone_hz = format!("{TONE_HZ}");
    let arguments = [
        "-r", "48000", "-c", "2", "-b", "24", "-n", "{out}", "synth", &length, "sine", &tone_hz, "gain", "-6",
    ];
    let fill = |word: &str| {
        if word == "{out}" {
            source.display().to_string()
        } else {
            word.to_owned()
        }
    };
    run("sox", arguments.into_iter().map(fill))?;
    let rows = formats();
    let mut wrong = Vec::new();
    for (row, pcm) in rows.iter().zip(heard(&rows, &source, &world).await?) {
        let ms = tone::heard_ms(&pcm, TONE_HZ, LEVEL);
        // Lossy codecs blur the edges; a frame of 20 ms at each end is half silent.
        if !(TONE_MS - 60..=TONE_MS + 60).contains(&ms) {
            wrong.push(format!("{}: {ms} ms", row.name));
        }
    }
    ensure!(
        wrong.is_empty(),
        "{} of {} rows: {wrong:#?}",
        wrong.len(),
        rows.len()
    );
    Ok(())
}

#[tokio::test]
async fn the_words_of_every_format_come_through() -> Result<()> {
    let world = World::start().await?;
    let source = world.file("sentence.wav");
    run(
        "espeak-ng",
        ["-w", &source.display().to_string(), SENTENCE].map(str::to_owned),
    )?;
    let rows = [
        ffmpeg("wav", "-c:a pcm_s16le -ar 44100"),
        ffmpeg("wav", "-c:a pcm_mulaw -ar 8000"),
        ffmpeg("mp3", "-c:a libmp3lame -b:a 48k"),
        ffmpeg("ogg", "-c:a libvorbis"),
        ffmpeg("flac", "-c:a flac"),
        ffmpeg("m4a", "-c:a aac"),
        ffmpeg("webm", "-c:a libopus -ar 48000"),
    ];
    let narrow = world.file("narrow.wav");
    let (from, to) = (source.display().to_string(), narrow.display().to_string());
    run("sox", [&from, "-r", "8000", "-b", "16", &to].map(str::to_owned))?;
    let spoken: Vec<i16> = hound::WavReader::open(&narrow)?
        .samples()
        .collect::<Result<_, _>>()?;
    let mut spoken = envelope(&spoken);
    let loudest = spoken.iter().copied().fold(0.0, f64::max);
    // Callers hear the next prompt soon after the last word.
    let last = spoken.iter().rposition(|energy| *energy > loudest / 20.0);
    spoken.truncate(last.context("a sentence")? + 1);
    for (row, pcm) in rows.iter().zip(heard(&rows, &source, &world).await?) {
        let heard = envelope(&pcm);
        let likeness = likeness(&spoken, &heard);
        ensure!(
            likeness > 0.95,
            "{}: {likeness} of {} frames: {heard:?} for {spoken:?}",
            row.name,
            spoken.len()
        );
    }
    Ok(())
}

/// The energy of each frame, from the first that is loud.
fn envelope(pcm: &[i16]) -> Vec<f64> {
    let energy = |frame: &[i16]| tone::power(frame).sqrt();
    let loudest = pcm.chunks(FRAME).map(energy).fold(0.0, f64::max);
    // The start to the sample: frames must lie the same in both.
    let start = pcm
        .chunks(20)
        .position(|few| energy(few) > loudest / 10.0)
        .unwrap_or(0)
        * 20;
    pcm[start..].chunks_exact(FRAME).map(energy).collect()
}

/// How alike two courses of energy are, 0 to 1 (correlation), over the length of the first.
fn likeness(one: &[f64], other: &[f64]) -> f64 {
    let other = &other[..one.len().min(other.len())];
    let mean = |course: &[f64]| course.iter().sum::<f64>() / course.len().max(1) as f64;
    let (a, b) = (mean(one), mean(other));
    let pairs = || one.iter().zip(other).map(|(x, y)| (x - a, y - b));
    let together: f64 = pairs().map(|(x, y)| x * y).sum();
    let alone = pairs().map(|(x, _)| x * x).sum::<f64>() * pairs().map(|(_, y)| y * y).sum::<f64>();
    together / alone.sqrt().max(1.0)
}
