//! What ends a call that has lived for too long or that nobody answers for any more, and what keeps it: session timers (RFC 4028) with both
//! sides as refresher, the longest session, and media that falls silent.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use trunkline_tests::capture;
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{CALLER, OURS, Plan, Stage};
use trunkline_tests::world::World;

use super::inbound::{dialled, one_session};
use super::{SIPP, caller_who_begins, sipp, target_who_talks};

/// The shortest session interval there is takes 45 s until its refresh, and 60 s until it has run out (RFC 4028 sections 5 and 10).
const LONG: Duration = Duration::from_secs(110);
/// A voice for the whole of such a call: nobody is taken for gone by media.
const VOICE: &str = "voice.pcap";
const VOICE_MS: u32 = 85_000;

/// One call to one target; the records of its legs, the caller's first.
async fn legs(caller: Scenario, target: Scenario, plan: Plan) -> Result<(World, Vec<Value>, [String; 2])> {
    let world = World::start().await?;
    capture::write_tone(&world.file(VOICE), 440.0, VOICE_MS)?;
    let (mut caller, mut target) = (sipp(world.path(), &caller)?, sipp(world.path(), &target)?);
    let plan = Plan {
        callers: vec![caller.port],
        targets: vec![target.port],
        ..plan
    };
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, LONG).await?;
    caller.finished(SIPP)?;
    target.finished(SIPP)?;
    let cdrs = stage.cdrs(&session).await?;
    let told = [caller.messages(), target.messages()];
    Ok((world, cdrs, told))
}

fn speaks_on() -> Scenario {
    caller_who_begins().pause(300).play(VOICE).bye_in()
}

fn seconds(cdr: &Value) -> i64 {
    cdr["billable_ms"].as_i64().unwrap_or_default() / 1_000
}

/// We refresh: a proxy finds even that too short, so it is done again with what it allows.
#[tokio::test]
async fn we_refresh_the_session_and_keep_to_its_min_se() -> Result<()> {
    let target = Scenario::answering("target")
        .ringing()
        .answer_saying("Require: timer\nSession-Expires: 90;refresher=uac\nAllow: INVITE, ACK, BYE, UPDATE\n")
        .play(VOICE)
        .takes("UPDATE", &[("Session-Expires", "90;refresher=uac")])
        .replies("422 Session Interval Too Small", "Min-SE: 120\n")
        .takes(
            "UPDATE",
            &[("Session-Expires", "120;refresher=uac"), ("Min-SE", "120")],
        )
        .replies("200 OK", "Require: timer\nSession-Expires: 120;refresher=uac\n")
        .pause(500)
        .bye_out();
    let (_world, cdrs, [_, told]) = legs(speaks_on(), target, Plan::default()).await?;
    ensure!(told.contains("Session-Expires: 1800\r\n"), "{told}");
    ensure!(cdrs[1]["cause"] == "normal clearing", "{cdrs:#?}");
    ensure!((45..60).contains(&seconds(&cdrs[1])), "{cdrs:#?}");
    Ok(())
}

/// They refresh once, and then no more: 60 s later the call is over.
#[tokio::test]
async fn a_session_that_they_do_not_refresh_ends() -> Result<()> {
    let target = Scenario::answering("target")
        .ringing()
        .answer_saying("Require: timer\nSession-Expires: 90;refresher=uas\n")
        .play(VOICE)
        .pause(8_000)
        .asks(
            "UPDATE",
            "Supported: timer\nSession-Expires: 90;refresher=uac\n",
            200,
        )
        .bye_in();
    let (_world, cdrs, _) = legs(speaks_on(), target, Plan::default()).await?;
    ensure!(cdrs[1]["cause"] == "session timer expired", "{cdrs:#?}");
    ensure!(cdrs[1]["ended_by"] == "timeout", "{cdrs:#?}");
    ensure!((67..80).contains(&seconds(&cdrs[1])), "{cdrs:#?}");
    Ok(())
}

/// A 422 to our INVITE: it goes again with the interval that is allowed.
#[tokio::test]
async fn an_interval_that_is_too_short_for_them_is_asked_for_again() -> Result<()> {
    let target = Scenario::answering("target")
        .reject("422 Session Interval Too Small", "Min-SE: 3600\n")
        .step("<recv request=\"INVITE\" rrs=\"true\"/>\n")
        .ringing()
        .answer_saying("Require: timer\nSession-Expires: 3600;refresher=uas\n")
        .pause(500)
        .bye_out();
    let (_world, cdrs, [_, told]) = legs(speaks_on(), target, Plan::default()).await?;
    ensure!(cdrs.len() == 2, "one leg for both: {cdrs:#?}");
    ensure!(
        told.contains("Session-Expires: 3600\r\nMin-SE: 3600\r\n"),
        "{told}"
    );
    Ok(())
}

