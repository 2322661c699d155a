//! Measures the media engine on one core, the load coming from another: bridged calls next to a bare relay in the same
//! run, prompts, and memory. `cargo run --release -p trunkline-media --example media_bench -- [CALLS] [SECONDS]`
//!
//! CPU time is the kernel's account of our threads, so other work on the machine blurs it little.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measuring program has a clock and a screen"
)]

use std::error::Error;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::{Child, Command as Program, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::thread::{CpuSet, sched_setaffinity};
use trunkline_media::clip::Clip;
use trunkline_media::codec::Codec;
use trunkline_media::command::{Command, Event, Open, PlayId, StreamId, Swallow};
use trunkline_media::io::{Engine, EngineConfig, EventReceiver};
use trunkline_media::rtp::{Header, RtpTime, SeqNum};
use trunkline_media::sdp::{Direction, Negotiated};
use trunkline_media::tone;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Our even ports start here, the far ends' behind them.
const OURS: u16 = 20_000;
const THEIRS: u16 = 40_000;
/// Not measured, while everything gets going.
const WARM_UP: Duration = Duration::from_secs(1);
const MEASURED_CORE: usize = 0;
const LOAD_CORE: usize = 1;
const TICK: Duration = Duration::from_millis(1);

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, default: usize| {
        arguments
            .get(at)
            .and_then(|text| text.parse().ok())
            .unwrap_or(default)
    };
    if arguments.first().is_some_and(|first| first == "far-ends") {
        return far_ends(
            number(1, 1),
            Duration::from_secs(number(2, 1) as u64),
            arguments.get(3).is_some(),
        );
    }
    let (calls, seconds) = (number(0, 500), Duration::from_secs(number(1, 10) as u64));
    pin(MEASURED_CORE)?;
    println!(
        "{calls} calls, 50 packets a second each way, {} s each\n",
        seconds.as_secs()
    );
    println!("{:<34}{:>14}{:>12}{:>12}", "", "CPU % a 1000", "of bare", "lost");
    let bare = bare_relay(calls, seconds)?;
    row("bare relay, 1 ms tick", &bare, &bare);
    let (bridged, memory) = bridged_calls(calls, seconds)?;
    row("bridged calls", &bridged, &bare);
    let prompts = prompts(calls * 2, seconds)?;
    println!(
        "{:<34}{:>14.1}{:>12}{:>11.3}%",
        "prompts",
        prompts.per_1000,
        "",
        prompts.lost * 100.0
    );
    println!("{:<34}{:>14.0}", "prompts a core", 100_000.0 / prompts.per_1000);
    println!("{:<34}{:>14}", "bytes a bridged call (ours)", memory.ours);
    println!("{:<34}{:>14}", "bytes a bridged call (kernel)", memory.kernel);
    Ok(())
}

fn row(name: &str, figure: &Figure, bare: &Figure) {
    let ratio = figure.per_1000 / bare.per_1000;
    println!(
        "{name:<34}{:>14.1}{ratio:>12.2}{:>11.3}%",
        figure.per_1000,
        figure.lost * 100.0
    );
}

/// What one run gave.
struct Figure {
    /// Percent of a core for 1000 calls.
    per_1000: f64,
    /// Share of the packets that did not arrive.
    lost: f64,
}

struct Memory {
    ours: u64,
    kernel: u64,
}

fn bridged_calls(calls: usize, seconds: Duration) -> Outcome<(Figure, Memory)> {
    let (engine, events) = start()?;
    thread::sleep(WARM_UP);
    let before = memory()?;
    for call in 0..calls as u64 {
        open(&engine, call * 2);
        open(&engine, call * 2 + 1);
        let (a, b) = (StreamId(call * 2), StreamId(call * 2 + 1));
        engine.send(
            0,
            Command::Bridge {
                a,
                b,
                swallow_from_a: Swallow::default(),
            },
        );
    }
    opened(&engine, calls * 2);
    let figure = measure(calls, seconds, calls * 2, false)?;
    let after = memory()?;
    check(&events)?;
    let each = |before: u64, after: u64| after.saturating_sub(before) / calls as u64;
    Ok((
        figure,
        Memory {
            ours: each(before.ours, after.ours),
            kernel: each(before.kernel, after.kernel),
        },
    ))
}

