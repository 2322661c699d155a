//! A trunk that knows us by our REGISTER, with Kamailio as its registrar: called there, gone and back, wrong password.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use trunkline_tests::kamailio::{ACCOUNT, Carrier, Kamailio, PASSWORD};
use trunkline_tests::scenario::Scenario;
use trunkline_tests::sipp::{Setup, Sipp};
use trunkline_tests::stage::{CALLER, OURS, Plan, Stage};
use trunkline_tests::world::World;

use super::{SESSION, SIPP, caller_who_begins, sipp, target_who_talks};

/// A refresh of the shortest binding that we ask for, with a transaction that fails (32 s) and the wait after it.
const REFRESHED: Duration = Duration::from_secs(90);

/// A trunk at this port with an account; where calls to +1202 and +1303 go; and our number on it.
async fn trunk(world: &World, port: u16, extra: Value) -> Result<String> {
    let mut trunk = json!({ "name": "carrier", "host": "127.0.0.1", "port": port, "register": true,
        "username": ACCOUNT, "password": PASSWORD });
    if let (Some(trunk), Some(extra)) = (trunk.as_object_mut(), extra.as_object()) {
        trunk.extend(extra.clone());
    }
    let made = world.post("/v1/trunks", trunk).await?;
    Ok(made["id"].as_str().context("a trunk has an id")?.to_owned())
}

async fn stands(world: &World, trunk: &str, registration: &str) -> Result<Value> {
    let path = format!("/v1/trunks/{trunk}/status");
    world
        .until(&path, REFRESHED, |s| s["registration"] == registration)
        .await
}

fn dials_the_account(folder: &Path, port: u16) -> Result<Sipp> {
    let caller = Scenario::calling_account("dials", ACCOUNT, OURS, CALLER)
        .expect_response(200, &[100, 180, 183])
        .ack_out()
        .pause(1_500)
        .keys("*")
        .bye_in();
    let file = caller.write(folder)?;
    let there = format!("127.0.0.1:{port}");
    let setup = Setup {
        name: "dials",
        scenario: &file,
        args: &[&there],
        ..Setup::default()
    };
    Sipp::start(folder, &setup)
}

/// Calls of a supporter to our account at the registrar, and calls of ours through it, which it challenges.
async fn calls_both_ways(carrier: &Carrier, transport: &str) -> Result<()> {
    let world = World::start().await?;
    let callers = sipp(world.path(), &caller_who_begins().bye_in())?;
    let talks = target_who_talks(1_000);
    let mut targets = super::sipps(world.path(), &talks, 2)?;
    let routes = [("+1202", callers.port), ("+1303", targets.port)];
    let kamailio = Kamailio::start(world.path(), carrier, &routes)?;
    let plan = Plan {
        callers: vec![kamailio.port],
        targets: vec![kamailio.port],
        trunk: json!({ "username": ACCOUNT, "password": PASSWORD, "transport": transport }),
        ..Plan::default()
    };
    let stage = Stage::set(&world, &plan).await?;
    let trunks = world.get("/v1/trunks").await?;
    let first = trunks["items"].as_array().context("trunks")?;
    let first = first
        .iter()
        .find(|t| t["name"] == "callers 0")
        .context("the trunk of our number")?;
    let first = first["id"].as_str().context("its id")?;
    world
        .patch(&format!("/v1/trunks/{first}"), json!({ "register": true }))
        .await?;
    stands(&world, first, "registered").await?;

    dials_the_account(world.path(), kamailio.port)?.finished(SIPP)?;
    let over = |l: &Value| l["items"][0]["status"] == "completed";
    let inbound = world.until("/v1/sessions", SESSION, over).await?;
    ensure!(inbound["items"][0]["direction"] == "inbound", "{inbound:#}");

    let session = stage.call(CALLER).await?;
    let outbound = stage.over(&session, SESSION).await?;
    ensure!(outbound["status"] == "completed", "{outbound:#}");
    ensure!(stage.calls(&session).await? == ["completed talked"]);
    targets.finished(SIPP)?;

    world
        .patch(&format!("/v1/trunks/{first}"), json!({ "register": false }))
        .await?;
    stands(&world, first, "none").await?;
    let left = async || kamailio.printed().contains("expires 0");
    trunkline_tests::program::eventually("our contact is taken back", SESSION, left)
        .await
        .with_context(|| kamailio.printed())
}

#[tokio::test]
async fn calls_both_ways_by_sha_256() -> Result<()> {
    calls_both_ways(&Carrier::default(), "udp").await
}

/// Every nonce is too old by the time of the next request: the challenge is answered anew each time, and never for ever.
#[tokio::test]
async fn calls_both_ways_by_md5_with_nonces_that_expire_over_tcp() -> Result<()> {
    let carrier = Carrier {
        nonce_expires: 1,
        algorithm: "MD5",
        ..Carrier::default()
    };
    calls_both_ways(&carrier, "tcp").await
}

#[tokio::test]
async fn a_registrar_that_was_gone_has_us_again() -> Result<()> {
    let world = World::start().await?;
    let carrier = Carrier {
        max_expires: 30,
        ..Carrier::default()
    };
    let mut kamailio = Kamailio::start(world.path(), &carrier, &[])?;
    let trunk = trunk(&world, kamailio.port, json!({})).await?;
    stands(&world, &trunk, "registered").await?;
    kamailio.stop()?;
    stands(&world, &trunk, "silent").await?;
    kamailio.again()?;
    stands(&world, &trunk, "registered").await?;
    Ok(())
}

#[tokio::test]
async fn a_wrong_password_is_told_and_not_tried_for_ever() -> Result<()> {
    let world = World::start().await?;
    let kamailio = Kamailio::start(world.path(), &Carrier::default(), &[])?;
    let trunk = trunk(&world, kamailio.port, json!({ "password": "close sesame" })).await?;
    let status = stands(&world, &trunk, "refused").await?;
    ensure!(status["registration_status"] == 401, "{status:#}");
    // One request without credentials, one with them: the same password again would be the same answer.
    let asked = kamailio.printed().matches("seen REGISTER").count();
    ensure!(asked == 2, "{asked} requests:\n{}", kamailio.printed());
    world
        .patch(&format!("/v1/trunks/{trunk}"), json!({ "password": PASSWORD }))
        .await?;
    stands(&world, &trunk, "registered").await?;
    Ok(())
}

/// A registrar that lists the contacts of others: ours is held for the time that it was given, and theirs are warned of once.
#[tokio::test]
async fn contacts_of_others_are_left_alone() -> Result<()> {
    let world = World::start().await?;
    // The time of the others is no time of ours: a refresh after 15 s of 30, not of 3600.
    let several = "Contact: <sip:other@192.0.2.9:5060>;expires=3600\n[last_Contact:];expires=30\n";
    let registrar = Scenario::empty("registrar")
        .expect("REGISTER")
        .says("200 OK", several)
        .expect("REGISTER")
        .says("200 OK", several);
    let mut registrar = sipp(world.path(), &registrar)?;
    let trunk = trunk(&world, registrar.port, json!({ "options_interval_ms": 0 })).await?;
    stands(&world, &trunk, "registered").await?;
    registrar.finished(REFRESHED)?;
    stands(&world, &trunk, "registered").await?;
    let told = world
        .printed()
        .matches("others are registered with this account")
        .count();
    ensure!(told == 1, "{told} warnings in {}", world.printed());
    Ok(())
}
