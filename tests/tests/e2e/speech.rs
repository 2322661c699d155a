//! A speech service of the operator's: callers hear it, and somebody else in its place when it is gone.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use trunkline_media::tone;
use trunkline_tests::capture::{self, Capture};
use trunkline_tests::receiver::Receiver;
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{CALLER, PROMPTS, Plan, Stage};
use trunkline_tests::world::{Speaks, World, tone_file};

use super::{SESSION, SIPP, sipp};

/// What the service says, whatever it is asked: a tone that no prompt has.
const VOICE: f64 = 2_100.0;
/// For so long, milliseconds.
const VOICE_MS: usize = 800;
/// A frame above this mean square holds something that is heard.
const LOUD: f64 = 250_000.0;

/// The intro.
const TEXT: &str = "Save the library, please, and the school next to it.";

/// What a caller hears who never presses a key, when this engine speaks the intro; and the metrics afterwards.
async fn heard(engine: &str) -> Result<(Vec<i16>, String)> {
    let speaks = Speaks {
        more: format!("[tts]\nengine = \"{engine}\"\nvoices = \"en=amy\""),
        ..Speaks::default()
    };
    let world = World::that_speaks(&speaks).await?;
    let caller = Scenario::answering("caller").ringing().answer().bye_in();
    let mut caller = sipp(world.path(), &caller)?;
    let plan = Plan {
        campaign: json!({ "timers": { "confirm_ms": 1_000 } }),
        ..Plan::between(caller.port, 9)
    };
    let stage = Stage::set(&world, &plan).await?;
    world.spoken_prompt(&stage.campaign, "msg_intro", TEXT).await?;
    let capture = Capture::start(world.path(), "portrange 11000-31100")?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, SESSION).await?;
    caller.finished(SIPP)?;
    let pcm = capture::heard(&capture.stop()?, caller.media);
    Ok((pcm, world.text("/metrics").await?))
}

/// Milliseconds that something was heard.
fn loud_ms(pcm: &[i16]) -> usize {
    pcm.chunks(160).filter(|frame| tone::power(frame) > LOUD).count() * 20
}

#[tokio::test]
async fn callers_hear_the_service() -> Result<()> {
    let service = Receiver::that_speaks(&tone_file(VOICE, VOICE_MS)).await?;
    let (pcm, _) = heard(&service.url).await?;
    let ms = tone::heard_ms(&pcm, VOICE, 0.5);
    ensure!((600..=900).contains(&ms), "the service was heard for {ms} ms");
    let asked = service.bodies();
    let as_told = |body: &Value| body["text"] == TEXT && body["voice"] == "amy";
    ensure!(asked.iter().any(as_told), "{asked:#?}");
    Ok(())
}

#[tokio::test]
async fn callers_hear_words_when_the_service_is_gone() -> Result<()> {
    let service = Receiver::that_speaks(b"").await?;
    let gone = service.url.clone();
    drop(service);
    let (pcm, metrics) = heard(&gone).await?;
    let tones: u64 = PROMPTS.iter().map(|(_, hz)| tone::heard_ms(&pcm, *hz, 0.5)).sum();
    let words = loud_ms(&pcm).saturating_sub(usize::try_from(tones)?);
    ensure!(
        words > 700,
        "words were heard for {words} ms beside {tones} ms of tones"
    );
    for line in [
        r#"trunkline_speech_total{engine="http",outcome="failed"}"#,
        r#"trunkline_speech_total{engine="flite",outcome="spoken"}"#,
    ] {
        ensure!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    Ok(())
}