/// A trunk that is not to be asked is not.
#[tokio::test]
async fn a_trunk_may_be_asked_for_no_session_timer() -> Result<()> {
    let plan = Plan {
        trunk: json!({ "session_expires_seconds": 0 }),
        ..Plan::default()
    };
    let (_world, cdrs, told) = legs(speaks_on(), target_who_talks(500), plan).await?;
    ensure!(cdrs.len() == 2, "{cdrs:#?}");
    ensure!(
        told.iter().all(|told| !told.contains("Session-Expires")),
        "{told:?}"
    );
    Ok(())
}

/// Who dials us with too short an interval is told ours; with a good one, and us as refresher, we refresh.
#[tokio::test]
async fn who_dials_us_has_the_session_refreshed_by_us() -> Result<()> {
    let world = World::start().await?;
    capture::write_tone(&world.file(VOICE), 440.0, VOICE_MS)?;
    let target = Scenario::answering("target")
        .ringing()
        .answer()
        .play(VOICE)
        .pause(46_000)
        .bye_out();
    let mut target = sipp(world.path(), &target)?;
    let plan = Plan::between(9, target.port);
    let stage = Stage::set(&world, &plan).await?;
    let short = Scenario::calling_with("dials", OURS, CALLER, "Supported: timer\nSession-Expires: 60\n")
        .hears(422, &[("Min-SE", "90")])
        .ack_out();
    dialled(&world, &short, "u1")?.finished(SIPP)?;
    let caller = Scenario::calling_with(
        "dials",
        OURS,
        CALLER,
        "Supported: timer\nSession-Expires: 90;refresher=uas\n",
    )
    .step("<recv response=\"180\" optional=\"true\"/>\n")
    .hears(
        200,
        &[("Session-Expires", "90;refresher=uas"), ("Require", "timer")],
    )
    .ack_out()
    .pause(1_500)
    .keys("*")
    .pause(300)
    .play(VOICE)
    .takes("INVITE", &[("Session-Expires", "90;refresher=uac")])
    .accepts("Require: timer\nSession-Expires: 90;refresher=uac\n")
    .bye_in();
    dialled(&world, &caller, "u1")?.finished(LONG)?;
    target.finished(SIPP)?;
    let session = one_session(&world).await?;
    let id = session["id"].as_str().context("an id")?;
    let cdrs = stage.cdrs(id).await?;
    ensure!(cdrs[0]["cause"] == "normal clearing", "{cdrs:#?}");
    ensure!((45..65).contains(&seconds(&cdrs[0])), "{cdrs:#?}");
    Ok(())
}

/// CAMPAIGNS.md 2: a session lasts no longer than its campaign allows.
#[tokio::test]
async fn the_longest_session_ends_both_legs() -> Result<()> {
    let target = Scenario::answering("target")
        .ringing()
        .answer()
        .play(VOICE)
        .bye_in();
    let plan = Plan {
        campaign: json!({ "timers": { "session_ms": 8_000 } }),
        ..Plan::default()
    };
    let (_world, cdrs, _) = legs(speaks_on(), target, plan).await?;
    let causes: Vec<_> = cdrs.iter().map(|cdr| cdr["cause"].clone()).collect();
    ensure!(causes == ["maximum duration", "maximum duration"], "{cdrs:#?}");
    ensure!(cdrs.iter().all(|cdr| cdr["ended_by"] == "us"), "{cdrs:#?}");
    ensure!((5..12).contains(&seconds(&cdrs[0])), "{cdrs:#?}");
    Ok(())
}

/// OPERATIONS.md: 20 s without RTP from who has spoken before.
#[tokio::test]
async fn a_target_that_falls_silent_is_hung_up() -> Result<()> {
    let target = Scenario::answering("target").ringing().answer().bye_in();
    let (_world, cdrs, _) = legs(speaks_on(), target, Plan::default()).await?;
    ensure!(cdrs[1]["cause"] == "media timeout", "{cdrs:#?}");
    ensure!(cdrs[1]["ended_by"] == "timeout", "{cdrs:#?}");
    ensure!(cdrs[1]["q850_cause"] == 41, "{cdrs:#?}");
    ensure!(cdrs[1]["one_way"] == false, "{cdrs:#?}");
    ensure!((20..30).contains(&seconds(&cdrs[1])), "{cdrs:#?}");
    Ok(())
}
