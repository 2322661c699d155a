//! 18x that must arrive (RFC 3262), both ways, and offers before the answer (RFC 3311).

use anyhow::{Result, ensure};
use trunkline_media::tone;
use trunkline_tests::capture::{self, Capture};
use trunkline_tests::scenario::{Scenario, audio, described};
use trunkline_tests::speaker::Speaker;
use trunkline_tests::stage::{CALLER, OURS, Plan, Stage};
use trunkline_tests::world::World;

use super::inbound::{dialled, one_session};
use super::{SESSION, SIPP, caller_who_begins, sipp, target_who_talks};

/// The target's voice, before it moved and after.
const HERE_HZ: f64 = 440.0;
const THERE_HZ: f64 = 850.0;

/// Dials us with `Require: 100rel`, and goes on with this 180 as said.
async fn check(caller: Scenario) -> Result<()> {
    let world = World::start().await?;
    let mut target = sipp(world.path(), &target_who_talks(500))?;
    let plan = Plan::between(9, target.port);
    let stage = Stage::set(&world, &plan).await?;
    let caller = caller.ack_out().pause(1_500).keys("*").bye_in();
    dialled(&world, &caller, "u1")?.finished(SIPP)?;
    target.finished(SIPP)?;
    let session = one_session(&world).await?;
    let id = session["id"].as_str().unwrap_or_default();
    ensure!(stage.calls(id).await? == ["completed talked"]);
    Ok(())
}

fn dials() -> Scenario {
    Scenario::calling_with("dials", OURS, CALLER, "Require: 100rel\n").rings_reliably()
}

#[tokio::test]
async fn who_dials_us_acknowledges_the_ringing() -> Result<()> {
    // The 200 to the PRACK and the one to the INVITE come in either order.
    check(
        dials()
            .prack("[$RSeq]")
            .step("<recv response=\"200\"/>\n<recv response=\"200\"/>\n"),
    )
    .await
}

/// Of a number that we never sent, and again of the one that was acknowledged.
#[tokio::test]
async fn a_prack_that_fits_nothing_is_told_481() -> Result<()> {
    check(
        dials()
            .expect_response(200, &[])
            .prack("99999999")
            .step("<recv response=\"481\"/>\n")
            .prack("[$RSeq]")
            .step("<recv response=\"200\"/>\n")
            .prack("[$RSeq]")
            .step("<recv response=\"481\"/>\n"),
    )
    .await
}

/// The target rings and describes itself reliably, moves its early media by UPDATE, holds none of it back, and answers without SDP.
#[tokio::test]
async fn a_target_is_acknowledged_and_moves_before_it_answers() -> Result<()> {
    let world = World::start().await?;
    let there = Speaker::of_alaw("127.0.0.2", THERE_HZ)?;
    let port = there.address.port();
    capture::write_tone(&world.file("target.pcap"), HERE_HZ, 1_500)?;
    let capture = Capture::start(world.path(), "portrange 11000-31900")?;
    let moved = described(
        2,
        "127.0.0.2",
        &format!("m=audio {port} RTP/AVP 8 101\na=rtpmap:8 PCMA/8000\na=rtpmap:101 telephone-event/8000\n"),
    );
    let target = Scenario::answering("target")
        .trying()
        .reliable("180 Ringing", 1, None)
        .reliable(
            "183 Session Progress",
            2,
            Some(&described(1, "[media_ip]", &audio("sendrecv"))),
        )
        .play("target.pcap")
        .pause(1_700)
        .offers("UPDATE", &moved)
        .pause(1_500)
        .answer_late()
        .pause(1_500)
        .bye_out();
    let (mut caller, mut target) = (
        sipp(world.path(), &caller_who_begins().bye_in())?,
        sipp(world.path(), &target)?,
    );
    let plan = Plan::between(caller.port, target.port);
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, SESSION).await?;
    caller.finished(SIPP)?;
    target.finished(SIPP)?;
    drop(there);
    let all = capture.stop()?;
    let ms = |hz: f64| tone::heard_ms(&capture::heard(&all, caller.media), hz, 0.5);
    ensure!(ms(HERE_HZ) > 700, "early media: {} ms", ms(HERE_HZ));
    ensure!(
        ms(THERE_HZ) > 2_000,
        "before and after the answer: {} ms",
        ms(THERE_HZ)
    );
    let cdrs = stage.cdrs(&session).await?;
    ensure!(cdrs[1]["codec"] == "PCMA", "{cdrs:#?}");
    ensure!(stage.calls(&session).await? == ["completed talked"]);
    Ok(())
}
