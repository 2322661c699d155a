//! A thousand callers, fifty a second, through the whole product: nobody is lost, and each leg has one record.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{Plan, Stage};
use trunkline_tests::world::{Database, World};

use super::{SIPP, sipps, target_who_talks};

const CALLS: u32 = 1_000;
const APART: Duration = Duration::from_millis(20);
/// Longest that the last of them may take.
const ALL_OVER: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_thousand_callers_at_fifty_a_second() -> Result<()> {
    let world = World::with_ports(&Database::Sqlite, 1_400).await?;
    let caller = Scenario::answering("caller")
        .ringing()
        .answer()
        .pause(200)
        .keys("*")
        .bye_in();
    let target = target_who_talks(300);
    let mut caller = sipps(world.path(), &caller, CALLS)?;
    let mut target = sipps(world.path(), &target, CALLS)?;
    let plan = Plan::between(caller.port, target.port);
    let stage = Stage::set(&world, &plan).await?;
    let mut pace = tokio::time::interval(APART);
    for index in 0..CALLS {
        pace.tick().await;
        stage.call(&format!("+1202{:07}", 5_550_000 + index)).await?;
    }
    caller.finished(ALL_OVER)?;
    target.finished(SIPP)?;
    let nobody = |list: &Value| list["items"].as_array().is_some_and(Vec::is_empty);
    world
        .until("/v1/sessions?limit=1&state=live", ALL_OVER, nobody)
        .await?;
    let records = all(&world, "/v1/cdrs").await?;
    let word = |record: &Value, name: &str| record[name].as_str().unwrap_or_default().to_owned();
    let legs: BTreeSet<String> = records.iter().map(|r| word(r, "id")).collect();
    let sessions: BTreeSet<String> = records.iter().map(|r| word(r, "session_id")).collect();
    ensure!(
        legs.len() == records.len() && records.len() == 2 * CALLS as usize,
        "{} records of {} legs",
        records.len(),
        legs.len()
    );
    ensure!(sessions.len() == CALLS as usize, "{} sessions", sessions.len());
    let unanswered = records.iter().find(|r| !r["answered_at"].is_string());
    ensure!(unanswered.is_none(), "{unanswered:#?}");
    Ok(())
}

/// Every page of a list.
pub(super) async fn all(world: &World, path: &str) -> Result<Vec<Value>> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.get(&format!("{path}?limit=1000{cursor}")).await?;
        items.extend(page["items"].as_array().context("a list")?.clone());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(items),
        }
    }
}
