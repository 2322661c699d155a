//! What the script costs: taking in a recording, and speaking a sentence.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use trunkline_control_api::campaign::Script;
use trunkline_prompts::files::Files;
use trunkline_prompts::tts::{Saying, Speech, SpeechConfig, Tts as _};

/// Spoken by whatever engine English has here.
const SENTENCE: &str = "Now calling Senator Ada Lovelace, in Albany.";
/// Spoken before it is measured, so that the program lies in the disk's cache; another text, so that ours does not help.
const BEFORE: &str = "Good evening.";

/// Three rows, in seconds.
pub(crate) async fn rows() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mp3 = minute_of_mp3(folder.path())?;
    let bytes = std::fs::read(mp3)?;
    let script = Script::new(
        Files::open(folder.path().join("prompts"))?,
        Box::new(speech(folder.path())),
    );
    let began = Instant::now();
    script.take_in(bytes.into()).await?;
    row("a minute of MP3 taken in, s", began);

    let speech = Arc::new(speech(folder.path()));
    say(&speech, BEFORE)?;
    let began = Instant::now();
    say(&speech, SENTENCE)?;
    row("a sentence spoken, cold, s", began);
    let began = Instant::now();
    say(&speech, SENTENCE)?;
    row("a sentence spoken, cached, s", began);
    println!();
    Ok(())
}

fn speech(folder: &Path) -> Speech {
    Speech::new(SpeechConfig {
        cache: Some(folder.join("speech")),
        ..SpeechConfig::default()
    })
}

fn say(speech: &Speech, text: &str) -> Result<()> {
    let saying = Saying {
        text,
        language: "en",
        voice: "",
    };
    let spoken = speech.speak(saying)?;
    ensure!(!spoken.pcm.samples.is_empty(), "nothing was spoken");
    Ok(())
}

/// Speech of espeak-ng, over and over, as people's tools save it.
fn minute_of_mp3(folder: &Path) -> Result<std::path::PathBuf> {
    let (wav, mp3) = (folder.join("speech.wav"), folder.join("minute.mp3"));
    let text = format!("{SENTENCE} ").repeat(4);
    run(Command::new("espeak-ng").arg("-w").arg(&wav).arg(text))?;
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-stream_loop", "-1", "-i"]).arg(&wav);
    ffmpeg
        .args(["-t", "60", "-ar", "44100", "-ac", "2", "-b:a", "128k"])
        .arg(&mp3);
    run(&mut ffmpeg)?;
    Ok(mp3)
}

fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("{program} is needed"))?;
    ensure!(status.success(), "{program} failed");
    Ok(())
}

fn row(what: &str, began: Instant) {
    println!("{what:<44}{:>12.3}", began.elapsed().as_secs_f64());
}
