//! Calls that are answered: both hear each other, every prompt is heard, `*` goes on, and each leg has one record.

use anyhow::{Result, ensure};
use trunkline_media::tone;
use trunkline_tests::capture::{self, Capture};
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{CALLER, Plan, Stage, tone_of};
use trunkline_tests::world::{Database, World};

use super::{SESSION, SIPP, caller_who_begins, sipp, sipps};

#[tokio::test]
async fn one_target_talks_and_hangs_up() -> Result<()> {
    for database in Database::all() {
        let world = World::with(&database).await?;
        capture::write_tone(&world.file("caller.pcap"), 620.0, 2_500)?;
        capture::write_tone(&world.file("target.pcap"), 440.0, 2_500)?;
        let capture = Capture::start(world.path(), "portrange 11000-31100")?;
        let caller = caller_who_begins().pause(1_200).play("caller.pcap").bye_in();
        let target = Scenario::answering("target")
            .ringing()
            .answer()
            .play("target.pcap")
            .pause(2_600)
            .bye_out();
        let (mut caller, mut target) = (sipp(world.path(), &caller)?, sipp(world.path(), &target)?);
        let plan = Plan::between(caller.port, target.port);
        let stage = Stage::set(&world, &plan).await?;
        let session = stage.call(CALLER).await?;
        let over = stage.over(&session, SESSION).await?;
        caller.finished(SIPP)?;
        target.finished(SIPP)?;
        let datagrams = capture.stop()?;
        ensure!(over["status"] == "completed", "{over:#}");
        ensure!(stage.calls(&session).await? == ["completed talked"], "{over:#}");
        let legs = stage.legs(&session).await?;
        ensure!(
            legs == [
                "caller outbound 200 answered by us",
                "target outbound 200 answered by target"
            ],
            "{legs:#?}"
        );
        let caller_heard = capture::heard(&datagrams, caller.media);
        let target_heard = capture::heard(&datagrams, target.media);
        for prompt in [
            "msg_intro",
            "msg_intro_confirm",
            "msg_call_block_intro",
            "msg_target_intro",
            "msg_final_thanks",
        ] {
            let ms = tone::heard_ms(&caller_heard, tone_of(prompt), 0.5);
            ensure!(
                (200..=450).contains(&ms),
                "{prompt} was heard for {ms} ms ({database:?})"
            );
        }
        ensure!(
            tone::heard_ms(&caller_heard, 440.0, 0.5) > 1_000,
            "the caller does not hear the target"
        );
        ensure!(
            tone::heard_ms(&target_heard, 620.0, 0.5) > 1_000,
            "the target does not hear the caller"
        );
    }
    Ok(())
}

#[tokio::test]
async fn star_while_talking_goes_on_to_the_next_target() -> Result<()> {
    let world = World::start().await?;
    let caller = caller_who_begins().pause(2_500).keys("*").bye_in();
    let first = Scenario::answering("targets").ringing().answer().bye_in();
    let (mut caller, mut targets) = (sipp(world.path(), &caller)?, sipps(world.path(), &first, 1)?);
    let busy = Scenario::answering("busy").reject("486 Busy Here", "");
    let mut busy = sipp(world.path(), &busy)?;
    let plan = Plan {
        callers: vec![caller.port],
        targets: vec![targets.port],
        count: 1,
        ..Plan::default()
    };
    let stage = Stage::set(&world, &plan).await?;
    // The second target is on a trunk of its own that is busy.
    stage.second_target(busy.port).await?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, SESSION).await?;
    caller.finished(SIPP)?;
    targets.finished(SIPP)?;
    busy.finished(SIPP)?;
    let calls = stage.calls(&session).await?;
    ensure!(calls == ["completed skipped", "busy busy"], "{calls:#?}");
    Ok(())
}

#[tokio::test]
async fn early_media_is_heard_before_the_answer() -> Result<()> {
    let world = World::start().await?;
    capture::write_tone(&world.file("early.pcap"), 520.0, 1_500)?;
    let capture = Capture::start(world.path(), "portrange 11000-31100")?;
    let caller = caller_who_begins().bye_in();
    let target = Scenario::answering("target")
        .progress()
        .play("early.pcap")
        .pause(1_600)
        .reject("480 Temporarily Unavailable", "");
    let (mut caller, mut target) = (sipp(world.path(), &caller)?, sipp(world.path(), &target)?);
    let plan = Plan::between(caller.port, target.port);
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, SESSION).await?;
    caller.finished(SIPP)?;
    target.finished(SIPP)?;
    let heard = capture::heard(&capture.stop()?, caller.media);
    let ms = tone::heard_ms(&heard, 520.0, 0.5);
    ensure!(ms > 800, "early media was heard for {ms} ms");
    ensure!(stage.calls(&session).await? == ["no-answer no_answer"]);
    Ok(())
}
