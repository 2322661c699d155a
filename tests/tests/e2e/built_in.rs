//! sipp's own scenarios, by name: what everybody tries first against a new gateway.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use trunkline_tests::sipp::{Setup, Sipp};
use trunkline_tests::stage::{CALLER, OURS, Plan, Stage};
use trunkline_tests::world::World;

use super::{SESSION, SIPP, caller_who_begins, sipp};

/// Calls of `sipp -sn uac`.
const CALLS: u32 = 20;

#[tokio::test]
async fn uac_calls_us_and_hangs_up() -> Result<()> {
    let world = World::start().await?;
    let stage = Stage::set(&world, &Plan::default()).await?;
    let remote = format!("127.0.0.1:{}", world.sip);
    let setup = Setup {
        name: "uac",
        scenario: "uac",
        calls: Some(CALLS),
        args: &["-s", OURS, "-r", "10", "-d", "500", &remote],
        ..Setup::default()
    };
    let mut uac = Sipp::start(world.path(), &setup)?;
    uac.finished(SIPP)?;
    let all_ended = |list: &Value| {
        list["items"]
            .as_array()
            .is_some_and(|l| l.len() == CALLS as usize)
    };
    let path = format!("/v1/cdrs?limit={}", CALLS * 2);
    let list = world.until(&path, SESSION, all_ended).await?;
    for cdr in list["items"].as_array().context("records")? {
        ensure!(
            cdr["side"] == "caller" && cdr["direction"] == "inbound" && cdr["ended_by"] == "caller",
            "{cdr:#}"
        );
        ensure!(cdr["answered_at"].is_string(), "{cdr:#}");
    }
    let sessions = world
        .get(&format!("/v1/sessions?campaign_id={}&limit=100", stage.campaign))
        .await?;
    ensure!(
        sessions["items"]
            .as_array()
            .is_some_and(|s| s.len() == CALLS as usize),
        "{sessions:#}"
    );
    Ok(())
}

#[tokio::test]
async fn uas_is_called_as_a_target() -> Result<()> {
    let world = World::start().await?;
    let caller = caller_who_begins().pause(2_000).bye_out();
    let (mut caller, mut target) = (sipp(world.path(), &caller)?, uas(world.path(), "target")?);
    let plan = Plan::between(caller.port, target.port);
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, SESSION).await?;
    caller.finished(SIPP)?;
    target.finished(SIPP)?;
    let legs = stage.legs(&session).await?;
    ensure!(
        legs == [
            "caller outbound 200 answered by caller",
            "target outbound 200 answered by caller"
        ],
        "{legs:#?}"
    );
    Ok(())
}

#[tokio::test]
async fn uas_is_called_back_and_presses_nothing() -> Result<()> {
    let world = World::start().await?;
    let mut caller = uas(world.path(), "caller")?;
    let plan = Plan {
        callers: vec![caller.port],
        campaign: serde_json::json!({ "timers": { "confirm_ms": 1_000 } }),
        ..Plan::default()
    };
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    let over = stage.over(&session, SESSION).await?;
    caller.finished(SIPP)?;
    ensure!(
        over["status"] == "completed" && over["step"] == "confirm",
        "{over:#}"
    );
    let legs = stage.legs(&session).await?;
    ensure!(legs == ["caller outbound 200 answered by us"], "{legs:#?}");
    Ok(())
}

/// `sipp -sn uas` for one call.
fn uas(folder: &Path, name: &str) -> Result<Sipp> {
    let setup = Setup {
        name,
        scenario: "uas",
        calls: Some(1),
        // Who answers and is silent for three seconds is asked again, which this scenario does not know.
        args: &["-rtp_echo"],
        ..Setup::default()
    };
    Sipp::start(folder, &setup)
}
