//! Daily calls by keys: 1 subscribes, and the next call says how to end it; 9 does. What was agreed to is kept.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{CALLER, PROMPT_MS, Plan, Stage};
use trunkline_tests::world::{Database, World};

use super::{SESSION, SIPP, caller_who_begins, sipp, sipps, target_who_talks};

#[tokio::test]
async fn key_1_subscribes_and_key_9_ends_it() -> Result<()> {
    for database in Database::all() {
        let world = World::with(&database).await?;
        let target = target_who_talks(300);
        let mut targets = sipps(world.path(), &target, 2)?;
        let subscribes = caller_who_begins().pause(1_000).keys("1").bye_in();
        let mut caller = sipp(world.path(), &subscribes)?;
        let plan = Plan {
            callers: vec![caller.port],
            targets: vec![targets.port],
            campaign: json!({ "prompt_schedule": true }),
            ..Plan::default()
        };
        let stage = Stage::set(&world, &plan).await?;
        for key in [
            "msg_prompt_schedule",
            "msg_alter_schedule",
            "msg_schedule_start",
            "msg_schedule_stop",
        ] {
            world
                .tone_prompt(&stage.campaign, key, 1_400.0, PROMPT_MS)
                .await?;
        }
        let first = stage.call(CALLER).await?;
        stage.over(&first, SESSION).await?;
        caller.finished(SIPP)?;
        let one = only(&world).await?;
        ensure!(one["status"] == "active" && one["next_at"].is_string(), "{one:#}");
        ensure!(one["time_zone"] == "America/New_York", "{one:#}");
        ensure!(acts(&one) == [format!("given by key in {first}")], "{one:#}");

        // The campaign offers it no more; a subscriber is told how to end it all the same.
        let path = format!("/v1/campaigns/{}", stage.campaign);
        world.patch(&path, json!({ "prompt_schedule": false })).await?;
        let ends = Scenario::answering("ends")
            .ringing()
            .answer()
            .pause(1_500)
            .keys("*")
            .pause(1_000)
            .keys("9")
            .bye_in();
        let mut caller = sipp(world.path(), &ends)?;
        callers_are_at(&world, caller.port).await?;
        let second = stage.call(CALLER).await?;
        stage.over(&second, SESSION).await?;
        caller.finished(SIPP)?;
        targets.finished(SIPP)?;
        let over = only(&world).await?;
        ensure!(over["id"] == one["id"], "{over:#}");
        ensure!(
            over["status"] == "ended" && over["ended_why"] == "key",
            "{over:#}"
        );
        let expected = [
            format!("given by key in {first}"),
            format!("taken back by key in {second}"),
        ];
        ensure!(acts(&over) == expected, "{over:#}");
        let told = told_in(&world, &CALLER[2..])?;
        ensure!(told.is_empty(), "the caller's number stands in {told:?}");
    }
    Ok(())
}

/// Files of Trunkline's that hold a number in the clear: the database and its log, and what the program printed.
fn told_in(world: &World, number: &str) -> Result<Vec<String>> {
    let mut told = Vec::new();
    for name in ["trunkline.db", "trunkline.db-wal"] {
        let file = world.file(name);
        if file.exists() && holds(&std::fs::read(file)?, number) {
            told.push(name.to_owned());
        }
    }
    if holds(world.printed().as_bytes(), number) {
        told.push("the log".to_owned());
    }
    Ok(told)
}

fn holds(bytes: &[u8], number: &str) -> bool {
    bytes.windows(number.len()).any(|at| at == number.as_bytes())
}

/// Moves the trunk to callers to another port.
async fn callers_are_at(world: &World, port: u16) -> Result<()> {
    let trunks = world.get("/v1/trunks").await?;
    let all = trunks["items"].as_array().cloned().unwrap_or_default();
    let callers = all.iter().find(|trunk| trunk["name"] == "callers 0");
    let id = callers.and_then(|trunk| trunk["id"].as_str()).unwrap_or_default();
    world
        .patch(&format!("/v1/trunks/{id}"), json!({ "port": port }))
        .await?;
    Ok(())
}

/// The only subscription, with its consents.
async fn only(world: &World) -> Result<Value> {
    let list = world.get("/v1/schedules").await?;
    let items = list["items"].as_array().map_or(0, Vec::len);
    ensure!(items == 1, "{list:#}");
    let id = list["items"][0]["id"].as_str().unwrap_or_default();
    world.get(&format!("/v1/schedules/{id}")).await
}

fn acts(schedule: &Value) -> Vec<String> {
    let all = schedule["consents"].as_array().cloned().unwrap_or_default();
    all.iter()
        .map(|act| {
            let what = if act["given"] == true {
                "given"
            } else {
                "taken back"
            };
            let word = |name: &str| act[name].as_str().unwrap_or_default().to_owned();
            format!("{what} by {} in {}", word("how"), word("source"))
        })
        .collect()
}
