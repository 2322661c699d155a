//! Messages that cross, and messages that never come.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{CALLER, Plan, Stage};
use trunkline_tests::world::World;

use super::{SESSION, SIPP, caller_who_begins, sipp};

#[tokio::test]
async fn a_200_that_crosses_our_cancel_gets_ack_and_bye() -> Result<()> {
    let world = World::start().await?;
    let caller = caller_who_begins().bye_in();
    // The CANCEL is answered 200, the INVITE 200 as well: it had been answered already.
    let target = Scenario::answering("target").ringing().crosses_cancel();
    let (mut caller, mut target) = (sipp(world.path(), &caller)?, sipp(world.path(), &target)?);
    let plan = Plan {
        callers: vec![caller.port],
        targets: vec![target.port],
        campaign: json!({ "timers": { "ring_target_ms": 1_500 } }),
        ..Plan::default()
    };
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, SESSION).await?;
    target.finished(SIPP)?;
    caller.finished(SIPP)?;
    ensure!(stage.calls(&session).await? == ["no-answer no_answer"]);
    Ok(())
}

#[tokio::test]
async fn a_caller_without_ack_is_hung_up() -> Result<()> {
    let world = World::start().await?;
    // An inbound caller who never acknowledges our 200: it is repeated, then BYE.
    let plan = Plan {
        callers: vec![9],
        ..Plan::default()
    };
    let stage = Stage::set(&world, &plan).await?;
    let caller = Scenario::calling("caller", "+12025550100", "+12025550123")
        .expect_response(200, &[180, 183])
        .bye_in();
    let file = caller.write(world.path())?;
    let there = format!("127.0.0.1:{}", world.sip);
    let setup = trunkline_tests::sipp::Setup {
        name: "caller",
        scenario: &file,
        args: &[&there],
        ..Default::default()
    };
    let mut sipp = trunkline_tests::sipp::Sipp::start(world.path(), &setup)?;
    sipp.finished(Duration::from_secs(60))?;
    let list = world
        .until("/v1/cdrs", Duration::from_secs(10), |l| {
            l["items"].as_array().is_some_and(|i| i.len() == 1)
        })
        .await?;
    ensure!(list["items"][0]["ended_by"] == "timeout", "{list:#}");
    drop(stage);
    Ok(())
}

#[tokio::test]
async fn a_target_whose_bye_was_lost_is_ended_by_its_silence() -> Result<()> {
    let world = World::start().await?;
    trunkline_tests::capture::write_tone(&world.file("talk.pcap"), 620.0, 25_000)?;
    // Answers, and is never heard of again: no RTP, no BYE.
    let caller = caller_who_begins().pause(500).play("talk.pcap").bye_in();
    let target = Scenario::answering("target").ringing().answer().bye_in();
    let (mut caller, mut target) = (sipp(world.path(), &caller)?, sipp(world.path(), &target)?);
    let plan = Plan::between(caller.port, target.port);
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, Duration::from_secs(60)).await?;
    target.finished(SIPP)?;
    caller.finished(SIPP)?;
    let legs = stage.legs(&session).await?;
    ensure!(legs[1] == "target outbound 200 answered by timeout", "{legs:#?}");
    Ok(())
}
