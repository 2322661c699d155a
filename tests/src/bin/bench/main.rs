//! `make bench`: what a call costs on this machine. The gateway on one core, sipp and the RTP generator on the other; ratios of one run.
//!
//! `bench [CALLS] [RATE] [STREAMS]`: short bridged calls, a second, and bridged calls with RTP for the media part. Before them, seconds
//! that the script takes, and the console on a busy day. `bench console`: that alone.

mod console;
mod script;

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::thread::{CpuSet, sched_setaffinity};
use tokio::time::timeout;
use trunkline_gateway::event::EventKind;
use trunkline_tests::alone::Running;
use trunkline_tests::scenario::Scenario;
use trunkline_tests::sipp::{Setup, Sipp};

/// As in the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// No event for so long: something hangs.
const SILENCE: Duration = Duration::from_secs(20);
/// What Asterisk 22 takes for 1000 short bridged calls on a machine of this kind, CPU seconds.
const ASTERISK: f64 = 3.2;
/// The aim.
const AIM: f64 = 0.4;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    if std::env::args().nth(1).as_deref() == Some("console") {
        return console::rows().await;
    }
    let arguments: Vec<u32> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let number = |at: usize, default| arguments.get(at).copied().unwrap_or(default);
    script::rows().await?;
    console::rows().await?;
    signalling(number(0, 6_000), number(1, 200)).await?;
    media(number(2, 500))
}

/// (a) Short bridged calls: two legs each, answered at once, hung up by the target at once.
async fn signalling(calls: u32, rate: u32) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let caller = Scenario::answering("caller").mute().ringing().answer().bye_in();
    let target = Scenario::answering("target").mute().ringing().answer().bye_out();
    let start = |scenario: &Scenario, name: &str| -> Result<Sipp> {
        let file = scenario.write(folder.path())?;
        let setup = Setup {
            name,
            scenario: &file,
            calls: Some(calls),
            trace: false,
            core: Some(1),
            ..Setup::default()
        };
        Sipp::start(folder.path(), &setup)
    };
    let (mut caller, mut target) = (start(&caller, "caller")?, start(&target, "target")?);
    pin(0)?;
    let mut gateway = Running::start(folder.path(), caller.port, target.port, 40_000..=59_999).await?;
    let mut pace = tokio::time::interval(Duration::from_secs(1) / rate);
    let (began, cpu) = (Instant::now(), cpu_seconds()?);
    let (mut dialled, mut ended, mut failed) = (0, 0, 0);
    while ended < calls {
        let event = tokio::select! {
            _ = pace.tick(), if dialled < calls => {
                dialled += 1;
                gateway.dial(u128::from(dialled))?;
                continue;
            }
            event = timeout(SILENCE, gateway.event()) => event.context("a session does not end")??,
        };
        ended += u32::from(matches!(event, EventKind::SessionEnded { .. }));
        failed += u32::from(is_failure(&event));
    }
    let (wall, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds()? - cpu);
    ensure!(
        failed == 0,
        "{failed} calls or legs failed; ports rest before they are used again, so 10,000 pairs do for 8000 calls at 400 a second"
    );
    caller.finished(Duration::from_secs(30))?;
    target.finished(Duration::from_secs(30))?;
    let per_1000 = cpu * 1_000.0 / f64::from(calls);
    println!("{:<44}{:>12}", "short bridged calls", calls);
    println!("{:<44}{:>12.0}", "a second, none failed", f64::from(calls) / wall);
    println!("{:<44}{:>12.2}", "CPU seconds a 1000 (aim 0.4)", per_1000);
    println!("{:<44}{:>12.2}", "of the aim", per_1000 / AIM);
    println!("{:<44}{:>12.2}\n", "of Asterisk 22 (3.2)", per_1000 / ASTERISK);
    Ok(())
}

/// A leg that nobody answered, or a call that was not taken at all.
fn is_failure(event: &EventKind) -> bool {
    let unanswered = matches!(event, EventKind::Cdr(cdr) if cdr.answered_at.is_none());
    unanswered || matches!(event, EventKind::SessionEnded { step, .. } if step == "not started")
}

/// (b), (c), (d): the media engine's own benchmark, next to a bare relay in the same run.
fn media(streams: u32) -> Result<()> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let status = Command::new(cargo)
        .args([
            "run",
            "--quiet",
            "--release",
            "-p",
            "trunkline-media",
            "--example",
            "media_bench",
            "--",
        ])
        .args([streams.to_string(), "10".into()])
        .status()
        .context("cargo runs the media benchmark")?;
    ensure!(status.success(), "the media benchmark failed");
    Ok(())
}

fn pin(core: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(core);
    Ok(sched_setaffinity(None, &set)?)
}

/// User and system time of this process, all threads, by the kernel's account (ticks of 10 ms).
fn cpu_seconds() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after = stat
        .rsplit(')')
        .next()
        .context("the name of a process ends with a bracket")?;
    let ticks: Vec<f64> = after
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|t| t.parse().ok())
        .collect();
    ensure!(ticks.len() == 2, "/proc/self/stat has the times of a process");
    Ok(ticks.iter().sum::<f64>() / 100.0)
}
