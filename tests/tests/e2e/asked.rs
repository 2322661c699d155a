//! OPTIONS to a trunk that answers, that loses one, that falls silent and comes back; with sipp as the trunk.

use std::cell::Cell;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use trunkline_tests::scenario::Scenario;
use trunkline_tests::sipp::{Setup, Sipp};
use trunkline_tests::world::World;

/// Three misses of four seconds, a second or less apart, and a loaded machine.
const SEEN: Duration = Duration::from_secs(40);

/// Starts a sipp that runs a scenario for every OPTIONS, without end.
fn answers(world: &World, port: Option<u16>, scenario: &Scenario) -> Result<Sipp> {
    let file = scenario.write(world.path())?;
    let setup = Setup {
        name: file.trim_end_matches(".xml"),
        scenario: &file,
        calls: None,
        port,
        ..Setup::default()
    };
    Sipp::start(world.path(), &setup)
}

/// A trunk that is asked every second; the path of its status.
async fn asked(world: &World, port: u16) -> Result<String> {
    let trunk = json!({ "name": "carrier", "host": "127.0.0.1", "port": port, "options_interval_ms": 1_000 });
    let made = world.post("/v1/trunks", trunk).await?;
    Ok(format!(
        "/v1/trunks/{}/status",
        made["id"].as_str().context("its id")?
    ))
}

#[tokio::test]
async fn a_trunk_that_falls_silent_is_down_until_it_answers_twice() -> Result<()> {
    let world = World::start().await?;
    let there = Scenario::empty("there").expect("OPTIONS").says("200 OK", "");
    let sipp = answers(&world, None, &there)?;
    let port = sipp.port;
    let status = asked(&world, port).await?;
    let measured = |s: &Value| s["health"] == "up" && s["round_trip_ms"].as_f64().is_some_and(|ms| ms > 0.0);
    world.until(&status, SEEN, measured).await?;
    let metrics = world.text("/metrics").await?;
    for line in [
        "trunk_round_trip_seconds{trunk=\"carrier\"}",
        "trunk_servers_up{trunk=\"carrier\"} 1",
    ] {
        ensure!(metrics.contains(line), "no {line} in {metrics}");
    }
    sipp.stop();
    world.until(&status, SEEN, |s| s["health"] == "down").await?;
    // Any answer is one: who refuses OPTIONS is there.
    let back = Scenario::empty("back")
        .expect("OPTIONS")
        .says("405 Method Not Allowed", "");
    let _back = answers(&world, Some(port), &back)?;
    world.until(&status, SEEN, |s| s["health"] == "up").await?;
    Ok(())
}

/// The second and the third OPTIONS are not answered: nobody is called down for that.
#[tokio::test]
async fn a_trunk_that_loses_two_is_not_down() -> Result<()> {
    let world = World::start().await?;
    let forgets = Scenario::empty("forgets")
        .step("<Global variables=\"n\"/>\n")
        .step(
            "<recv request=\"OPTIONS\"><action><add assign_to=\"n\" value=\"1\"/>\
             <test assign_to=\"later\" variable=\"n\" compare=\"greater_than\" value=\"3\"/>\
             <test assign_to=\"first\" variable=\"n\" compare=\"less_than\" value=\"2\"/></action></recv>\n\
             <nop hide=\"true\" test=\"later\" next=\"1\"/>\n\
             <nop hide=\"true\" test=\"first\" next=\"1\"/>\n\
             <nop hide=\"true\" next=\"2\"/>\n\
             <label id=\"1\"/>\n",
        )
        .says("200 OK", "")
        .step("<label id=\"2\"/>\n");
    let sipp = answers(&world, None, &forgets)?;
    let status = asked(&world, sipp.port).await?;
    let (silent, down) = (Cell::new(false), Cell::new(false));
    let through = |s: &Value| {
        let server = &s["servers"][0]["health"];
        silent.set(silent.get() || server == "silent");
        down.set(down.get() || s["health"] == "down");
        silent.get() && server == "up"
    };
    world.until(&status, SEEN, through).await?;
    ensure!(!down.get(), "down after two misses: {}", sipp.messages());
    Ok(())
}
