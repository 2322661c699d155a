//! What reaches a target: its extension, the caller's keys, and the next office when the first is busy. On both databases.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use trunkline_tests::capture::{self, Capture};
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{CALLER, Plan, Stage, target_number};
use trunkline_tests::world::{Database, World};

use super::{SESSION, SIPP, caller_who_begins, sipp, target_who_talks};

/// Event codes of the star's neighbour (RFC 4733 3.2).
const POUND: u8 = 11;

/// One call to one target; the keys that it gets, and how the call went.
async fn check(
    caller: impl Fn() -> Scenario,
    target: impl Fn() -> Scenario,
    listed: Value,
    keys: &[u8],
    call: &str,
) -> Result<()> {
    for database in Database::all() {
        let world = World::with(&database).await?;
        let capture = Capture::start(world.path(), "portrange 11000-31900")?;
        let (mut caller, mut target) = (sipp(world.path(), &caller())?, sipp(world.path(), &target())?);
        let plan = Plan {
            callers: vec![caller.port],
            targets: vec![target.port],
            list: vec![listed.clone()],
            ..Plan::default()
        };
        let stage = Stage::set(&world, &plan).await?;
        let session = stage.call(CALLER).await?;
        stage.over(&session, SESSION).await?;
        caller.finished(SIPP)?;
        target.finished(SIPP)?;
        let datagrams = capture.stop()?;
        let mut got: Vec<u8> = datagrams
            .iter()
            .filter(|d| d.to.port() == target.media)
            .filter_map(|d| capture::Rtp::read(&d.payload))
            .filter(|rtp| rtp.payload_type == 101)
            .filter_map(|rtp| rtp.payload.first().copied())
            .collect();
        got.dedup();
        ensure!(got == keys, "the target got the keys {got:?}");
        let calls = stage.calls(&session).await?;
        ensure!(calls == [call], "{calls:#?}");
    }
    Ok(())
}

/// Every key but `*` is passed through to the target.
#[tokio::test]
async fn keys_of_the_caller_are_passed_on() -> Result<()> {
    check(
        || {
            let talks = caller_who_begins().pause(1_500);
            let presses = ["5", "#", "0"]
                .into_iter()
                .fold(talks, |caller, key| caller.keys(key).pause(400));
            presses.keys("*").bye_in()
        },
        || Scenario::answering("target").ringing().answer().bye_in(),
        json!({ "name": "Target", "title": "Senator", "phone": target_number(0) }),
        &[5, POUND, 0],
        "completed skipped",
    )
    .await
}

/// After answer and a pause of a second; a comma is another.
#[tokio::test]
async fn an_extension_is_dialled() -> Result<()> {
    check(
        || caller_who_begins().bye_in(),
        || target_who_talks(4_500),
        json!({ "name": "Target", "title": "Senator", "phone": target_number(0), "extension": "12,3" }),
        &[1, 2, 3],
        "completed talked",
    )
    .await
}

/// Within the same call.
#[tokio::test]
async fn a_busy_office_gives_way_to_the_next_of_the_same_target() -> Result<()> {
    for database in Database::all() {
        let world = World::with(&database).await?;
        let mut caller = sipp(world.path(), &caller_who_begins().bye_in())?;
        let busy = Scenario::answering("busy").reject("486 Busy Here", "");
        let (mut busy, mut open) = (
            sipp(world.path(), &busy)?,
            sipp(world.path(), &target_who_talks(300))?,
        );
        let office = json!({ "uid": "albany", "name": "Albany", "phone": "+14045550111" });
        let target =
            json!({ "name": "Target", "title": "Senator", "phone": target_number(0), "offices": [office] });
        let plan = Plan {
            callers: vec![caller.port],
            targets: vec![busy.port],
            list: vec![target],
            campaign: json!({ "target_offices": "busy" }),
            ..Plan::default()
        };
        let stage = Stage::set(&world, &plan).await?;
        stage.second_trunk(open.port).await?;
        let session = stage.call(CALLER).await?;
        let over = stage.over(&session, SESSION).await?;
        for sipp in [&mut caller, &mut busy, &mut open] {
            sipp.finished(SIPP)?;
        }
        ensure!(over["step"] == "done 1", "{over:#}");
        let calls = stage.calls(&session).await?;
        ensure!(calls == ["completed talked"], "{calls:#?}");
        let cdrs = stage.cdrs(&session).await?;
        let statuses: Vec<&Value> = cdrs.iter().map(|cdr| &cdr["sip_status"]).collect();
        ensure!(statuses == [200, 486, 200], "{cdrs:#?}");
    }
    Ok(())
}
