//! One-way audio: whoever is answered and mute is asked once, and a target is heard over the next trunk where the campaign allows.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use trunkline_media::tone;
use trunkline_tests::capture::{self, Capture};
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{CALLER, Plan, Stage};
use trunkline_tests::world::{Database, World};

use super::{SESSION, SIPP, caller_who_begins, sipp};

/// Answers, and sends nothing, not even when it was asked.
fn mute() -> Scenario {
    Scenario::answering("mute")
        .mute()
        .ringing()
        .answer()
        .takes_offer()
}

fn one_way(cdrs: &[Value]) -> Vec<(&str, bool)> {
    cdrs.iter()
        .map(|cdr| (cdr["cause"].as_str().unwrap_or_default(), cdr["one_way"] == true))
        .collect()
}

/// What a trunk of this name counts, in its status and for Prometheus.
async fn counted(world: &World, name: &str, times: u64) -> Result<()> {
    let trunks = world.get("/v1/trunks").await?;
    let found = trunks["items"].as_array().into_iter().flatten();
    for trunk in found.filter(|trunk| trunk["name"] == name) {
        let id = trunk["id"].as_str().unwrap_or_default();
        let status = world.get(&format!("/v1/trunks/{id}/status")).await?;
        ensure!(status["one_way"] == times, "{status:#}");
    }
    let metrics = world.text("/metrics").await?;
    let line = format!("trunkline_one_way_legs_total{{trunk=\"{name}\"}} {times}");
    ensure!(metrics.contains(&line), "no {line} in {metrics}");
    Ok(())
}

/// The next trunk carries it; the caller hears the target there.
#[tokio::test]
async fn a_mute_target_is_called_over_the_next_trunk() -> Result<()> {
    for database in Database::all() {
        let world = World::with(&database).await?;
        capture::write_tone(&world.file("target.pcap"), 440.0, 2_500)?;
        let capture = Capture::start(world.path(), "portrange 11000-31100")?;
        let speaks = Scenario::answering("speaks")
            .ringing()
            .answer()
            .play("target.pcap")
            .pause(2_600)
            .bye_out();
        let mut caller = sipp(world.path(), &caller_who_begins().bye_in())?;
        let mut mute = sipp(world.path(), &mute().bye_in())?;
        let mut speaks = sipp(world.path(), &speaks)?;
        let plan = Plan {
            callers: vec![caller.port],
            targets: vec![mute.port, speaks.port],
            ..Plan::default()
        };
        let stage = Stage::set(&world, &plan).await?;
        let session = stage.call(CALLER).await?;
        stage.over(&session, SESSION).await?;
        for sipp in [&mut caller, &mut mute, &mut speaks] {
            sipp.finished(SIPP)?;
        }
        let pcm = capture::heard(&capture.stop()?, caller.media);
        let ms = tone::heard_ms(&pcm, 440.0, 0.5);
        ensure!(ms > 1_000, "the caller heard the target for {ms} ms");
        let cdrs = stage.cdrs(&session).await?;
        ensure!(
            one_way(&cdrs)
                == [
                    ("normal clearing", false),
                    ("one-way audio", true),
                    ("normal clearing", false)
                ],
            "{cdrs:#?}"
        );
        let found = cdrs[1]["billable_ms"].as_i64().unwrap_or_default();
        ensure!((5_900..8_000).contains(&found), "given up after {found} ms");
        ensure!(stage.calls(&session).await? == ["completed talked"]);
        counted(&world, "targets 0", 1).await?;
    }
    Ok(())
}

/// Its offer was lost, or its address was: with our re-INVITE it begins to send.
#[tokio::test]
async fn a_target_that_speaks_after_our_offer_is_kept() -> Result<()> {
    let world = World::start().await?;
    capture::write_tone(&world.file("target.pcap"), 440.0, 2_500)?;
    let capture = Capture::start(world.path(), "portrange 11000-31100")?;
    let target = Scenario::answering("target")
        .mute()
        .ringing()
        .answer()
        .takes_offer()
        .play("target.pcap")
        .pause(2_600)
        .bye_out();
    let other = Scenario::answering("other").reject("486 Busy Here", "");
    let mut caller = sipp(world.path(), &caller_who_begins().bye_in())?;
    let (mut target, other) = (sipp(world.path(), &target)?, sipp(world.path(), &other)?);
    let plan = Plan {
        callers: vec![caller.port],
        targets: vec![target.port, other.port],
        ..Plan::default()
    };
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, SESSION).await?;
    caller.finished(SIPP)?;
    target.finished(SIPP)?;
    ensure!(other.messages().is_empty(), "it would have rung twice");
    let pcm = capture::heard(&capture.stop()?, caller.media);
    let ms = tone::heard_ms(&pcm, 440.0, 0.5);
    ensure!(ms > 1_000, "the caller heard the target for {ms} ms");
    let cdrs = stage.cdrs(&session).await?;
    ensure!(
        one_way(&cdrs) == [("normal clearing", false), ("normal clearing", false)],
        "{cdrs:#?}"
    );
    Ok(())
}

/// The campaign wants no telephone to ring twice: found and counted, and kept until the target hangs up.
#[tokio::test]
async fn a_campaign_may_keep_mute_targets() -> Result<()> {
    let world = World::start().await?;
    let mut caller = sipp(world.path(), &caller_who_begins().bye_in())?;
    let mut mute = sipp(world.path(), &mute().pause(4_000).bye_out())?;
    let other = Scenario::answering("other").reject("486 Busy Here", "");
    let other = sipp(world.path(), &other)?;
    let plan = Plan {
        callers: vec![caller.port],
        targets: vec![mute.port, other.port],
        campaign: json!({ "retry_one_way": false }),
        ..Plan::default()
    };
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, SESSION).await?;
    caller.finished(SIPP)?;
    mute.finished(SIPP)?;
    ensure!(other.messages().is_empty(), "it would have rung twice");
    let cdrs = stage.cdrs(&session).await?;
    ensure!(
        one_way(&cdrs) == [("normal clearing", false), ("normal clearing", true)],
        "{cdrs:#?}"
    );
    counted(&world, "targets 0", 1).await?;
    Ok(())
}
