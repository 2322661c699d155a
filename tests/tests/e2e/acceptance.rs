//! `trunkline trunk test`: a trunk that brings our own number back to us, one that is answered by somebody else, and one that is dead.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use trunkline_tests::kamailio::{ACCOUNT, Carrier, Kamailio, PASSWORD};
use trunkline_tests::program::built;
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{CALLER, OURS};
use trunkline_tests::world::World;

use super::{SIPP, sipp};

/// The exit status and the sheet of `trunkline trunk test carrier`.
fn tested(world: &World, arguments: &[&str]) -> Result<(bool, Value)> {
    let done = Command::new(built("trunkline"))
        .args(["trunk", "test", "carrier", "--json", "--config", "trunkline.toml"])
        .args(arguments)
        .current_dir(world.path())
        .output()?;
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    let sheet = serde_json::from_slice(&done.stdout).with_context(|| said)?;
    Ok((done.status.success(), sheet))
}

/// `item: verdict` of those that are `verdict`.
fn items(sheet: &Value, verdict: &str) -> Vec<String> {
    let items = sheet["items"].as_array().into_iter().flatten();
    let of_verdict = items.filter(|item| item["verdict"] == verdict);
    of_verdict
        .map(|item| item["item"].as_str().unwrap_or_default().to_owned())
        .collect()
}

async fn trunk(world: &World, settings: Value) -> Result<String> {
    let mut trunk = settings;
    trunk["name"] = json!("carrier");
    trunk["host"] = json!("127.0.0.1");
    let made = world.post("/v1/trunks", trunk).await?;
    Ok(made["id"].as_str().context("an id")?.to_owned())
}

#[tokio::test]
async fn a_number_of_ours_comes_back_and_both_ends_are_judged() -> Result<()> {
    let mut world = World::start().await?;
    let kamailio = Kamailio::start(world.path(), &Carrier::default(), &[(OURS, world.sip)])?;
    let account =
        json!({ "port": kamailio.port, "register": true, "username": ACCOUNT, "password": PASSWORD });
    let trunk = trunk(&world, account).await?;
    world
        .post("/v1/numbers", json!({ "e164": OURS, "trunk_id": trunk }))
        .await?;
    // It wants our SIP port for itself.
    world.kill();
    let (passed, sheet) = tested(&world, &["--call", OURS, "--rate", "2"])?;
    ensure!(passed && sheet["verdict"] == "pass", "{sheet:#}");
    ensure!(items(&sheet, "pass").len() == 13, "{sheet:#}");
    Ok(())
}

#[tokio::test]
async fn who_is_called_somewhere_else_tells_the_rest() -> Result<()> {
    let world = World::start().await?;
    let answers = Scenario::answering("answers")
        .ringing()
        .answer()
        .takes_offer()
        .takes_offer()
        .bye_in();
    let mut answers = sipp(world.path(), &answers)?;
    // Kamailio in between: sipp takes an OPTIONS for its one call.
    let kamailio = Kamailio::start(world.path(), &Carrier::default(), &[(CALLER, answers.port)])?;
    let account =
        json!({ "port": kamailio.port, "username": ACCOUNT, "password": PASSWORD, "caller_id": OURS });
    trunk(&world, account).await?;
    // The program runs on: the test listens on another port, and says so.
    let (passed, sheet) = tested(&world, &["--call", CALLER])?;
    answers.finished(SIPP)?;
    ensure!(passed && sheet["verdict"] == "warn", "{sheet:#}");
    ensure!(
        sheet["notes"].as_array().is_some_and(|n| n.len() == 1),
        "{sheet:#}"
    );
    let looked_at = items(&sheet, "warn");
    ensure!(looked_at == ["keys_out", "keys_in", "caller_id"], "{sheet:#}");
    let skipped = items(&sheet, "skipped");
    ensure!(skipped == ["registration", "calls_per_second"], "{sheet:#}");
    Ok(())
}

#[tokio::test]
async fn a_dead_trunk_fails_with_what_to_do() -> Result<()> {
    let world = World::start().await?;
    trunk(&world, json!({ "port": 9, "caller_id": OURS })).await?;
    let (passed, sheet) = tested(&world, &["--call", CALLER])?;
    ensure!(!passed && sheet["verdict"] == "fail", "{sheet:#}");
    let failed = items(&sheet, "fail");
    ensure!(failed == ["options", "call"], "{sheet:#}");
    Ok(())
}
