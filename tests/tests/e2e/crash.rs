//! `kill -9` with calls up, and a drain: every leg has its record, nobody is left on the line, nobody is called twice.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use trunkline_tests::program::eventually;
use trunkline_tests::receiver::Receiver;
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{CALLER, Plan, Stage};
use trunkline_tests::world::{Database, World};

use super::{SIPP, caller_who_begins, sipp, sipps, target_who_talks};

const CALLS: u32 = 10;

#[tokio::test]
async fn after_kill_9_orphans_are_hung_up_and_every_leg_has_one_record() -> Result<()> {
    for database in Database::all() {
        let mut world = World::with(&database).await?;
        let (mut caller, mut target) = (
            sipps(world.path(), &caller_who_begins().bye_in(), CALLS)?,
            sipps(
                world.path(),
                &Scenario::answering("target").ringing().answer().bye_in(),
                CALLS,
            )?,
        );
        let plan = Plan::between(caller.port, target.port);
        let stage = Stage::set(&world, &plan).await?;
        let mut sessions = Vec::new();
        for index in 0..CALLS {
            sessions.push(stage.call(&format!("+1202555{:04}", 3_000 + index)).await?);
        }
        let talking = format!("/v1/sessions?campaign_id={}&limit=100", stage.campaign);
        let all_talk = |l: &serde_json::Value| {
            let items = l["items"].as_array().map(Vec::as_slice).unwrap_or_default();
            items
                .iter()
                .filter(|s| s["step"].as_str().is_some_and(|s| s.starts_with("talking")))
                .count()
                == CALLS as usize
        };
        world.until(&talking, Duration::from_secs(40), all_talk).await?;
        let campaign = stage.campaign.clone();
        let receiver = Receiver::start().await?;
        let ends = serde_json::json!({ "url": receiver.url, "events": ["session.ended", "call.ended"] });
        world.post("/v1/webhooks", ends).await?;
        world.kill();
        world.serve().await?;
        // Both sipps succeed only when every one of their calls gets its BYE.
        caller.finished(SIPP)?;
        target.finished(SIPP)?;
        let complete = |l: &serde_json::Value| {
            l["items"]
                .as_array()
                .is_some_and(|i| i.len() == 2 * CALLS as usize)
        };
        let list = world
            .until("/v1/cdrs?limit=1000", Duration::from_secs(20), complete)
            .await?;
        let items = list["items"].as_array().context("records")?;
        let ids: BTreeSet<&str> = items.iter().filter_map(|c| c["id"].as_str()).collect();
        ensure!(ids.len() == items.len(), "a leg has two records");
        ensure!(items.iter().all(|c| c["ended_by"] == "node_lost"), "{list:#}");
        let path = format!("/v1/sessions?campaign_id={campaign}&limit=100");
        let closed = |l: &serde_json::Value| {
            l["items"].as_array().is_some_and(|i| {
                i.iter().all(|s| {
                    !["ringing", "in-progress", "queued"]
                        .iter()
                        .any(|w| s["status"] == *w)
                })
            })
        };
        world.until(&path, Duration::from_secs(20), closed).await?;
        told_of_every_end(&receiver, &sessions).await?;
    }
    Ok(())
}

/// Whoever listens learns of each session's end and of each call's, once.
async fn told_of_every_end(receiver: &Receiver, sessions: &[String]) -> Result<()> {
    let all = async || receiver.bodies().len() >= 2 * sessions.len();
    eventually("every end is told", Duration::from_secs(20), all).await?;
    for (kind, field, word) in [
        ("session.ended", "status", "unknown"),
        ("call.ended", "outcome", "node_lost"),
    ] {
        let told = receiver.of(kind);
        let of: BTreeSet<&str> = told.iter().filter_map(|b| b["session_id"].as_str()).collect();
        ensure!(
            of == sessions.iter().map(String::as_str).collect(),
            "{kind}: {told:#?}"
        );
        ensure!(told.len() == sessions.len(), "{kind} is told twice: {told:#?}");
        ensure!(told.iter().all(|b| b["data"][field] == word), "{told:#?}");
    }
    Ok(())
}

