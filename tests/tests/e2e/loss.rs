//! Loss of SIP over UDP: retransmissions carry every call through, nobody is called twice, nothing is recorded twice.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use trunkline_tests::lossy::LossyNetwork;
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{Plan, Stage};
use trunkline_tests::world::World;

use super::sipps;

const CALLS: u32 = 40;
/// Some 700 datagrams go back and forth; one in twenty is lost, and hardly ever so few.
const FEWEST_LOST: u64 = 12;
/// It is answered after the INVITE has been repeated for the first time, where the 180 was lost.
const RINGS_MS: u32 = 700;

#[tokio::test]
async fn five_percent_are_made_up_for() -> Result<()> {
    let network = LossyNetwork::enter()?;
    let world = World::start().await?;
    let caller = Scenario::answering("caller")
        .ringing()
        .pause(RINGS_MS)
        .answer_under_loss()
        .pause(1_500)
        .keys("*")
        .bye_in();
    let target = Scenario::answering("target")
        .ringing()
        .pause(RINGS_MS)
        .answer_under_loss()
        .pause(1_000)
        .bye_out();
    let (caller, target) = (
        sipps(world.path(), &caller, CALLS)?,
        sipps(world.path(), &target, CALLS)?,
    );
    let plan = Plan::between(caller.port, target.port);
    let stage = Stage::set(&world, &plan).await?;
    network.lose(&[world.sip, caller.port, target.port], 5)?;
    let mut sessions = Vec::new();
    for index in 0..CALLS {
        sessions.push(stage.call(&format!("+1202555{:04}", 2_000 + index)).await?);
    }
    let (mut completed, mut others) = (0, Vec::new());
    for session in &sessions {
        let over = stage.over(session, Duration::from_secs(90)).await?;
        let legs = over["legs"].as_array().map_or(0, Vec::len);
        if over["status"] == "completed" && legs == 2 {
            completed += 1;
        } else {
            others.push(over.to_string());
        }
    }
    let lost = network.mend()?;
    ensure!(lost > FEWEST_LOST, "only {lost} datagrams were lost");
    caller.stop();
    target.stop();
    ensure!(
        completed == CALLS,
        "{completed} of {CALLS} sessions were completed with one leg to each; the others: {}",
        others.join("\n")
    );
    let list = world.get("/v1/cdrs?limit=1000").await?;
    let items = list["items"].as_array().context("records")?;
    let ids: BTreeSet<&str> = items.iter().filter_map(|c| c["id"].as_str()).collect();
    ensure!(
        ids.len() == items.len(),
        "{} records of {} legs",
        items.len(),
        ids.len()
    );
    ensure!(items.len() == 2 * CALLS as usize, "{} records", items.len());
    Ok(())
}
