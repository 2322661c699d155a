//! The carrier's thread: one SIP socket, two sockets a call, and a clock of 20 ms.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::ops::RangeInclusive;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use trunkline_media::ports::PortPool;

use super::exchange::{Book, Call, Exchange, Happened, Input, Output};
use super::persona::FRAME;
use crate::ids::LegId;

/// Largest datagram that is read.
const MAX_DATAGRAM: usize = 65_536;
/// Datagrams read from one RTP socket in one frame; the rest waits for the next.
const MAX_READ: usize = 64;
/// Frames that are made up for after the thread was held up; beyond that they are left out.
const MAX_BEHIND: u32 = 25;
/// How many ports are tried before a call is refused.
const TRIES: usize = 64;
/// Happenings that may wait for whoever watches; more are dropped.
const MAX_HAPPENED: usize = 8_192;

/// How a carrier is started.
#[derive(Clone, Debug)]
pub struct CarrierConfig {
    /// Address for SIP and RTP, for example 127.0.0.1.
    pub ip: IpAddr,
    /// Port for SIP; 0 takes a free one.
    pub sip_port: u16,
    /// Ports for RTP.
    pub rtp_ports: RangeInclusive<u16>,
    /// Who answers which number.
    pub book: Book,
    /// Seeds everything random in it.
    pub seed: u64,
}

/// A running carrier. Dropping it ends its thread; calls that are up are left as they are.
#[derive(Debug)]
pub struct Carrier {
    sip: SocketAddr,
    orders: mpsc::Sender<Order>,
    thread: Option<JoinHandle<()>>,
}

enum Order {
    Call(Call),
    Stop,
}

impl Carrier {
    /// Starts it. What happens at its telephones arrives in the receiver.
    pub fn start(config: CarrierConfig) -> io::Result<(Carrier, tokio::sync::mpsc::Receiver<Happened>)> {
        let socket = UdpSocket::bind((config.ip, config.sip_port))?;
        let sip = socket.local_addr()?;
        let (orders, inbox) = mpsc::channel();
        let (happened, happenings) = tokio::sync::mpsc::channel(MAX_HAPPENED);
        let work = Work {
            exchange: Exchange::new(sip, config.book, config.seed),
            socket,
            ip: config.ip,
            ports: PortPool::new(config.rtp_ports),
            rng: ChaCha8Rng::seed_from_u64(config.seed.wrapping_add(2)),
            lines: HashMap::new(),
            orders: inbox,
            happened,
            timeout: None,
        };
        let thread = std::thread::Builder::new()
            .name("carrier".to_owned())
            .spawn(move || work.run())?;
        Ok((
            Carrier {
                sip,
                orders,
                thread: Some(thread),
            },
            happenings,
        ))
    }

    /// Where its SIP is received.
    pub fn address(&self) -> SocketAddr {
        self.sip
    }

    /// Somebody at the carrier makes a call.
    pub fn call(&self, call: Call) {
        // A carrier that has stopped makes no calls.
        let _ = self.orders.send(Order::Call(call));
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        let _ = self.orders.send(Order::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A call's sockets.
struct Sockets {
    rtp: UdpSocket,
    rtcp: UdpSocket,
    port: u16,
}

struct Work {
    exchange: Exchange,
    socket: UdpSocket,
    ip: IpAddr,
    ports: PortPool,
    rng: ChaCha8Rng,
    lines: HashMap<LegId, Sockets>,
    orders: mpsc::Receiver<Order>,
    happened: tokio::sync::mpsc::Sender<Happened>,
    timeout: Option<Instant>,
}

impl Work {
    fn run(mut self) {
        let mut next_frame = clock() + FRAME;
        while self.take_orders() {
            self.wait(next_frame);
            if self.timeout.is_some_and(|at| at <= clock()) {
                self.exchange.handle_input(clock(), Input::Timeout);
            }
            let mut behind = 0;
            while next_frame <= clock() {
                next_frame += FRAME;
                behind += 1;
                if behind <= MAX_BEHIND {
                    self.read_lines();
                    self.exchange.handle_input(clock(), Input::Frame);
                }
                self.drain();
            }
            self.drain();
        }
    }

    /// False when the carrier is to stop.
    fn take_orders(&mut self) -> bool {
        loop {
            match self.orders.try_recv() {
                Ok(Order::Call(call)) => self.exchange.call(call),
                Ok(Order::Stop) | Err(mpsc::TryRecvError::Disconnected) => return false,
                Err(mpsc::TryRecvError::Empty) => return true,
            }
        }
    }

    /// Waits for SIP until the next frame, or until the endpoint wants to be told the time.
    fn wait(&mut self, next_frame: Instant) {
        let until = self.timeout.map_or(next_frame, |at| at.min(next_frame));
        let wait = until
            .saturating_duration_since(clock())
            .max(Duration::from_millis(1));
        let mut buffer = vec![0; MAX_DATAGRAM];
        let received = self
            .socket
            .set_read_timeout(Some(wait))
            .and_then(|()| self.socket.recv_from(&mut buffer));
        // Nothing within the time, or a port of the far end that is closed: both are told by timers.
        if let Ok((length, from)) = received {
            buffer.truncate(length);
            self.exchange.handle_input(
                clock(),
                Input::Sip {
                    from,
                    bytes: Bytes::from(buffer),
                },
            );
        }
    }

    fn read_lines(&mut self) {
        let mut buffer = [0; 2_048];
        for (leg, sockets) in &self.lines {
            for _ in 0..MAX_READ {
                let Ok(length) = sockets.rtp.recv(&mut buffer) else {
                    break;
                };
                let input = Input::Rtp {
                    leg: *leg,
                    bytes: buffer[..length].to_vec(),
                };
                self.exchange.handle_input(clock(), input);
            }
            // RTCP is taken, so that it does not pile up, and not looked at.
            for _ in 0..MAX_READ {
                if sockets.rtcp.recv(&mut buffer).is_err() {
                    break;
                }
            }
        }
    }

    fn drain(&mut self) {
        loop {
            match self.exchange.poll_output(clock()) {
                // UDP: what cannot be sent is lost, and is sent again when that matters.
                Output::Transmit { to, bytes } => drop(self.socket.send_to(&bytes, to)),
                Output::Rtp { leg, to, bytes } => {
                    if let Some(sockets) = self.lines.get(&leg) {
                        drop(sockets.rtp.send_to(&bytes, to));
                    }
                }
                Output::WantPort { leg } => {
                    let address = self.open(leg);
                    self.exchange.handle_input(clock(), Input::Port { leg, address });
                }
                Output::Closed { leg } => {
                    if let Some(sockets) = self.lines.remove(&leg) {
                        self.ports.release(sockets.port);
                    }
                }
                Output::Happened(happened) => drop(self.happened.try_send(happened)),
                Output::Timeout(at) => {
                    self.timeout = at;
                    return;
                }
            }
        }
    }

    /// A pair of ports that nobody else has; those that somebody has are left alone from then on.
    fn open(&mut self, leg: LegId) -> Option<SocketAddr> {
        for _ in 0..TRIES {
            let port = self.ports.take(&mut self.rng)?;
            if let (Ok(rtp), Ok(rtcp)) = (bind(self.ip, port), bind(self.ip, port + 1)) {
                self.lines.insert(leg, Sockets { rtp, rtcp, port });
                return Some(SocketAddr::new(self.ip, port));
            }
        }
        None
    }
}

fn bind(ip: IpAddr, port: u16) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind((ip, port))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the carrier's clock: everything else in it takes the time as an argument"
)]
pub(super) fn clock() -> Instant {
    Instant::now()
}