#[tokio::test]
async fn sigterm_lets_calls_finish_and_takes_no_new_ones() -> Result<()> {
    let mut world = World::start().await?;
    let caller = caller_who_begins().bye_in();
    let target = target_who_talks(4_000);
    let (mut caller, mut target) = (sipp(world.path(), &caller)?, sipp(world.path(), &target)?);
    let plan = Plan::between(caller.port, target.port);
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    let path = format!("/v1/sessions/{session}");
    world
        .until(&path, Duration::from_secs(20), |s| {
            s["step"].as_str().is_some_and(|s| s.starts_with("talking"))
        })
        .await?;
    let program = world.program.as_mut().context("it runs")?;
    program.signal(rustix::process::Signal::TERM)?;
    let options = Scenario::empty("options").options(503);
    let file = options.write(world.path())?;
    let there = format!("127.0.0.1:{}", world.sip);
    let setup = trunkline_tests::sipp::Setup {
        name: "options",
        scenario: &file,
        args: &[&there],
        ..Default::default()
    };
    trunkline_tests::sipp::Sipp::start(world.path(), &setup)?.finished(SIPP)?;
    // Neither sipp's call is cut: the target hangs up by itself, and the caller hears the thanks to the end.
    target.finished(SIPP)?;
    caller.finished(SIPP)?;
    let program = world.program.as_mut().context("it runs")?;
    let status = program.wait(Duration::from_secs(20))?;
    ensure!(status.success(), "{status}: {}", world.printed());
    Ok(())
}

/// A campaign may have its callers called again whose node died before they came to anybody.
#[tokio::test]
async fn a_lost_caller_is_called_again_when_the_campaign_says_so() -> Result<()> {
    let mut world = World::start().await?;
    let target = target_who_talks(500);
    let caller = sipps(world.path(), &caller_who_begins().bye_in(), 2)?;
    let mut target = sipp(world.path(), &target)?;
    let plan = Plan {
        callers: vec![caller.port],
        targets: vec![target.port],
        campaign: serde_json::json!({ "redial_lost": true }),
        ..Plan::default()
    };
    let stage = Stage::set(&world, &plan).await?;
    let lost = stage.call(CALLER).await?;
    let path = format!("/v1/sessions/{lost}");
    let confirms = |s: &serde_json::Value| s["step"] == "confirm";
    world.until(&path, Duration::from_secs(20), confirms).await?;
    let list = format!("/v1/sessions?campaign_id={}", stage.campaign);
    world.kill();
    world.serve().await?;
    target.finished(SIPP)?;
    let both_over = |l: &serde_json::Value| {
        l["items"]
            .as_array()
            .is_some_and(|i| i.len() == 2 && i.iter().all(|s| s["ended_at"].is_string()))
    };
    let sessions = world.until(&list, Duration::from_secs(20), both_over).await?;
    let mut statuses: Vec<&str> = sessions["items"]
        .as_array()
        .context("sessions")?
        .iter()
        .filter_map(|s| s["status"].as_str())
        .collect();
    statuses.sort_unstable();
    ensure!(statuses == ["completed", "unknown"], "{sessions:#}");
    // The first call was hung up by recovery in the middle of what its scenario does.
    let rung = caller.messages().matches("\nINVITE ").count();
    ensure!(rung == 2, "the caller was rung {rung} times");
    Ok(())
}

#[tokio::test]
async fn a_second_signal_ends_every_leg_with_bye() -> Result<()> {
    let mut world = World::start().await?;
    let target = Scenario::answering("target").ringing().answer().bye_in();
    let mut caller = sipp(world.path(), &caller_who_begins().bye_in())?;
    let mut target = sipp(world.path(), &target)?;
    let plan = Plan::between(caller.port, target.port);
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    let talks = |s: &serde_json::Value| s["step"] == "talking 1";
    let path = format!("/v1/sessions/{session}");
    world.until(&path, Duration::from_secs(20), talks).await?;
    let program = world.program.as_ref().context("it runs")?;
    program.signal(rustix::process::Signal::TERM)?;
    let drains = async || world.printed().contains("draining");
    eventually("it drains", Duration::from_secs(10), drains).await?;
    program.signal(rustix::process::Signal::TERM)?;
    caller.finished(SIPP)?;
    target.finished(SIPP)?;
    let program = world.program.as_mut().context("it runs")?;
    let status = program.wait(Duration::from_secs(20))?;
    ensure!(status.success(), "{status}: {}", world.printed());
    Ok(())
}
