//! The caller hangs up in every step: whatever is under way ends with them, and the session tells where it was.

use anyhow::{Result, ensure};
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{CALLER, Plan, Stage};
use trunkline_tests::world::World;

use super::{SESSION, SIPP, caller_who_begins, sipp};

/// The target is only there in steps that reach it.
async fn check(caller: Scenario, target: Option<Scenario>, step: &str, calls: &[&str]) -> Result<()> {
    let world = World::start().await?;
    let mut caller = sipp(world.path(), &caller.bye_out())?;
    let mut target = target.map(|t| sipp(world.path(), &t)).transpose()?;
    let plan = Plan {
        callers: vec![caller.port],
        // A trunk that nothing listens on, where no target is to be reached.
        targets: vec![target.as_ref().map_or(9, |t| t.port)],
        ..Plan::default()
    };
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    let over = stage.over(&session, SESSION).await?;
    caller.finished(SIPP)?;
    if let Some(target) = &mut target {
        target.finished(SIPP)?;
    }
    ensure!(over["status"] == "completed", "{over:#}");
    ensure!(
        over["step"].as_str().is_some_and(|s| s.starts_with(step)),
        "{} is not {step}",
        over["step"]
    );
    let got = stage.calls(&session).await?;
    ensure!(got == calls, "{got:#?}");
    let legs = stage.legs(&session).await?;
    ensure!(legs[0] == "caller outbound 200 answered by caller", "{legs:#?}");
    Ok(())
}

#[tokio::test]
async fn while_the_intro_plays() -> Result<()> {
    check(
        Scenario::answering("caller").ringing().answer().pause(150),
        None,
        "confirm",
        &[],
    )
    .await
}

#[tokio::test]
async fn while_a_key_is_waited_for() -> Result<()> {
    check(
        Scenario::answering("caller").ringing().answer().pause(1_500),
        None,
        "confirm",
        &[],
    )
    .await
}

#[tokio::test]
async fn while_the_target_is_announced() -> Result<()> {
    check(caller_who_begins().pause(350), None, "", &[]).await
}

#[tokio::test]
async fn while_the_target_rings() -> Result<()> {
    let target = Scenario::answering("target").ringing().cancelled();
    check(
        caller_who_begins().pause(2_000),
        Some(target),
        "target",
        &["canceled caller_hung_up"],
    )
    .await
}

#[tokio::test]
async fn while_they_talk() -> Result<()> {
    let target = Scenario::answering("target").ringing().answer().bye_in();
    check(
        caller_who_begins().pause(2_500),
        Some(target),
        "talking",
        &["completed caller_hung_up"],
    )
    .await
}
