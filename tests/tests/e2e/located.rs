//! A caller who gave no place is asked for it, keys a ZIP, and is connected to whoever speaks for it.

use std::fs;
use std::process::Command;

use anyhow::{Result, ensure};
use serde_json::json;
use trunkline_tests::program::built;
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{CALLER, Plan, Stage};
use trunkline_tests::world::{Database, World};

use super::{SESSION, SIPP, sipp, target_who_talks};

pub(super) const DIVISIONS: &str = "id,name,postal_codes\nocd-division/country:us/state:no/cd:1,NO-1,10001\n";
/// The number is one of the stage's target trunk.
pub(super) const OFFICIALS: &str = "key,division,role,name,title,chamber,phone\n\
                         us:r1,ocd-division/country:us/state:no/cd:1,congress,Ann Example,Representative,lower,+13035550110\n";

/// `trunkline import`, while the program serves.
fn import(world: &World, kind: &str, text: &str) -> Result<()> {
    let file = format!("{kind}.csv");
    fs::write(world.file(&file), text)?;
    let out = Command::new(built("trunkline"))
        .args(["import", kind, &file, "--config", "trunkline.toml"])
        .current_dir(world.path())
        .output()?;
    ensure!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    Ok(())
}

async fn stage<'w>(world: &'w World, callers: u16, targets: u16) -> Result<Stage<'w>> {
    import(world, "divisions", DIVISIONS)?;
    import(world, "officials", OFFICIALS)?;
    let plan = Plan {
        callers: vec![callers],
        targets: vec![targets],
        count: 0,
        campaign: json!({"type": "congress", "segment_by": "location", "locate_by": "postal"}),
        ..Plan::default()
    };
    Stage::set(world, &plan).await
}

/// Answers and keys so many digits, after `first` milliseconds.
fn keying(mut caller: Scenario, digits: &str, first: u32) -> Scenario {
    caller = caller.pause(first);
    for digit in digits.chars() {
        caller = caller.keys(&digit.to_string()).pause(400);
    }
    caller
}

#[tokio::test]
async fn a_zip_that_is_keyed_leads_to_the_target() -> Result<()> {
    for database in Database::all() {
        let world = World::with(&database).await?;
        let caller = keying(Scenario::answering("caller").ringing().answer(), "10001", 1_500).bye_in();
        let target = target_who_talks(500);
        let (mut caller, mut target) = (sipp(world.path(), &caller)?, sipp(world.path(), &target)?);
        let stage = stage(&world, caller.port, target.port).await?;
        let session = stage.call(CALLER).await?;
        let over = stage.over(&session, SESSION).await?;
        caller.finished(SIPP)?;
        target.finished(SIPP)?;
        ensure!(over["location"] == "10001", "{over:#}");
        ensure!(over["targets"][0]["name"] == "Ann Example", "{over:#}");
        ensure!(stage.calls(&session).await? == ["completed talked"], "{over:#}");
    }
    Ok(())
}

#[tokio::test]
async fn a_zip_that_nobody_knows_is_asked_for_again() -> Result<()> {
    let world = World::start().await?;
    let wrong = keying(Scenario::answering("caller").ringing().answer(), "99999", 1_500);
    let caller = keying(wrong, "10001", 2_500).bye_in();
    let target = target_who_talks(500);
    let (mut caller, mut target) = (sipp(world.path(), &caller)?, sipp(world.path(), &target)?);
    let stage = stage(&world, caller.port, target.port).await?;
    let session = stage.call(CALLER).await?;
    let over = stage.over(&session, SESSION).await?;
    caller.finished(SIPP)?;
    target.finished(SIPP)?;
    ensure!(over["location"] == "10001", "{over:#}");
    ensure!(stage.calls(&session).await? == ["completed talked"], "{over:#}");
    Ok(())
}
