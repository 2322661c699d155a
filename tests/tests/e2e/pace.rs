//! How fast a trunk is called: its limit holds over every second as the wire shows it, a trunk that asks for less gets less, and nobody who
//! can wait is lost.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use trunkline_tests::capture::{Capture, Datagram};
use trunkline_tests::scenario::Scenario;
use trunkline_tests::sipp::{Setup, Sipp};
use trunkline_tests::stage::{CALLER, OURS, Plan, Stage};
use trunkline_tests::world::{Database, World};

use super::rush::all;
use super::{SIPP, caller_who_begins, sipp, sipps, target_who_talks};

/// Calls a second that the trunk is said to take.
const CPS: usize = 30;
/// A port rests for seconds after its call, and these calls are short.
const RTP_PORTS: u16 = 400;
/// Callers who are queued when the trunk is opened.
const QUEUED: usize = 300;
/// Those who may be called while the others are still being queued.
const BEFORE: usize = 60;
/// From the first INVITE to the last.
const LAST_WITHIN: Duration = Duration::from_secs(11);
/// In a storm.
const CALLERS: u32 = 100;
/// INVITEs that the trunk answers 503 before it takes any.
const REFUSED: u32 = 30;

#[tokio::test]
async fn no_second_holds_more_than_the_limit_and_none_of_it_is_wasted() -> Result<()> {
    let world = World::with_ports(&Database::Sqlite, RTP_PORTS).await?;
    let busy = Scenario::answering("busy").reject("486 Busy Here", "");
    let mut busy = sipps(world.path(), &busy, (QUEUED + BEFORE) as u32)?;
    let plan = Plan {
        callers: vec![busy.port],
        trunk: json!({ "max_cps": 1 }),
        ..Plan::default()
    };
    let stage = Stage::set(&world, &plan).await?;
    let capture = Capture::start(world.path(), &format!("dst port {}", busy.port))?;
    for n in 0..QUEUED + BEFORE {
        stage.call(&format!("+1202555{n:04}")).await?;
    }
    let trunk = of_callers(&world).await?;
    world
        .patch(&format!("/v1/trunks/{trunk}"), json!({ "max_cps": CPS }))
        .await?;
    busy.finished(SIPP)?;
    let at = first_invites(&capture.stop()?);
    ensure!(at.len() == QUEUED + BEFORE, "{} INVITEs", at.len());
    let took = Duration::from_micros(at[at.len() - 1] - at[at.len() - QUEUED]);
    ensure!(took <= LAST_WITHIN, "the last was dialled after {took:?}");
    let fullest = at
        .iter()
        .map(|from| {
            at.iter()
                .filter(|t| (*from..*from + 1_000_000).contains(*t))
                .count()
        })
        .max();
    ensure!(fullest <= Some(CPS), "{fullest:?} INVITEs within a second");
    Ok(())
}

/// The id of the trunk to callers.
async fn of_callers(world: &World) -> Result<String> {
    let trunks = world.get("/v1/trunks").await?;
    let mut list = trunks["items"].as_array().context("trunks")?.iter();
    let trunk = list.find(|t| t["name"] == "callers 0").context("the trunk")?;
    Ok(trunk["id"].as_str().context("its id")?.to_owned())
}

/// When each call's first INVITE went over the wire, in order, microseconds.
fn first_invites(datagrams: &[Datagram]) -> Vec<u64> {
    let mut seen = BTreeSet::new();
    let invites = datagrams.iter().filter(|d| d.payload.starts_with(b"INVITE "));
    let first = invites.filter(|d| {
        let text = String::from_utf8_lossy(&d.payload);
        let id = text.lines().find(|line| line.starts_with("Call-ID:"));
        seen.insert(id.unwrap_or_default().to_owned())
    });
    let mut at: Vec<u64> = first.map(|d| d.at_us).collect();
    at.sort_unstable();
    at
}

/// A trunk that answers the first INVITEs with this, and then says that everybody is busy.
fn storm(status: &str) -> Scenario {
    let refused = REFUSED + 1;
    Scenario::empty("storm")
        .step("<Global variables=\"n\"/>\n")
        .step(&format!(
            "<recv request=\"INVITE\"><action><add assign_to=\"n\" value=\"1\"/>\
             <test assign_to=\"refused\" variable=\"n\" compare=\"less_than\" value=\"{refused}\"/></action></recv>\n\
             <nop hide=\"true\" test=\"refused\" next=\"1\"/>\n"
        ))
        .reject("486 Busy Here", "")
        .step("<nop hide=\"true\" next=\"2\"/>\n<label id=\"1\"/>\n")
        .reject(status, "")
        .step("<label id=\"2\"/>\n")
}

