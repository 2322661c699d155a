//! Strangers on the media ports of a hundred calls: every port is probed, nothing comes out to them, nothing of theirs gets in.

use std::net::UdpSocket;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use trunkline_tests::capture::{self, Capture, Rtp};
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{Plan, Stage};
use trunkline_tests::world::{Database, World};

use super::{SIPP, sipps, target_who_talks};

const CALLS: u32 = 100;
/// Two legs a call, two ports a leg, and some that rest.
const PORTS: u16 = 480;
/// Every port is probed so often.
const ROUNDS: u16 = 3;
/// A byte that no tone of the test has a whole packet of.
const MARK: u8 = 0x2b;
/// The star, as an event (RFC 4733 section 3.2): it would take the target off the line.
const STAR: [u8; 4] = [10, 0x0a, 0, 160];
/// Longest that it may take until all calls are up, or over.
const ALL: Duration = Duration::from_secs(60);

/// `learns`: the trunks are behind NAT, so that sources are learnt from the first packet.
async fn check(learns: bool) -> Result<()> {
    let world = World::with_ports(&Database::Sqlite, PORTS).await?;
    let caller = Scenario::answering("caller")
        .ringing()
        .answer()
        .pause(1_000)
        .keys("*")
        .bye_in();
    let target = target_who_talks(14_000);
    let mut caller = sipps(world.path(), &caller, CALLS)?;
    let mut target = sipps(world.path(), &target, CALLS)?;
    let plan = Plan {
        callers: vec![caller.port],
        targets: vec![target.port],
        trunk: json!({ "learn_source": learns }),
        ..Plan::default()
    };
    let stage = Stage::set(&world, &plan).await?;
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    for index in 0..CALLS {
        pace.tick().await;
        stage.call(&format!("+1202{:07}", 5_550_000 + index)).await?;
    }
    let talk = |list: &Value| {
        list["items"].as_array().is_some_and(|all| {
            let talks = |s: &&Value| s["step"].as_str().is_some_and(|s| s.starts_with("talking"));
            all.iter().filter(talks).count() == CALLS as usize
        })
    };
    world
        .until("/v1/sessions?limit=200&state=live", ALL, talk)
        .await?;
    let capture = Capture::start(
        world.path(),
        &format!("portrange {}-{}", world.rtp.0, world.rtp.1),
    )?;
    let strangers = [UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.9:0")?];
    probe(&world, &strangers)?;
    caller.finished(ALL)?;
    target.finished(SIPP)?;
    let captured = capture.stop()?;
    for stranger in &strangers {
        stranger.set_nonblocking(true)?;
        let leaked = stranger.recv_from(&mut [0; 2_048]);
        ensure!(leaked.is_err(), "a stranger was answered: {leaked:?}");
    }
    let ours = |port: u16| (world.rtp.0..=world.rtp.1).contains(&port);
    let injected = captured
        .iter()
        .filter(|d| ours(d.from.port()))
        .filter_map(|d| Rtp::read(&d.payload))
        .filter(|rtp| rtp.payload.iter().all(|byte| *byte == MARK) || rtp.payload == STAR)
        .count();
    ensure!(injected == 0, "{injected} packets of strangers were passed on");
    all_talked(&world).await?;
    counted(&world).await
}

/// Audio, the star and rubbish, to every port, from every stranger.
fn probe(world: &World, strangers: &[UdpSocket]) -> Result<()> {
    for round in 0..ROUNDS {
        for port in world.rtp.0..=world.rtp.1 {
            for stranger in strangers {
                let to = ("127.0.0.1", port);
                stranger.send_to(&capture::packet(0, 100 + round, 16_000, &[MARK; 160]), to)?;
                stranger.send_to(&capture::packet(0x80 | 101, 200 + round, 32_000, &STAR), to)?;
            }
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}

/// Nobody was taken off the line by a stranger's star.
async fn all_talked(world: &World) -> Result<()> {
    let over = |list: &Value| list["items"].as_array().is_some_and(Vec::is_empty);
    world.until("/v1/sessions?limit=1&state=live", ALL, over).await?;
    let calls = world.get("/v1/calls?limit=200").await?;
    let calls = calls["items"].as_array().context("calls")?;
    ensure!(calls.len() == CALLS as usize, "{} calls", calls.len());
    let cut = calls.iter().find(|c| c["outcome"] != "talked");
    ensure!(cut.is_none(), "{cut:#?}");
    Ok(())
}

/// Each leg has two ports that were probed; at least its RTP port's probes are counted.
async fn counted(world: &World) -> Result<()> {
    let metrics = world.text("/metrics").await?;
    let mut foreign = 0;
    for line in metrics.lines() {
        if let Some((_, count)) = line
            .strip_prefix("trunkline_rtp_foreign_packets_total{")
            .and_then(|rest| rest.split_once("} "))
        {
            foreign += count.parse::<u64>()?;
        }
    }
    let sent = u64::from(CALLS) * 2 * u64::from(ROUNDS) * 2 * 2;
    // The kernel may drop some of a burst.
    ensure!(
        foreign > sent / 2,
        "{foreign} foreign packets are counted of {sent}"
    );
    Ok(())
}

#[tokio::test]
async fn a_hundred_calls_with_exact_sources() -> Result<()> {
    check(false).await
}

#[tokio::test]
async fn a_hundred_calls_with_learnt_sources() -> Result<()> {
    check(true).await
}
