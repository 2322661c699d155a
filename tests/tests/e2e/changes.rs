//! Trunks and routes change while calls are up: no call is dropped by it.

use std::fs;
use std::process::Command;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use trunkline_tests::program::built;
use trunkline_tests::stage::{CALLER, Plan, Stage};
use trunkline_tests::world::World;

use super::{SESSION, SIPP, caller_who_begins, sipp, target_who_talks};

/// `trunkline apply` of this text, beside the server.
fn apply(world: &World, text: &str, more: &[&str]) -> Result<()> {
    let file = world.file("lines.toml");
    fs::write(&file, text)?;
    let done = Command::new(built("trunkline"))
        .args(["apply", "lines.toml", "--config", "trunkline.toml"])
        .args(more)
        .current_dir(world.path())
        .output()?;
    ensure!(
        done.status.success(),
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    Ok(())
}

/// Two trunks that talk are switched off, turned elsewhere, and at last taken away with their routes and numbers; the target hangs up as if
/// nothing had been, and each leg's BYE is heard.
#[tokio::test]
async fn a_call_goes_on_when_its_trunks_are_changed_and_taken_away() -> Result<()> {
    let world = World::start().await?;
    let mut caller = sipp(world.path(), &caller_who_begins().bye_in())?;
    let target = target_who_talks(8_000);
    let mut target = sipp(world.path(), &target)?;
    let plan = Plan::between(caller.port, target.port);
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    let talks = |s: &Value| s["calls"][0]["status"] == "in-progress";
    let path = format!("/v1/sessions/{session}");
    world.until(&path, SIPP, talks).await?;
    let off = "[[trunks]]\nname = \"targets 0\"\nhost = \"127.0.0.1\"\nport = 9\nenabled = false\n";
    apply(&world, off, &[])?;
    apply(
        &world,
        "",
        &["--prune", "routes", "--prune", "numbers", "--prune", "trunks"],
    )?;
    // The server looks at the database now and then, and whenever it is changed through it: a trunk at another address is all that is left.
    world
        .post("/v1/trunks", json!({ "name": "other", "host": "192.0.2.1" }))
        .await?;
    let now = world.get(&path).await?;
    ensure!(talks(&now), "the call is gone: {now:#}");
    target.finished(SIPP)?;
    caller.finished(SIPP)?;
    stage.over(&session, SESSION).await?;
    let legs = stage.legs(&session).await?;
    ensure!(
        legs == [
            "caller outbound 200 answered by us",
            "target outbound 200 answered by target"
        ],
        "{legs:#?}"
    );
    Ok(())
}