fn prompts(streams: usize, seconds: Duration) -> Outcome<Figure> {
    let (engine, events) = start()?;
    let clip = Clip::from_pcm(&tone::sine(440.0, 8_000.0, 80_000));
    for stream in 0..streams as u64 {
        open(&engine, stream);
        let (stream, clips) = (StreamId(stream), vec![clip.clone()]);
        engine.send(
            0,
            Command::Play {
                stream,
                play: PlayId(0),
                clips,
                repeat: true,
            },
        );
    }
    opened(&engine, streams);
    let figure = measure(streams, seconds, streams, true)?;
    check(&events)?;
    Ok(figure)
}

fn start() -> Outcome<(Engine, EventReceiver)> {
    Ok(Engine::start(EngineConfig {
        threads: 1,
        seed: 1,
        wake: Arc::new(|| {}),
    })?)
}

fn open(engine: &Engine, stream: u64) {
    let port = OURS + stream as u16 * 2;
    engine.send(
        0,
        Command::Open(Open {
            stream: StreamId(stream),
            shard: 0,
            local: Ipv4Addr::LOCALHOST.into(),
            port,
            timeout: Some(Duration::from_secs(20)),
            learn_source: false,
            keys_in_signalling: false,
        }),
    );
    let remote_rtp: SocketAddr = (Ipv4Addr::LOCALHOST, THEIRS + stream as u16).into();
    let media = Negotiated {
        remote_rtp,
        remote_rtcp: (Ipv4Addr::LOCALHOST, 9).into(),
        rtcp_mux: false,
        codec: Codec::Pcmu,
        payload_type: 0,
        receive_payload_type: 0,
        telephone_event: Some((101, 101)),
        ptime: Duration::from_millis(20),
        direction: Direction::SendRecv,
        srtp: None,
    };
    engine.send(
        0,
        Command::Connect {
            stream: StreamId(stream),
            media,
        },
    );
}

/// Waits until the engine has all its sockets.
fn opened(engine: &Engine, streams: usize) {
    while engine.load().streams < streams {
        thread::sleep(TICK);
    }
    thread::sleep(WARM_UP);
}

/// Fails when a stream could not be opened.
fn check(events: &EventReceiver) -> Outcome<()> {
    while let Some(event) = events.try_recv() {
        if let Event::OpenFailed { port, reason, .. } = event {
            return Err(format!("port {port}: {reason}").into());
        }
    }
    Ok(())
}

/// The least that a relay can do: sockets connected both ways, one thread, read what is ready on each tick, send it.
fn bare_relay(calls: usize, seconds: Duration) -> Outcome<Figure> {
    let ending = Arc::new(AtomicBool::new(false));
    let sockets: Vec<UdpSocket> = (0..calls * 2)
        .map(|at| {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, OURS + at as u16 * 2))?;
            socket.connect((Ipv4Addr::LOCALHOST, THEIRS + at as u16))?;
            socket.set_nonblocking(true)?;
            Ok(socket)
        })
        .collect::<std::io::Result<_>>()?;
    let relay = {
        let ending = ending.clone();
        thread::spawn(move || relay(&sockets, &ending))
    };
    let figure = measure(calls, seconds, calls * 2, false);
    ending.store(true, Ordering::Relaxed);
    relay.join().map_err(|_| "the relay ended badly")??;
    figure
}

fn relay(sockets: &[UdpSocket], ending: &AtomicBool) -> std::io::Result<()> {
    let epoll = epoll::create(CreateFlags::CLOEXEC)?;
    for (at, socket) in sockets.iter().enumerate() {
        epoll::add(&epoll, socket, EventData::new_u64(at as u64), EventFlags::IN)?;
    }
    let (mut ready, mut buffer, mut tick) = (Vec::with_capacity(1_024), [0; 2_048], Instant::now());
    while !ending.load(Ordering::Relaxed) {
        ready.clear();
        epoll::wait(&epoll, spare_capacity(&mut ready), Some(&Timespec::default()))?;
        for event in &ready {
            let at = event.data.u64() as usize;
            if let Ok(length) = sockets[at].recv(&mut buffer) {
                // A far end that has ended already does not matter.
                let _sent = sockets[at ^ 1].send(&buffer[..length]);
            }
        }
        tick = wait_for(tick + TICK);
    }
    Ok(())
}

