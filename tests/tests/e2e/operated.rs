//! What operators do and see while calls run: what was said in SIP on each leg, and a node that rests and comes back.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{CALLER, Plan, Stage};
use trunkline_tests::world::World;

use super::{SESSION, SIPP, caller_who_begins, sipp, sipps, target_who_talks};

/// A node hears with its next beat what it is asked.
const HEARD: Duration = Duration::from_secs(20);

/// What was said on the legs of this side, a message a word.
fn said(trace: &Value, side: &str) -> Result<Vec<String>> {
    let legs = trace["legs"].as_array().context("legs")?;
    let leg = legs.iter().find(|leg| leg["side"] == side).context("a leg")?;
    let messages = leg["messages"].as_array().context("messages")?;
    Ok(messages
        .iter()
        .map(|message| {
            let way = if message["way"] == "sent" { ">" } else { "<" };
            let sdp = if message["sdp"].is_null() { "" } else { " sdp" };
            match message["status"].as_u64() {
                Some(status) => format!(
                    "{way} {status} {}{sdp}",
                    message["reason"].as_str().unwrap_or_default()
                ),
                None => format!("{way} {}{sdp}", message["method"].as_str().unwrap_or_default()),
            }
        })
        .collect())
}

#[tokio::test]
async fn what_was_said_is_told_without_numbers() -> Result<()> {
    let world = World::start().await?;
    let target = Scenario::answering("target")
        .ringing()
        .reject("486 Busy Here", "");
    let (mut caller, mut target) = (
        sipp(world.path(), &caller_who_begins().bye_in())?,
        sipp(world.path(), &target)?,
    );
    let plan = Plan {
        callers: vec![caller.port],
        targets: vec![target.port],
        ..Plan::default()
    };
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, SESSION).await?;
    caller.finished(SIPP)?;
    target.finished(SIPP)?;
    let trace = world.get(&format!("/v1/sessions/{session}/trace")).await?;
    let got = said(&trace, "target")?;
    ensure!(
        got == ["> INVITE sdp", "< 180 Ringing", "< 486 Busy Here", "> ACK"],
        "{got:#?}"
    );
    let got = said(&trace, "caller")?;
    let wanted = [
        "> INVITE sdp",
        "< 180 Ringing",
        "< 200 OK sdp",
        "> ACK",
        "> BYE",
        "< 200 OK",
    ];
    ensure!(got == wanted, "{got:#?}");
    let text = trace.to_string();
    ensure!(!text.contains(CALLER.trim_start_matches('+')), "a number: {text}");
    Ok(())
}

#[tokio::test]
async fn a_node_rests_and_takes_calls_again() -> Result<()> {
    let world = World::start().await?;
    let caller = caller_who_begins().bye_in();
    let (mut caller, mut target) = (
        sipps(world.path(), &caller, 2)?,
        sipps(world.path(), &target_who_talks(6_000), 2)?,
    );
    let plan = Plan {
        callers: vec![caller.port],
        targets: vec![target.port],
        ..Plan::default()
    };
    let stage = Stage::set(&world, &plan).await?;
    let nodes = world
        .until("/v1/nodes", HEARD, |nodes| nodes["items"][0]["id"].is_string())
        .await?;
    let node = format!(
        "/v1/nodes/{}",
        nodes["items"][0]["id"].as_str().context("its id")?
    );
    let is = |state: &'static str| move |node: &Value| node["state"] == state;

    let first = stage.call(CALLER).await?;
    world
        .until("/v1/overview", SESSION, |now| now["calls"]["in-progress"] == 1)
        .await?;
    world.post(&format!("{node}/drain"), json!({})).await?;
    world.until(&node, HEARD, is("draining")).await?;
    ensure!(
        stage.call(CALLER).await.is_err(),
        "a node that drains takes a call"
    );
    stage.over(&first, SESSION).await?;
    let got = stage.calls(&first).await?;
    ensure!(got == ["completed talked"], "the running call goes on: {got:#?}");
    world.until(&node, HEARD, is("drained")).await?;

    world.delete(&format!("{node}/drain")).await?;
    world.until(&node, HEARD, is("up")).await?;
    let second = stage.call(CALLER).await?;
    stage.over(&second, SESSION).await?;
    let got = stage.calls(&second).await?;
    ensure!(got == ["completed talked"], "{got:#?}");
    caller.finished(SIPP)?;
    target.finished(SIPP)
}
