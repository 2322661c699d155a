//! Callers who dial our number.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use trunkline_tests::scenario::Scenario;
use trunkline_tests::sipp::{Setup, Sipp};
use trunkline_tests::stage::{CALLER, OURS, Plan, Stage};
use trunkline_tests::world::{Database, World};

use super::flow_table::{DIVISIONS, OFFICIALS, keyed};
use super::{SIPP, sipp, target_who_talks};

pub(super) fn dialled(world: &World, scenario: &Scenario, transport: &str) -> Result<Sipp> {
    let file = scenario.write(world.path())?;
    let there = format!("127.0.0.1:{}", world.sip);
    Sipp::start(
        world.path(),
        &Setup {
            name: "dials",
            scenario: &file,
            args: &[&there],
            transport,
            ..Setup::default()
        },
    )
}

pub(super) async fn one_session(world: &World) -> Result<serde_json::Value> {
    let over = |l: &serde_json::Value| l["items"][0]["status"] == "completed";
    Ok(world.until("/v1/sessions", Duration::from_secs(30), over).await?["items"][0].clone())
}

async fn check(database: &Database, transport: &str) -> Result<()> {
    let world = World::with(database).await?;
    let target = target_who_talks(1_000);
    let mut target = sipp(world.path(), &target)?;
    // The trunk's own port is another one than the caller's: what counts is the address.
    let plan = Plan::between(9, target.port);
    let stage = Stage::set(&world, &plan).await?;
    let caller = Scenario::calling("dials", OURS, "+12025550123")
        .expect_response(200, &[180, 183])
        .ack_out()
        .pause(1_500)
        .keys("*")
        .bye_in();
    dialled(&world, &caller, transport)?.finished(SIPP)?;
    target.finished(SIPP)?;
    let session = one_session(&world).await?;
    ensure!(session["direction"] == "inbound", "{session:#}");
    let id = session["id"].as_str().unwrap_or_default();
    ensure!(stage.calls(id).await? == ["completed talked"]);
    Ok(())
}

#[tokio::test]
async fn over_udp() -> Result<()> {
    for database in Database::all() {
        check(&database, "u1").await?;
    }
    Ok(())
}

#[tokio::test]
async fn over_tcp() -> Result<()> {
    for database in Database::all() {
        check(&database, "t1").await?;
    }
    Ok(())
}

/// Who dials keys the place like everybody else.
#[tokio::test]
async fn a_place_is_keyed_by_who_dials() -> Result<()> {
    for database in Database::all() {
        let world = World::with(&database).await?;
        world.import("divisions", DIVISIONS)?;
        world.import("officials", OFFICIALS)?;
        let mut target = sipp(world.path(), &target_who_talks(500))?;
        let plan = Plan {
            callers: vec![9],
            targets: vec![target.port],
            count: 0,
            campaign: json!({ "type": "local", "segment_by": "location", "locate_by": "postal" }),
            ..Plan::default()
        };
        let stage = Stage::set(&world, &plan).await?;
        let caller = Scenario::calling("dials", OURS, "+12025550123")
            .expect_response(200, &[180, 183])
            .ack_out()
            .pause(1_200);
        dialled(&world, &keyed(caller, "42223").bye_in(), "u1")?.finished(SIPP)?;
        target.finished(SIPP)?;
        let session = one_session(&world).await?;
        ensure!(session["direction"] == "inbound", "{session:#}");
        ensure!(session["location"] == "42223", "{session:#}");
        let id = session["id"].as_str().unwrap_or_default();
        ensure!(stage.calls(id).await? == ["completed talked"]);
    }
    Ok(())
}

/// The blocklist holds here too.
#[tokio::test]
async fn who_is_blocked_is_declined() -> Result<()> {
    for database in Database::all() {
        let world = World::with(&database).await?;
        let plan = Plan {
            callers: vec![9],
            ..Plan::default()
        };
        let _stage = Stage::set(&world, &plan).await?;
        world
            .post("/v1/blocklist", json!({ "phone": "+12025550123" }))
            .await?;
        let caller = Scenario::calling("dials", OURS, "+12025550123")
            .expect_response(603, &[])
            .ack_out();
        dialled(&world, &caller, "u1")?.finished(SIPP)?;
        let sessions = world.get("/v1/sessions").await?;
        ensure!(sessions["items"] == json!([]), "{sessions:#}");
    }
    Ok(())
}

#[tokio::test]
async fn a_number_that_is_not_ours_is_not_found() -> Result<()> {
    let world = World::start().await?;
    let _stage = Stage::set(
        &world,
        &Plan {
            callers: vec![9],
            ..Plan::default()
        },
    )
    .await?;
    let caller = Scenario::calling("dials", "+12025559999", "+12025550123")
        .expect_response(404, &[])
        .ack_out();
    dialled(&world, &caller, "u1")?.finished(SIPP)
}

#[tokio::test]
async fn somebody_whom_no_trunk_allows_hears_nothing() -> Result<()> {
    let world = World::start().await?;
    let elsewhere = json!({ "name": "elsewhere", "host": "192.0.2.1" });
    world.post("/v1/trunks", elsewhere).await?;
    let caller = Scenario::calling("dials", OURS, "+12025550123").step("<timewait milliseconds=\"3000\"/>\n");
    let sipp = dialled(&world, &caller, "u1")?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    ensure!(
        !sipp.messages().contains("message received"),
        "{}",
        sipp.messages()
    );
    Ok(())
}

/// The trunk has to prove itself: it may come from anywhere, and nobody else gets in or learns which numbers there are.
#[tokio::test]
async fn a_trunk_that_is_challenged_proves_itself() -> Result<()> {
    let world = World::start().await?;
    let talks = target_who_talks(1_000);
    let mut target = sipp(world.path(), &talks)?;
    let plan = Plan::between(9, target.port);
    let stage = Stage::set(&world, &plan).await?;
    for trunk in world.get("/v1/trunks").await?["items"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let path = format!("/v1/trunks/{}", trunk["id"].as_str().unwrap_or_default());
        let account = json!({ "username": "carrier", "password": "open-sesame", "challenge": "md5" });
        world.patch(&path, account).await?;
    }
    // Without a proof, to a number of ours and to none: the same word.
    for number in [OURS, "+12025559999"] {
        let stranger = Scenario::calling("dials", number, CALLER).expect_response(401, &[]);
        dialled(&world, &stranger, "u1")?.finished(SIPP)?;
    }
    let wrong = Scenario::calling_proved("dials", OURS, CALLER, ("carrier", "close-sesame"))
        .expect_response(401, &[]);
    dialled(&world, &wrong, "u1")?.finished(SIPP)?;
    let none = world.get("/v1/sessions").await?;
    ensure!(none["items"].as_array().is_some_and(Vec::is_empty), "{none:#}");

    let right = Scenario::calling_proved("dials", OURS, CALLER, ("carrier", "open-sesame"))
        .expect_response(200, &[180, 183])
        .ack_out()
        .pause(1_500)
        .keys("*")
        .bye_in();
    dialled(&world, &right, "u1")?.finished(SIPP)?;
    target.finished(SIPP)?;
    let session = one_session(&world).await?;
    ensure!(stage.calls(session["id"].as_str().unwrap_or_default()).await? == ["completed talked"]);
    Ok(())
}
