//! How a trunk is dialled and what it is told of who calls, read in the bytes that sipp received.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use trunkline_tests::scenario::Scenario;
use trunkline_tests::sipp::{Setup, Sipp};
use trunkline_tests::stage::{CALLER, OURS, Plan, Stage, target_number};
use trunkline_tests::world::World;

use super::{SESSION, SIPP, caller_who_begins, sipp};

/// What the two trunks saw: INVITE and all that followed.
struct Seen {
    caller: String,
    target: String,
    session: Value,
}

/// A caller who is called back, presses a key and is connected to a target that is busy.
async fn called_back(trunk: Value) -> Result<Seen> {
    let world = World::start().await?;
    let mut caller = sipp(world.path(), &caller_who_begins().bye_in())?;
    let mut target = sipp(
        world.path(),
        &Scenario::answering("target").reject("486 Busy Here", ""),
    )?;
    let plan = Plan {
        callers: vec![caller.port],
        targets: vec![target.port],
        trunk,
        ..Plan::default()
    };
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, SESSION).await?;
    caller.finished(SIPP)?;
    target.finished(SIPP)?;
    Ok(Seen {
        caller: caller.messages(),
        target: target.messages(),
        session: world.get(&format!("/v1/sessions/{session}")).await?,
    })
}

fn has(messages: &str, line: &str) -> Result<()> {
    ensure!(messages.contains(line), "no {line:?} in {messages}");
    Ok(())
}

fn has_not(messages: &str, line: &str) -> Result<()> {
    ensure!(!messages.contains(line), "{line:?} in {messages}");
    Ok(())
}

#[tokio::test]
async fn numbers_are_dialled_as_the_trunk_wants_them_and_identity_follows_its_policy() -> Result<()> {
    let seen = called_back(json!({
        "tech_prefix": "77",
        "number_rules": [{ "prefix": "+", "strip": 1, "add": "00" }, { "prefix": "+1303", "strip": 2, "add": "9" }],
        "identity": { "asserted": "ppi", "privacy": true, "diversion": true },
    }))
    .await?;
    let number = |e164: &str, strip: usize| e164.chars().skip(strip).collect::<String>();
    has(
        &seen.target,
        &format!("INVITE sip:779{}@", number(&target_number(0), 2)),
    )?;
    has(&seen.target, &format!("From: <sip:{CALLER}@"))?;
    has(
        &seen.target,
        &format!("P-Preferred-Identity: <sip:{CALLER}@127.0.0.1>"),
    )?;
    has(&seen.target, "Privacy: id\r\n")?;
    has(
        &seen.target,
        &format!("Diversion: <sip:{OURS}@127.0.0.1>;reason=unconditional;counter=1"),
    )?;
    has_not(&seen.target, "P-Asserted-Identity")?;
    // The caller sees the campaign's number, which came by way of nobody.
    has(&seen.caller, &format!("INVITE sip:7700{}@", number(CALLER, 1)))?;
    has(&seen.caller, &format!("From: <sip:{OURS}@"))?;
    has_not(&seen.caller, "Diversion")?;
    let timeline = seen.session.to_string();
    has(&timeline, "\"caller_id_reason\":\"campaign\"")?;
    has(&timeline, "\"caller_id_reason\":\"caller_proved\"")
}

#[tokio::test]
async fn a_trunk_may_hide_who_calls_from_those_who_are_called() -> Result<()> {
    let seen = called_back(json!({ "identity": { "from": "anonymous" } })).await?;
    has(&seen.target, "From: <sip:anonymous@anonymous.invalid>")?;
    has(
        &seen.target,
        &format!("P-Asserted-Identity: <sip:{CALLER}@127.0.0.1>"),
    )?;
    has(&seen.target, "Privacy: id\r\n")?;
    has(&seen.session.to_string(), "\"caller_id_reason\":\"withheld\"")
}

#[tokio::test]
async fn a_trunk_may_know_the_campaigns_number_only() -> Result<()> {
    let seen = called_back(json!({ "identity": { "from": "campaign", "asserted": "none" } })).await?;
    has(&seen.target, &format!("From: <sip:{OURS}@"))?;
    has_not(&seen.target, CALLER)?;
    has_not(&seen.target, "-Identity:")?;
    has(&seen.session.to_string(), "\"caller_id_reason\":\"trunk_policy\"")
}

/// What signed the caller's number goes on with it, byte for byte (RFC 8224).
#[tokio::test]
async fn identity_passes_through_where_the_callers_number_does() -> Result<()> {
    let world = World::start().await?;
    let mut target = sipp(
        world.path(),
        &Scenario::answering("target").reject("486 Busy Here", ""),
    )?;
    let plan = Plan::between(9, target.port);
    let _stage = Stage::set(&world, &plan).await?;
    let identity = "Identity: eyJhbGciOiJFUzI1NiJ9.eyJpYXQiOjF9.c2ln+/=;info=<https://cert.example/c.pem>;alg=ES256;ppt=\"shaken\"";
    let headers = format!("P-Asserted-Identity: <sip:{CALLER}@127.0.0.1>\n{identity}\n");
    let caller = Scenario::calling_with("dials", OURS, CALLER, &headers)
        .expect_response(200, &[180, 183])
        .ack_out()
        .pause(1_500)
        .keys("*")
        .bye_in();
    let file = caller.write(world.path())?;
    let there = format!("127.0.0.1:{}", world.sip);
    let setup = Setup {
        name: "dials",
        scenario: &file,
        args: &[&there],
        ..Setup::default()
    };
    Sipp::start(world.path(), &setup)?.finished(SIPP)?;
    target.finished(SIPP)?;
    has(&target.messages(), &format!("{identity}\r\n"))?;
    has(&target.messages(), &format!("From: <sip:{CALLER}@"))
}
