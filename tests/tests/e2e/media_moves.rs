//! Media that moves: the far end offers another address, port and codec in the middle of a call, and both go on hearing each other.

use anyhow::{Result, ensure};
use trunkline_media::tone;
use trunkline_tests::capture::{self, Capture, Rtp};
use trunkline_tests::scenario::{Scenario, described};
use trunkline_tests::speaker::Speaker;
use trunkline_tests::stage::{CALLER, Plan, Stage};
use trunkline_tests::world::World;

use super::{SESSION, SIPP, caller_who_begins, sipp};

const CALLER_HZ: f64 = 620.0;
/// The target, where it was answered and where it moved.
const HERE_HZ: f64 = 440.0;
const THERE_HZ: f64 = 850.0;
/// PCMA.
const ALAW: u8 = 8;

/// By this request the target moves its media to another address, port and codec.
async fn check(method: &str) -> Result<()> {
    let world = World::start().await?;
    capture::write_tone(&world.file("caller.pcap"), CALLER_HZ, 6_000)?;
    capture::write_tone(&world.file("target.pcap"), HERE_HZ, 6_000)?;
    let there = Speaker::of_alaw("127.0.0.2", THERE_HZ)?;
    let port = there.address.port();
    let filter = format!("portrange 11000-31900 or port {port}");
    let capture = Capture::start(world.path(), &filter)?;
    let moved = described(
        2,
        "127.0.0.2",
        &format!("m=audio {port} RTP/AVP 8 101\na=rtpmap:8 PCMA/8000\na=rtpmap:101 telephone-event/8000\n"),
    );
    // It goes on speaking from where it was: nobody hears that any more.
    let target = Scenario::answering("target")
        .ringing()
        .answer()
        .play("target.pcap")
        .pause(1_500)
        .offers(method, &moved)
        .pause(3_000)
        .bye_out();
    let caller = caller_who_begins().pause(400).play("caller.pcap").bye_in();
    let (mut caller, mut target) = (sipp(world.path(), &caller)?, sipp(world.path(), &target)?);
    let plan = Plan::between(caller.port, target.port);
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, SESSION).await?;
    caller.finished(SIPP)?;
    target.finished(SIPP)?;
    drop(there);
    let all = capture.stop()?;
    let ms = |port: u16, hz: f64| tone::heard_ms(&capture::heard(&all, port), hz, 0.5);
    let (here_ms, there_ms) = (ms(caller.media, HERE_HZ), ms(caller.media, THERE_HZ));
    ensure!((1_000..2_500).contains(&here_ms), "before the move: {here_ms} ms");
    ensure!(there_ms > 2_000, "after the move: {there_ms} ms");
    ensure!(ms(target.media, CALLER_HZ) > 700, "the target was not spoken to");
    ensure!(ms(port, CALLER_HZ) > 2_000, "where it moved it hears nobody");
    let codecs: Vec<u8> = all
        .iter()
        .filter(|d| d.to.port() == port)
        .filter_map(|d| Rtp::read(&d.payload).map(|rtp| rtp.payload_type))
        .collect();
    ensure!(
        codecs.iter().all(|codec| *codec == ALAW),
        "another codec than was agreed on"
    );
    let cdrs = stage.cdrs(&session).await?;
    ensure!(cdrs[1]["codec"] == "PCMA", "{cdrs:#?}");
    let metrics = world.text("/metrics").await?;
    let name = "trunkline_rtp_foreign_packets_total{trunk=\"targets 0\"} ";
    let foreign = metrics.lines().find_map(|line| line.strip_prefix(name));
    let foreign: u64 = foreign.unwrap_or("0").parse()?;
    ensure!(foreign > 100, "{foreign} packets from where it was are counted");
    Ok(())
}

#[tokio::test]
async fn by_re_invite() -> Result<()> {
    check("INVITE").await
}

#[tokio::test]
async fn by_update() -> Result<()> {
    check("UPDATE").await
}
