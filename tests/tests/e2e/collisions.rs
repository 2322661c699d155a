//! Requests that cross within a call, and one that is never granted: offers at the same time (491, RFC 3261 14.1), and transfers.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use trunkline_tests::capture::{Capture, Datagram};
use trunkline_tests::scenario::{Scenario, audio, described};
use trunkline_tests::stage::{CALLER, Plan, Stage};
use trunkline_tests::world::World;

use super::{SESSION, SIPP, caller_who_begins, sipp};

/// The one who made the call waits at least so long before it offers again.
const OWNER_WAITS_US: u64 = 2_100_000;

/// A call to this target, that ends as it should; the signalling that the target saw.
async fn check(target: Scenario, plan: Plan) -> Result<(Vec<Datagram>, u16)> {
    let world = World::start().await?;
    let (mut caller, mut target) = (
        sipp(world.path(), &caller_who_begins().bye_in())?,
        sipp(world.path(), &target)?,
    );
    let plan = Plan {
        callers: vec![caller.port],
        targets: vec![target.port],
        ..plan
    };
    let capture = Capture::start(world.path(), &format!("port {}", target.port))?;
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, SESSION).await?;
    caller.finished(SIPP)?;
    target.finished(SIPP)?;
    ensure!(stage.calls(&session).await? == ["completed talked"]);
    let cdrs = stage.cdrs(&session).await?;
    ensure!(cdrs.len() == 2, "nobody was called by a transfer: {cdrs:#?}");
    Ok((capture.stop()?, target.port))
}

/// Whoever hears nothing of a target offers anew after three seconds: that is our re-INVITE.
fn mute() -> Scenario {
    Scenario::answering("target").mute().ringing().answer()
}

#[tokio::test]
async fn our_offer_that_was_told_491_comes_again() -> Result<()> {
    let target = mute()
        .takes("INVITE", &[])
        .replies("491 Request Pending", "")
        .expect("ACK")
        .takes_offer()
        .pause(300)
        .bye_out();
    let (all, port) = check(target, Plan::default()).await?;
    let begins = |d: &&Datagram, with: &str| String::from_utf8_lossy(&d.payload).starts_with(with);
    let refused = all
        .iter()
        .find(|d| begins(d, "SIP/2.0 491"))
        .context("a 491")?
        .at_us;
    let again = all
        .iter()
        .find(|d| d.to.port() == port && d.at_us > refused && begins(d, "INVITE "))
        .context("another INVITE")?
        .at_us;
    ensure!(again - refused >= OWNER_WAITS_US, "after {} us", again - refused);
    Ok(())
}

/// Both offer, both are told 491; the target comes first, and is answered.
#[tokio::test]
async fn offers_that_cross_are_both_refused_and_made_again() -> Result<()> {
    let offer = described(2, "[media_ip]", &audio("sendrecv"));
    let target = mute()
        .crosses_offer(&offer)
        .pause(500)
        .offers("INVITE", &offer)
        .pause(300)
        .bye_out();
    check(target, Plan::default()).await?;
    Ok(())
}

/// As the trunk is told, and never granted.
#[tokio::test]
async fn a_transfer_is_refused() -> Result<()> {
    for (refer, status) in [("decline", 603), ("not_allowed", 405)] {
        let target = Scenario::answering("target")
            .ringing()
            .answer()
            .pause(300)
            .asks("REFER", "Refer-To: <sip:+13035550999@127.0.0.1>\n", status)
            .pause(300)
            .bye_out();
        let plan = Plan {
            trunk: json!({ "refer": refer }),
            ..Plan::default()
        };
        check(target, plan).await?;
    }
    Ok(())
}
