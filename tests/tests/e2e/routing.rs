//! Which route decides and which of its trunks is tried first, asked beforehand and seen by whose telephone rings.

use anyhow::{Context, Result, ensure};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{CALLER, Plan, Stage, target_number};
use trunkline_tests::world::World;

use super::{SESSION, SIPP, caller_who_begins, sipp};

async fn trunk(world: &World, name: &str, port: u16) -> Result<Value> {
    let body = json!({ "name": name, "host": "127.0.0.1", "port": port });
    let made = world.post("/v1/trunks", body).await?;
    Ok(made["id"].clone())
}

async fn route(world: &World, name: &str, prefix: &str, fields: Value) -> Result<()> {
    let mut body = fields;
    body["name"] = json!(name);
    body["prefixes"] = json!([prefix]);
    world.post("/v1/routes", body).await?;
    Ok(())
}

/// `name: why` of every route, as `POST /v1/routes/test` tells them, and the trunk that is tried first.
async fn asked(world: &World, mut question: Value) -> Result<(Vec<String>, String)> {
    question["number"] = json!(target_number(0));
    let answer = world.post("/v1/routes/test", question).await?;
    let routes = answer["routes"].as_array().context("routes")?;
    let word = |r: &Value, name: &str| r[name].as_str().unwrap_or("-").to_owned();
    let told = routes
        .iter()
        .map(|r| format!("{}: {}", word(r, "name"), word(r, "why")))
        .collect();
    Ok((told, word(&answer, "trunk")))
}

#[tokio::test]
async fn country_hours_and_cost_decide_as_the_test_said_before() -> Result<()> {
    let world = World::start().await?;
    let full = Scenario::answering("cheap").reject("503 Service Unavailable", "");
    let target = Scenario::answering("dear")
        .ringing()
        .answer()
        .pause(1_000)
        .bye_out();
    let mut caller = sipp(world.path(), &caller_who_begins().bye_in())?;
    let (mut full, mut target) = (sipp(world.path(), &full)?, sipp(world.path(), &target)?);
    // The general route of the stage goes nowhere: the one for the country has to decide.
    let stage = Stage::set(&world, &Plan::between(caller.port, 9)).await?;
    let cheap = trunk(&world, "cheap", full.port).await?;
    let dear = trunk(&world, "dear", target.port).await?;
    let nowhere = trunk(&world, "nowhere", 9).await?;
    let both = json!({ "countries": ["us"], "trunks": [{ "trunk_id": dear, "cost": 12 }, { "trunk_id": cheap, "cost": 7 }] });
    route(&world, "colorado", "+1303", both).await?;
    let canada = json!({ "countries": ["ca"], "trunks": [{ "trunk_id": nowhere }] });
    route(&world, "canada", "+1303", canada).await?;
    // It would be more exact than all, were it open now.
    let other_day = Timestamp::now() + 72.hours();
    let day = other_day
        .to_zoned(TimeZone::UTC)
        .strftime("%a")
        .to_string()
        .to_lowercase();
    let window = json!({ "time_zone": "UTC", "days": [day], "from": "00:00", "to": "24:00" });
    let away = json!({ "windows": [window], "trunks": [{ "trunk_id": nowhere }] });
    route(&world, "another day", "+13035", away).await?;
    let (routes, first) = asked(&world, json!({ "at": other_day.to_string() })).await?;
    ensure!(first == "nowhere", "{first}: {routes:#?}");
    let (routes, first) = asked(&world, json!({})).await?;
    ensure!(first == "cheap", "{first}: {routes:#?}");
    let behind = "it would take the number, but the route that decides is more exact, or older";
    ensure!(
        routes
            == [
                "to callers: none of its prefixes begins the number".to_owned(),
                format!("to targets: {behind}"),
                "colorado: decides, by its prefix +1303".to_owned(),
                "canada: the number is not of its countries".to_owned(),
                "another day: none of its windows is open at this time".to_owned(),
            ],
        "{routes:#?}"
    );
    let session = stage.call(CALLER).await?;
    stage.over(&session, SESSION).await?;
    for sipp in [&mut caller, &mut full, &mut target] {
        sipp.finished(SIPP)?;
    }
    let legs = stage.legs(&session).await?;
    ensure!(
        legs[1..]
            == [
                "target outbound 503 not answered by trunk",
                "target outbound 200 answered by target"
            ],
        "{legs:#?}"
    );
    Ok(())
}
