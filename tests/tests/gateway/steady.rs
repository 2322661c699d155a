//! Calls without trouble: one to look at, and a thousand to count.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Result, ensure};
use trunkline_gateway::cdr::Side;
use trunkline_gateway::event::EventKind;
use trunkline_gateway::ids::LegId;
use trunkline_media::tone;
use trunkline_tests::alone::Running;
use trunkline_tests::capture::{self, Capture};
use trunkline_tests::scenario::Scenario;
use trunkline_tests::sipp::Sipp;

use super::{rtp, sipps};

#[tokio::test]
async fn caller_and_target_hear_each_other() -> Result<()> {
    let dir = tempfile::tempdir()?;
    capture::write_tone(&dir.path().join("caller.pcap"), 620.0, 2_000)?;
    capture::write_tone(&dir.path().join("target.pcap"), 440.0, 2_000)?;
    let capture = Capture::start(dir.path(), "portrange 11000-31100")?;
    let caller = Scenario::answering("caller")
        .ringing()
        .answer()
        .pause(300)
        .play("caller.pcap")
        .bye_in();
    let target = Scenario::answering("target")
        .ringing()
        .answer()
        .play("target.pcap")
        .pause(2_200)
        .bye_out();
    let mut caller = sipp(dir.path(), "caller", &caller)?;
    let mut target = sipp(dir.path(), "target", &target)?;
    let mut gateway = Running::start(dir.path(), caller.port, target.port, rtp(64)).await?;
    gateway.dial(1)?;
    let events = gateway.ended(1, Duration::from_secs(20)).await?;
    caller.finished(Duration::from_secs(10))?;
    target.finished(Duration::from_secs(10))?;
    let datagrams = capture.stop()?;
    for (port, hz) in [(caller.media, 440.0), (target.media, 620.0)] {
        let pcm = capture::heard(&datagrams, port);
        let ms = tone::heard_ms(&pcm, hz, 0.5);
        ensure!(
            ms > 1_000,
            "port {port} heard {hz} Hz for {ms} ms of {} ms",
            pcm.len() / 8
        );
    }
    let sides: Vec<Side> = events.iter().filter_map(cdr_side).collect();
    ensure!(sides.len() == 2, "{events:#?}");
    Ok(())
}

#[tokio::test]
async fn a_thousand_calls_at_fifty_a_second_and_none_fails() -> Result<()> {
    const CALLS: u32 = 1_000;
    let dir = tempfile::tempdir()?;
    let caller = Scenario::answering("caller").mute().ringing().answer().bye_in();
    let target = Scenario::answering("target")
        .mute()
        .ringing()
        .answer()
        .pause(1_000)
        .bye_out();
    let mut caller = sipps(dir.path(), "caller", &caller, CALLS)?;
    let mut target = sipps(dir.path(), "target", &target, CALLS)?;
    let mut gateway = Running::start(dir.path(), caller.port, target.port, rtp(1_200)).await?;
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    for number in 0..CALLS {
        pace.tick().await;
        gateway.dial(u128::from(number) + 1)?;
    }
    let events = gateway.ended(CALLS as usize, Duration::from_secs(30)).await?;
    caller.finished(Duration::from_secs(20))?;
    target.finished(Duration::from_secs(20))?;
    // A record that nobody has confirmed within ten seconds is offered again: what counts is the leg.
    let records: BTreeMap<LegId, bool> = events.iter().filter_map(answered).collect();
    let all = records.values().filter(|answered| **answered).count();
    ensure!(
        records.len() == 2 * CALLS as usize && all == records.len(),
        "{} legs, {all} answered",
        records.len()
    );
    Ok(())
}

fn sipp(folder: &std::path::Path, name: &str, scenario: &Scenario) -> Result<Sipp> {
    sipps(folder, name, scenario, 1)
}

fn cdr_side(event: &EventKind) -> Option<Side> {
    if let EventKind::Cdr(cdr) = event {
        Some(cdr.side)
    } else {
        None
    }
}

fn answered(event: &EventKind) -> Option<(LegId, bool)> {
    if let EventKind::Cdr(cdr) = event {
        Some((cdr.id, cdr.answered_at.is_some()))
    } else {
        None
    }
}
