//! A thousand callers who hear the same long prompt at the same time: it lies in memory once.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use trunkline_media::tone;
use trunkline_prompts::pcm::wav;
use trunkline_tests::program::eventually;
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{Plan, Stage};
use trunkline_tests::world::{Database, World};

use super::sipps;

const CALLERS: u32 = 1_000;
/// A new one after so long. They say nothing, and are given up one after the other when nothing was heard of them for 20 s.
const APART: Duration = Duration::from_millis(18);
const STAYS_MS: u32 = 60_000;
/// Those who must be on the line at the same time, also where a machine takes longer to call them.
const AT_ONCE: u32 = 800;
const ALL_THERE: Duration = Duration::from_secs(45);
/// The prompt: two minutes, 960 KB in each of G.711's two codecs, 960 KB in G.722.
const PROMPT_SAMPLES: usize = 120 * 8_000;
/// What a caller may cost: his session, his streams, what waits for the database. A copy of the prompt is fifteen times as much.
const MOST_A_CALLER_KIB: u64 = 64;

#[tokio::test]
async fn a_thousand_callers_hear_one_copy() -> Result<()> {
    let world = World::with_ports(&Database::Sqlite, 2_200).await?;
    let caller = Scenario::answering("caller")
        .ringing()
        .answer()
        .pause(STAYS_MS)
        .bye_out();
    let callers = sipps(world.path(), &caller, CALLERS)?;
    let plan = Plan {
        trunk: json!({ "max_channels": 2 * CALLERS, "max_cps": 1_000 }),
        ..Plan::between(callers.port, callers.port)
    };
    let stage = Stage::set(&world, &plan).await?;
    let prompt = wav(&tone::sine(500.0, 8_000.0, PROMPT_SAMPLES), 8_000);
    world.upload(&stage.campaign, "msg_intro", prompt).await?;
    on_the_line(&world, &stage, 0..1).await?;
    let with_one = memory_kib(&world)?;
    on_the_line(&world, &stage, 1..CALLERS).await?;
    let with_all = memory_kib(&world)?;
    let each = with_all.saturating_sub(with_one) / u64::from(CALLERS - 1);
    ensure!(
        each <= MOST_A_CALLER_KIB,
        "{with_one} KiB with one caller, {with_all} KiB with {CALLERS}: {each} KiB each"
    );
    callers.stop();
    Ok(())
}

/// Calls these and waits until they hear the prompt.
async fn on_the_line(world: &World, stage: &Stage<'_>, callers: std::ops::Range<u32>) -> Result<()> {
    let all = callers.end;
    let mut pace = tokio::time::interval(APART);
    for number in callers {
        pace.tick().await;
        stage.call(&format!("+1202{:07}", 5_550_000 + number)).await?;
    }
    let least = all.min(AT_ONCE) as usize;
    let mut seen = 0;
    let everybody = eventually("everybody hears the prompt", ALL_THERE, async || {
        let page = world.get("/v1/sessions?state=live&limit=1000").await;
        let live = page.unwrap_or_default()["items"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        seen = live.iter().filter(|session| session["step"] == "confirm").count();
        seen >= least
    })
    .await;
    everybody.with_context(|| format!("{seen} of {all} hear it"))
}

/// What the program has in memory, in KiB.
fn memory_kib(world: &World) -> Result<u64> {
    let program = world.program.as_ref().context("it runs")?;
    let status = std::fs::read_to_string(format!("/proc/{}/status", program.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let figure = line.and_then(|line| line.split_whitespace().next());
    Ok(figure.context("a figure")?.parse()?)
}
