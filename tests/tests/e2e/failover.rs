//! A trunk that fails is passed over; the words of the person called never are.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use trunkline_media::tone;
use trunkline_tests::capture::{self, Capture};
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{CALLER, Plan, Stage};
use trunkline_tests::world::World;

use super::{SESSION, SIPP, caller_who_begins, sipp, sipps};

/// What the first trunk says before it fails, and the person over the second.
const EARLY_HZ: f64 = 520.0;
const TARGET_HZ: f64 = 2_050.0;

#[tokio::test]
async fn on_503_the_next_trunk_is_tried() -> Result<()> {
    let world = World::start().await?;
    let full = Scenario::answering("full").reject("503 Service Unavailable", "Retry-After: 5\n");
    let busy = Scenario::answering("busy").reject("486 Busy Here", "");
    let (mut full, mut busy) = (sipp(world.path(), &full)?, sipp(world.path(), &busy)?);
    let stage = Stage::set(
        &world,
        &Plan {
            callers: vec![full.port, busy.port],
            ..Plan::default()
        },
    )
    .await?;
    let session = stage.call(CALLER).await?;
    let over = stage.over(&session, SESSION).await?;
    full.finished(SIPP)?;
    busy.finished(SIPP)?;
    ensure!(over["status"] == "busy", "{over:#}");
    let legs = stage.legs(&session).await?;
    ensure!(
        legs == [
            "caller outbound 503 not answered by trunk",
            "caller outbound 486 not answered by caller"
        ],
        "{legs:#?}"
    );
    Ok(())
}

/// Not the call alone that heard it: nothing is sent to the trunk before its time, and then it is asked again.
#[tokio::test]
async fn a_trunk_that_says_when_to_come_again_is_left_alone_until_then() -> Result<()> {
    let world = World::start().await?;
    let full = Scenario::answering("full").reject("503 Service Unavailable", "Retry-After: 6\n");
    let busy = Scenario::answering("busy").reject("486 Busy Here", "");
    let (mut full, mut busy) = (sipps(world.path(), &full, 2)?, sipps(world.path(), &busy, 3)?);
    let plan = Plan {
        callers: vec![full.port, busy.port],
        ..Plan::default()
    };
    let stage = Stage::set(&world, &plan).await?;
    let trunks = world.get("/v1/trunks").await?;
    let found = trunks["items"].as_array().into_iter().flatten();
    let first = found.into_iter().find(|t| t["name"] == "callers 0");
    let id = first.and_then(|t| t["id"].as_str()).context("the first trunk")?;
    let status = format!("/v1/trunks/{id}/status");
    let mut tried = Vec::new();
    for caller in ["+12025550101", "+12025550102", "+12025550103"] {
        let session = stage.call(caller).await?;
        stage.over(&session, SESSION).await?;
        tried.push(stage.cdrs(&session).await?.len());
        if tried.len() == 2 {
            world
                .until(&status, SESSION, |s| s["paused_ms"].is_null())
                .await?;
        } else {
            world
                .until(&status, SESSION, |s| s["paused_ms"].is_number())
                .await?;
        }
    }
    full.finished(SIPP)?;
    busy.finished(SIPP)?;
    ensure!(tried == [2, 1, 2], "{tried:?} trunks were tried");
    Ok(())
}

#[tokio::test]
async fn on_silence_the_next_trunk_is_tried() -> Result<()> {
    let world = World::start().await?;
    let silent = Scenario::answering("silent").pause(8_000);
    let busy = Scenario::answering("busy").reject("486 Busy Here", "");
    let (silent, mut busy) = (sipp(world.path(), &silent)?, sipp(world.path(), &busy)?);
    let stage = Stage::set(
        &world,
        &Plan {
            callers: vec![silent.port, busy.port],
            ..Plan::default()
        },
    )
    .await?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, SESSION).await?;
    busy.finished(SIPP)?;
    silent.stop();
    let legs = stage.legs(&session).await?;
    ensure!(
        legs == [
            "caller outbound null not answered by trunk",
            "caller outbound 486 not answered by caller"
        ],
        "{legs:#?}"
    );
    Ok(())
}

#[tokio::test]
async fn on_busy_no_other_trunk_is_tried() -> Result<()> {
    let world = World::start().await?;
    let busy = Scenario::answering("busy").reject("486 Busy Here", "");
    let other = Scenario::answering("other").reject("486 Busy Here", "");
    let (mut busy, other) = (sipp(world.path(), &busy)?, sipp(world.path(), &other)?);
    let stage = Stage::set(
        &world,
        &Plan {
            callers: vec![busy.port, other.port],
            ..Plan::default()
        },
    )
    .await?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, SESSION).await?;
    busy.finished(SIPP)?;
    ensure!(
        other.messages().is_empty(),
        "the telephone would have rung twice: {}",
        other.messages()
    );
    Ok(())
}