async fn nobody_is_lost(status: &str) -> Result<()> {
    let world = World::with_ports(&Database::Sqlite, RTP_PORTS).await?;
    let mut trunk = sipps(world.path(), &storm(status), CALLERS + REFUSED)?;
    let plan = Plan {
        callers: vec![trunk.port],
        trunk: json!({ "max_cps": CPS }),
        ..Plan::default()
    };
    let stage = Stage::set(&world, &plan).await?;
    for n in 0..CALLERS {
        stage.call(&format!("+1202555{n:04}")).await?;
    }
    let path = format!("/v1/trunks/{}/status", of_callers(&world).await?);
    let slowed = |s: &Value| {
        s["health"] == "slowed" && s["cps_learned"].as_f64().is_some_and(|r| r < CPS as f64 / 2.0)
    };
    world.until(&path, Duration::from_secs(10), slowed).await?;
    let metrics = world.text("/metrics").await?;
    ensure!(metrics.contains("trunk_cps_learned{"), "{metrics}");
    trunk.finished(Duration::from_secs(90))?;
    let over = |list: &Value| {
        let items = list["items"].as_array();
        items.is_some_and(|all| all.iter().all(|s| s["ended_at"].is_string()))
    };
    world
        .until("/v1/sessions?limit=1000", Duration::from_secs(20), over)
        .await?;
    let sessions = all(&world, "/v1/sessions").await?;
    let lost: Vec<&Value> = sessions.iter().filter(|s| s["status"] != "busy").collect();
    ensure!(sessions.len() == CALLERS as usize && lost.is_empty(), "{lost:#?}");
    let records = all(&world, "/v1/cdrs").await?;
    ensure!(
        records.len() as u32 == CALLERS + REFUSED,
        "{} records",
        records.len()
    );
    let refused = records.iter().filter(|r| r["ended_by"] == "trunk").count();
    ensure!(refused as u32 == REFUSED, "{refused} legs that the trunk refused");
    Ok(())
}

#[tokio::test]
async fn in_a_storm_of_503_every_caller_waits_and_is_called() -> Result<()> {
    nobody_is_lost("503 Service Unavailable").await
}

/// 603 is a person's word; with such a phrase it is the trunk's.
#[tokio::test]
async fn a_trunk_that_says_that_it_is_called_too_fast_is_called_slower() -> Result<()> {
    nobody_is_lost("603 CPS limit exceeded").await
}

/// An inbound call cannot wait: when its targets' trunk is full it hears so at once, and when to come again.
#[tokio::test]
async fn who_dials_a_full_trunk_hears_503_and_when_to_come_again() -> Result<()> {
    let world = World::start().await?;
    let mut caller = sipp(world.path(), &caller_who_begins().bye_in())?;
    let target = target_who_talks(8_000);
    let mut target = sipp(world.path(), &target)?;
    let plan = Plan {
        callers: vec![caller.port],
        targets: vec![target.port],
        trunk: json!({ "max_channels": 1 }),
        ..Plan::default()
    };
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    let talks = |s: &Value| s["calls"][0]["status"] == "in-progress";
    world
        .until(&format!("/v1/sessions/{session}"), SIPP, talks)
        .await?;
    let dials = Scenario::calling("dials", OURS, "+12025550188")
        .step(
            "<recv response=\"503\"><action><ereg regexp=\"[0-9]+\" search_in=\"hdr\" header=\"Retry-After:\" \
             check_it=\"true\" assign_to=\"again\"/><log message=\"[$again]\"/></action></recv>\n",
        )
        .ack_out();
    let file = dials.write(world.path())?;
    let there = format!("127.0.0.1:{}", world.sip);
    let setup = Setup {
        name: "dials",
        scenario: &file,
        args: &[&there],
        ..Setup::default()
    };
    let mut refused = Sipp::start(world.path(), &setup)?;
    refused.finished(SIPP)?;
    target.finished(SIPP)?;
    caller.finished(SIPP)
}