/// Runs the far ends beside us, and takes our CPU time in the middle of it.
fn measure(calls: usize, seconds: Duration, streams: usize, listening: bool) -> Outcome<Figure> {
    let mut far_ends = spawn_far_ends(streams, seconds + WARM_UP * 2, listening)?;
    thread::sleep(WARM_UP);
    let (start, before) = (Instant::now(), cpu_time()?);
    thread::sleep(seconds);
    let (elapsed, after) = (start.elapsed(), cpu_time()?);
    let output = std::io::read_to_string(far_ends.stdout.take().ok_or("no output")?)?;
    far_ends.wait()?;
    let share = (after - before).as_secs_f64() / elapsed.as_secs_f64();
    Ok(Figure {
        per_1000: share * 100.0 * 1_000.0 / calls as f64,
        lost: output.trim().parse()?,
    })
}

fn spawn_far_ends(streams: usize, duration: Duration, listening: bool) -> Outcome<Child> {
    let mut program = Program::new(std::env::current_exe()?);
    program.args(["far-ends", &streams.to_string(), &duration.as_secs().to_string()]);
    if listening {
        program.arg("listening");
    }
    Ok(program.stdout(Stdio::piped()).spawn()?)
}

/// The other side: a socket for each stream; sends 50 packets a second from each unless it only listens, reads what
/// comes, and prints the share that was lost.
fn far_ends(streams: usize, duration: Duration, listening: bool) -> Outcome<()> {
    pin(LOAD_CORE)?;
    let sockets: Vec<UdpSocket> = (0..streams)
        .map(|at| {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, THEIRS + at as u16))?;
            socket.connect((Ipv4Addr::LOCALHOST, OURS + at as u16 * 2))?;
            socket.set_nonblocking(true)?;
            Ok(socket)
        })
        .collect::<std::io::Result<_>>()?;
    let (start, mut tick) = (Instant::now(), Instant::now());
    let (mut buffer, mut received, mut turns) = ([0; 2_048], 0u64, 0u64);
    while start.elapsed() < duration {
        for (at, socket) in sockets.iter().enumerate().skip((turns % 20) as usize).step_by(20) {
            // One more than is sent, so that nothing piles up.
            while socket.recv(&mut buffer).is_ok() {
                received += 1;
            }
            if !listening {
                let _sent = socket.send(&packet(at, turns / 20));
            }
        }
        turns += 1;
        tick = wait_for(tick + TICK);
    }
    let expected = if listening {
        duration.as_secs_f64() * 50.0
    } else {
        turns as f64 / 20.0
    } * streams as f64;
    println!("{}", (1.0 - received as f64 / expected).max(0.0));
    Ok(())
}

fn packet(stream: usize, number: u64) -> [u8; 172] {
    let header = Header {
        marker: number == 0,
        payload_type: 0,
        sequence: SeqNum(number as u16),
        timestamp: RtpTime(number as u32 * 160),
        ssrc: stream as u32,
    };
    let mut packet = [0xFF; 172];
    packet[..12].copy_from_slice(&header.to_bytes());
    packet
}

fn wait_for(tick: Instant) -> Instant {
    thread::sleep(tick.saturating_duration_since(Instant::now()));
    tick
}

fn pin(core: usize) -> Outcome<()> {
    let mut cores = CpuSet::new();
    cores.set(core);
    Ok(sched_setaffinity(None, &cores)?)
}

/// CPU time of all our threads so far, by the scheduler's account in nanoseconds.
fn cpu_time() -> Outcome<Duration> {
    let mut sum = 0;
    for task in fs::read_dir("/proc/self/task")? {
        let account = fs::read_to_string(task?.path().join("schedstat"))?;
        sum += account.split(' ').next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(Duration::from_nanos(sum))
}

/// Our resident memory, and the kernel's for sockets, their inodes and epoll; in bytes. The kernel's needs root, and is 0
/// without.
fn memory() -> Outcome<Memory> {
    let status = fs::read_to_string("/proc/self/status")?;
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .ok_or("no VmRSS")?;
    let ours = resident.trim().trim_end_matches(" kB").parse::<u64>()? * 1_024;
    let slabs = fs::read_to_string("/proc/slabinfo").unwrap_or_default();
    let kernel = slabs.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let of_sockets = matches!(words.next()?, "UDP" | "sock_inode_cache" | "eventpoll_epi");
        let mut number = |skip| words.nth(skip)?.parse::<u64>().ok();
        // Name, objects in use, objects, bytes of each.
        let (objects, size) = (number(1)?, number(0)?);
        of_sockets.then_some(objects * size)
    });
    Ok(Memory {
        ours,
        kernel: kernel.sum(),
    })
}
