//! Targets that are not reached: busy, declining, ringing out, skipped while they ring. And callers that are not.

use anyhow::{Result, ensure};
use serde_json::json;
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{CALLER, Plan, Stage};
use trunkline_tests::world::World;

use super::{SESSION, SIPP, caller_who_begins, sipp};

/// One session with this target; the calls and legs that it leaves.
async fn check(target: &Scenario, caller: &Scenario, calls: &[&str], legs: &[&str]) -> Result<()> {
    let world = World::start().await?;
    let (mut caller, mut target) = (sipp(world.path(), caller)?, sipp(world.path(), target)?);
    let plan = Plan {
        callers: vec![caller.port],
        targets: vec![target.port],
        campaign: json!({ "timers": { "ring_target_ms": 2_000 } }),
        ..Plan::default()
    };
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, SESSION).await?;
    caller.finished(SIPP)?;
    target.finished(SIPP)?;
    let got = stage.calls(&session).await?;
    ensure!(got == calls, "{got:#?}");
    let got = stage.legs(&session).await?;
    ensure!(got == legs, "{got:#?}");
    Ok(())
}

const CALLER_LEG: &str = "caller outbound 200 answered by us";

#[tokio::test]
async fn busy() -> Result<()> {
    let target = Scenario::answering("target")
        .ringing()
        .reject("486 Busy Here", "");
    let caller = caller_who_begins().bye_in();
    check(
        &target,
        &caller,
        &["busy busy"],
        &[CALLER_LEG, "target outbound 486 not answered by target"],
    )
    .await
}

#[tokio::test]
async fn declined() -> Result<()> {
    let target = Scenario::answering("target").ringing().reject("603 Decline", "");
    let caller = caller_who_begins().bye_in();
    check(
        &target,
        &caller,
        &["failed rejected"],
        &[CALLER_LEG, "target outbound 603 not answered by target"],
    )
    .await
}

#[tokio::test]
async fn rings_out() -> Result<()> {
    let target = Scenario::answering("target").ringing().cancelled();
    let caller = caller_who_begins().bye_in();
    check(
        &target,
        &caller,
        &["no-answer no_answer"],
        &[CALLER_LEG, "target outbound null not answered by timeout"],
    )
    .await
}

#[tokio::test]
async fn star_while_it_rings_cancels_it() -> Result<()> {
    let target = Scenario::answering("target").ringing().cancelled();
    let caller = caller_who_begins().pause(1_500).keys("*").bye_in();
    check(
        &target,
        &caller,
        &["canceled skipped"],
        &[CALLER_LEG, "target outbound null not answered by us"],
    )
    .await
}

/// The caller's telephone itself.
async fn check_caller(caller: &Scenario, status: &str, legs: &[&str]) -> Result<()> {
    let world = World::start().await?;
    let mut caller = sipp(world.path(), caller)?;
    let plan = Plan {
        callers: vec![caller.port],
        campaign: json!({ "timers": { "ring_caller_ms": 2_000 } }),
        ..Plan::default()
    };
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    let over = stage.over(&session, SESSION).await?;
    caller.finished(SIPP)?;
    ensure!(over["status"] == status, "{over:#}");
    let got = stage.legs(&session).await?;
    ensure!(got == legs, "{got:#?}");
    Ok(())
}

#[tokio::test]
async fn the_caller_is_busy() -> Result<()> {
    let caller = Scenario::answering("caller").reject("486 Busy Here", "");
    check_caller(&caller, "busy", &["caller outbound 486 not answered by caller"]).await
}

#[tokio::test]
async fn the_caller_does_not_answer() -> Result<()> {
    let caller = Scenario::answering("caller").ringing().cancelled();
    check_caller(
        &caller,
        "no-answer",
        &["caller outbound null not answered by timeout"],
    )
    .await
}