/// The trunk takes the call, and lets nothing ring within its post-dial limit.
#[tokio::test]
async fn on_a_slow_18x_the_next_trunk_is_tried() -> Result<()> {
    let world = World::start().await?;
    let slow = Scenario::answering("slow").trying().cancelled();
    let busy = Scenario::answering("busy").reject("486 Busy Here", "");
    let (mut slow, mut busy) = (sipp(world.path(), &slow)?, sipp(world.path(), &busy)?);
    let stage = Stage::set(
        &world,
        &Plan {
            callers: vec![slow.port, busy.port],
            trunk: json!({ "post_dial_limit_ms": 1_500 }),
            ..Plan::default()
        },
    )
    .await?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, SESSION).await?;
    slow.finished(SIPP)?;
    busy.finished(SIPP)?;
    let legs = stage.legs(&session).await?;
    ensure!(
        legs == [
            "caller outbound null not answered by trunk",
            "caller outbound 486 not answered by caller"
        ],
        "{legs:#?}"
    );
    Ok(())
}

/// What a trunk played before it failed is not kept: the caller hears the target that answers, over the next one.
#[tokio::test]
async fn early_media_of_a_trunk_that_fails_is_not_kept() -> Result<()> {
    let world = World::start().await?;
    capture::write_tone(&world.file("early.pcap"), EARLY_HZ, 5_000)?;
    capture::write_tone(&world.file("target.pcap"), TARGET_HZ, 1_000)?;
    let capture = Capture::start(world.path(), "portrange 11000-31100")?;
    let mut caller = sipp(world.path(), &caller_who_begins().bye_in())?;
    let early = Scenario::answering("early")
        .progress()
        .play("early.pcap")
        .pause(800)
        .reject("500 Server Internal Error", "");
    let target = Scenario::answering("target")
        .ringing()
        .answer()
        .play("target.pcap")
        .pause(1_400)
        .bye_out();
    let (mut early, mut target) = (sipp(world.path(), &early)?, sipp(world.path(), &target)?);
    let plan = Plan {
        callers: vec![caller.port],
        targets: vec![early.port, target.port],
        ..Plan::default()
    };
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, SESSION).await?;
    early.finished(SIPP)?;
    target.finished(SIPP)?;
    caller.finished(SIPP)?;
    ensure!(stage.calls(&session).await? == ["completed talked"]);
    let heard = capture::heard(&capture.stop()?, caller.media);
    let (of_early, of_target) = (
        tone::heard_ms(&heard, EARLY_HZ, 0.5),
        tone::heard_ms(&heard, TARGET_HZ, 0.5),
    );
    ensure!(
        (300..1_500).contains(&of_early) && of_target > 600,
        "the first trunk was heard for {of_early} ms, the second for {of_target} ms"
    );
    Ok(())
}

/// A redirection, to however many contacts, is not followed: the numbers in it are not ours to dial. The next trunk is tried.
#[tokio::test]
async fn on_302_with_several_contacts_the_next_trunk_is_tried() -> Result<()> {
    let world = World::start().await?;
    let busy = Scenario::answering("busy").reject("486 Busy Here", "");
    let elsewhere = Scenario::answering("elsewhere").reject("486 Busy Here", "");
    let (mut busy, elsewhere) = (sipp(world.path(), &busy)?, sipp(world.path(), &elsewhere)?);
    let contacts = format!(
        "Contact: <sip:+12025550199@127.0.0.1:{0}>;q=0.7, <sip:+882990000000@127.0.0.1:{0}>;q=0.3\n",
        elsewhere.port
    );
    let moved = Scenario::answering("moved").reject("302 Moved Temporarily", &contacts);
    let mut moved = sipp(world.path(), &moved)?;
    let plan = Plan {
        callers: vec![moved.port, busy.port],
        ..Plan::default()
    };
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, SESSION).await?;
    moved.finished(SIPP)?;
    busy.finished(SIPP)?;
    ensure!(elsewhere.messages().is_empty(), "{}", elsewhere.messages());
    let legs = stage.legs(&session).await?;
    ensure!(
        legs == [
            "caller outbound 302 not answered by trunk",
            "caller outbound 486 not answered by caller"
        ],
        "{legs:#?}"
    );
    Ok(())
}
