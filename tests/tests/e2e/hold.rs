//! Hold and resume, in every way that a far end may ask for it: who holds is sent nothing, and hears and is heard again afterwards.

use anyhow::{Context, Result, ensure};
use trunkline_media::tone;
use trunkline_tests::capture::{self, Capture, Datagram, Rtp};
use trunkline_tests::scenario::{Scenario, audio, described};
use trunkline_tests::stage::{CALLER, Plan, Stage};
use trunkline_tests::world::World;

use super::{SESSION, SIPP, caller_who_begins, sipp};

/// The caller's voice, the target's, and the target's again after the hold; what plays on hold.
const CALLER_HZ: f64 = 620.0;
const BEFORE_HZ: f64 = 440.0;
const AFTER_HZ: f64 = 850.0;
const MUSIC_HZ: f64 = 1_050.0;
/// Between two messages of signalling and what they do to media, microseconds.
const SETTLED_US: u64 = 300_000;

/// How a far end holds: by which request, with which connection and direction, and with music or without.
struct Hold {
    method: &'static str,
    connection: &'static str,
    direction: &'static str,
    music: bool,
    /// What our answer says.
    answer: &'static str,
}

async fn check(hold: &Hold) -> Result<()> {
    let world = World::start().await?;
    for (name, hz, ms, sent_ms) in [
        ("caller", CALLER_HZ, 9_000, 0),
        ("before", BEFORE_HZ, 1_500, 0),
        ("music", MUSIC_HZ, 1_500, 1_500),
        ("after", AFTER_HZ, 2_000, 3_000),
    ] {
        capture::write_tone_after(&world.file(&format!("{name}.pcap")), hz, ms, sent_ms)?;
    }
    let capture = Capture::start(world.path(), "portrange 11000-31900")?;
    let target = target(hold);
    let caller = caller_who_begins().pause(400).play("caller.pcap").bye_in();
    let (mut caller, mut target) = (sipp(world.path(), &caller)?, sipp(world.path(), &target)?);
    let plan = Plan::between(caller.port, target.port);
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, SESSION).await?;
    caller.finished(SIPP)?;
    target.finished(SIPP)?;
    let all = capture.stop()?;
    let (from, until) = held_time(&all, target.port)?;
    let before: Vec<Datagram> = all.iter().filter(|d| d.at_us < from).cloned().collect();
    let during = |d: &&Datagram| (from + SETTLED_US..until).contains(&d.at_us);
    let after: Vec<Datagram> = all.iter().filter(|d| d.at_us > until).cloned().collect();
    let sent = all
        .iter()
        .filter(during)
        .filter(|d| d.to.port() == target.media && Rtp::read(&d.payload).is_some())
        .count();
    ensure!(sent == 0, "{sent} packets were sent to who holds");
    ensure!(ms(&before, target.media, CALLER_HZ) > 500, "not heard before");
    ensure!(
        ms(&after, target.media, CALLER_HZ) > 800,
        "the target does not hear again"
    );
    ensure!(
        ms(&before, caller.media, BEFORE_HZ) > 800,
        "the caller did not hear"
    );
    ensure!(
        ms(&after, caller.media, AFTER_HZ) > 1_000,
        "the caller does not hear again"
    );
    let music = ms(&all, caller.media, MUSIC_HZ);
    ensure!((music > 800) == hold.music, "{music} ms of music");
    let told = target.messages();
    let answers = told.matches(&format!("a={}", hold.answer)).count();
    ensure!(answers >= 1, "no a={} in {told}", hold.answer);
    let cdrs = stage.cdrs(&session).await?;
    ensure!(cdrs.iter().all(|c| c["one_way"] == false), "{cdrs:#?}");
    ensure!(stage.calls(&session).await? == ["completed talked"]);
    Ok(())
}

/// Speaks, holds for two seconds, resumes, speaks again and hangs up.
fn target(hold: &Hold) -> Scenario {
    let held = described(2, hold.connection, &audio(hold.direction));
    let resumed = described(3, "[media_ip]", &audio("sendrecv"));
    let holding = Scenario::answering("target")
        .ringing()
        .answer()
        .play("before.pcap")
        .pause(1_700)
        .offers(hold.method, &held);
    let holding = if hold.music {
        holding.play("music.pcap")
    } else {
        holding
    };
    holding
        .pause(2_000)
        .offers(hold.method, &resumed)
        .play("after.pcap")
        .pause(2_200)
        .bye_out()
}

fn ms(datagrams: &[Datagram], port: u16, hz: f64) -> u64 {
    tone::heard_ms(&capture::heard(datagrams, port), hz, 0.5)
}

/// From our 200 to the hold until the offer that resumes.
fn held_time(all: &[Datagram], port: u16) -> Result<(u64, u64)> {
    let offers: Vec<u64> = all
        .iter()
        .filter(|d| d.from.port() == port)
        .filter(|d| {
            let text = String::from_utf8_lossy(&d.payload);
            (text.starts_with("INVITE ") || text.starts_with("UPDATE ")) && text.contains("m=audio")
        })
        .map(|d| d.at_us)
        .collect();
    let (first, last) = (
        offers.first().context("a hold")?,
        offers.last().context("a hold")?,
    );
    ensure!(first < last, "two offers");
    Ok((*first, *last))
}

#[tokio::test]
async fn by_sendonly_with_music() -> Result<()> {
    check(&Hold {
        method: "INVITE",
        connection: "[media_ip]",
        direction: "sendonly",
        music: true,
        answer: "recvonly",
    })
    .await
}

#[tokio::test]
async fn by_inactive() -> Result<()> {
    check(&Hold {
        method: "INVITE",
        connection: "[media_ip]",
        direction: "inactive",
        music: false,
        answer: "inactive",
    })
    .await
}

/// The way of RFC 2543 (RFC 3264 section 8.4).
#[tokio::test]
async fn by_an_unspecified_address() -> Result<()> {
    check(&Hold {
        method: "INVITE",
        connection: "0.0.0.0",
        direction: "sendrecv",
        music: false,
        answer: "recvonly",
    })
    .await
}

#[tokio::test]
async fn by_update() -> Result<()> {
    check(&Hold {
        method: "UPDATE",
        connection: "[media_ip]",
        direction: "sendonly",
        music: false,
        answer: "recvonly",
    })
    .await
}
