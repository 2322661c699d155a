//! The office guard: no number is rung more often at once than the campaigns allow, whatever campaigns the callers are of. On both
//! databases.

use anyhow::{Result, ensure};
use trunkline_tests::stage::{CALLER, Plan, Stage};
use trunkline_tests::world::{Database, World};

use super::{SESSION, SIPP, caller_who_begins, sipp, sipps, target_who_talks};

/// One office that takes one call at a time: the second caller hears that it is busy, and it is never rung.
#[tokio::test]
async fn a_second_caller_hears_that_the_office_is_busy() -> Result<()> {
    for database in Database::all() {
        let world = World::with(&database).await?;
        let caller = caller_who_begins().bye_in();
        let target = target_who_talks(6_000);
        let mut callers = sipps(world.path(), &caller, 2)?;
        let mut target = sipp(world.path(), &target)?;
        let plan = Plan {
            callers: vec![callers.port],
            targets: vec![target.port],
            campaign: serde_json::json!({ "max_per_number": 1 }),
            ..Plan::default()
        };
        let stage = Stage::set(&world, &plan).await?;
        let first = stage.call(CALLER).await?;
        let talks = |session: &serde_json::Value| session["step"] == "talking 1";
        world
            .until(&format!("/v1/sessions/{first}"), SESSION, talks)
            .await?;
        let second = stage.call("+12025550124").await?;
        stage.over(&second, SESSION).await?;
        stage.over(&first, SESSION).await?;
        callers.finished(SIPP)?;
        target.finished(SIPP)?;
        ensure!(stage.calls(&first).await? == ["completed talked"]);
        let calls = stage.calls(&second).await?;
        ensure!(calls == ["busy busy"], "{calls:#?}");
        let legs = stage.legs(&second).await?;
        ensure!(legs == ["caller outbound 200 answered by us"], "{legs:#?}");
    }
    Ok(())
}
