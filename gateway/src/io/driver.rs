//! The driver: the one thread on which the pure gateway lives. Waits, reads, drains; decides nothing.

use std::collections::HashMap;
use std::future::poll_fn;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use bytes::Bytes;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tokio::net::TcpListener;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc, oneshot};
use trunkline_media::io::{Engine, EngineConfig, EventReceiver};

use super::journal_file::JournalFile;
use super::tcp::{self, Connections, FromTcp, Security};
use super::tls::Tls;
use super::udp::UdpPort;
use super::{IoConfig, StartError};
use crate::cdr::WallMs;
use crate::command::Command;
use crate::core::{Gateway, Input, Output, Status};
use crate::event::{Event, EventKind};
use crate::journal::Record;
use crate::sip::api::Path;
use crate::trunk::snapshot::{Snapshot, Transport};

/// Datagrams taken from one socket before the others get their turn.
const BATCH: usize = 64;
/// Orders taken in one turn.
const ORDERS: usize = 256;
/// Messages from connections that wait for the driver.
const MAX_STREAM_MESSAGES: usize = 4_096;
/// How often the status is published.
const PUBLISH: Duration = Duration::from_millis(250);
/// How often the journal says that the node lives, and is healed after a full disk.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// Media that is late at so many heartbeats in a row is overloaded, not just unlucky.
const LATE_BEATS: u32 = 3;
/// How often CDRs that nobody has confirmed are offered again.
const REOFFER: Duration = Duration::from_secs(10);
/// How many of them at once.
const REOFFER_BATCH: usize = 512;

/// The driver's ends of the handle's channels.
pub(super) struct Ends {
    pub(super) orders: mpsc::Receiver<Command>,
    pub(super) events: mpsc::Sender<Event>,
    pub(super) status: Arc<ArcSwap<Status>>,
}

type Started = Result<Vec<(Transport, SocketAddr)>, StartError>;

/// Runs a gateway on this thread until it has stopped.
pub(super) fn run(config: IoConfig, snapshot: Arc<Snapshot>, ends: Ends, ready: oneshot::Sender<Started>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _gone = ready.send(Err(error.into()));
            return;
        }
    };
    runtime.block_on(async move {
        match Driver::start(config, snapshot, ends) {
            Ok((mut driver, wait)) => {
                let _gone = ready.send(Ok(driver.addresses()));
                driver.drive(wait).await;
            }
            Err(error) => {
                let _gone = ready.send(Err(error));
            }
        }
    });
}

struct Driver {
    gateway: Gateway,
    udp: Vec<UdpPort>,
    tcp: Connections,
    tls: Connections,
    stream_addresses: Vec<(Transport, SocketAddr)>,
    snapshot: Arc<ArcSwap<Snapshot>>,
    engine: Engine,
    media_events: EventReceiver,
    journal: JournalFile,
    events: mpsc::Sender<Event>,
    status: Arc<ArcSwap<Status>>,
    timeout: Option<Instant>,
    /// Heartbeats in a row at which media was late.
    late_beats: u32,
    next: Beats,
    stopped: bool,
}

/// What the driver waits for beside its sockets.
struct Wait {
    orders: mpsc::Receiver<Command>,
    streams: mpsc::Receiver<FromTcp>,
    media: Arc<Notify>,
}

/// When the driver's own regular works are due.
struct Beats {
    publish: Instant,
    heartbeat: Instant,
    reoffer: Instant,
}

impl Driver {
    fn start(config: IoConfig, snapshot: Arc<Snapshot>, ends: Ends) -> Result<(Driver, Wait), StartError> {
        let (journal, found) = JournalFile::open(&config.journal, Arc::clone(&config.seal))?;
        if found.damaged_lines > 0 {
            tracing::warn!(
                lines = found.damaged_lines,
                "journal lines torn by a crash were passed over"
            );
        }
        let shared = Arc::new(ArcSwap::new(snapshot.clone()));
        let (stream_events, streams) = mpsc::channel(MAX_STREAM_MESSAGES);
        let tls = config.tls.as_ref().map(Tls::load).transpose()?;
        let (udp, stream_addresses) = listen(&config, &shared, &stream_events)?;
        let media = Arc::new(Notify::new());
        let woken = media.clone();
        let (engine, media_events) = Engine::start(EngineConfig {
            threads: threads(config.media_threads),
            seed: seed(),
            wake: Arc::new(move || woken.notify_one()),
        })?;
        let now = clock();
        let mut gateway_config = config.gateway;
        gateway_config.listen = addresses(&udp, &stream_addresses);
        let gateway = Gateway::new(gateway_config, ChaCha8Rng::from_seed(seed()), now, wall());
        let mut driver = Driver {
            gateway,
            udp,
            tcp: Connections::new(stream_events.clone(), Security::Plain),
            tls: Connections::new(stream_events, Security::Tls(tls, shared.clone())),
            stream_addresses,
            snapshot: shared,
            engine,
            media_events,
            journal,
            events: ends.events,
            status: ends.status,
            timeout: None,
            late_beats: 0,
            next: Beats {
                publish: now,
                heartbeat: now,
                reoffer: now + REOFFER,
            },
            stopped: false,
        };
        driver.recover(now, snapshot);
        Ok((
            driver,
            Wait {
                orders: ends.orders,
                streams,
                media,
            },
        ))
    }

    fn addresses(&self) -> Vec<(Transport, SocketAddr)> {
        addresses(&self.udp, &self.stream_addresses)
    }

    /// What an earlier life has left: orphans are hung up, CDRs offered again.
    fn recover(&mut self, now: Instant, snapshot: Arc<Snapshot>) {
        self.order(now, Command::Swap(snapshot));
        self.offer_cdrs(WallMs::MAX);
        let orphans = self.journal.ledger().orphans();
        if !orphans.is_empty() {
            tracing::warn!(legs = orphans.len(), "legs of an earlier life are hung up");
            self.gateway.handle_input(now, Input::Orphans(orphans));
        }
        self.drain(now);
    }

    async fn drive(&mut self, mut wait: Wait) {
        while !self.stopped {
            let ready = self.wait(&mut wait).await;
            let now = clock();
            self.read(now, ready, &mut wait);
            self.regular(now);
            self.drain(now);
        }
        self.publish();
    }

    async fn wait(&self, wait: &mut Wait) -> Ready {
        let until = self.next.publish.min(self.timeout.unwrap_or(self.next.publish));
        tokio::select! {
            biased;
            () = any_readable(&self.udp) => Ready::Udp,
            Some(event) = wait.streams.recv() => Ready::Tcp(event),
            () = wait.media.notified() => Ready::Media,
            order = wait.orders.recv() => Ready::Order(order.map(Box::new)),
            () = tokio::time::sleep_until(until.into()) => Ready::Time,
        }
    }

    fn read(&mut self, now: Instant, ready: Ready, wait: &mut Wait) {
        match ready {
            Ready::Tcp(event) => self.read_tcp(now, event),
            // `None`: the last handle is gone, and nobody can order anything any more.
            Ready::Order(order) => self.order(now, order.map_or(Command::Stop, |o| *o)),
            Ready::Udp | Ready::Media | Ready::Time => {}
        }
        // Everybody is read a little in every round: a flood on one way delays no other.
        for port in 0..self.udp.len() {
            self.read_udp(now, port);
        }
        for _ in 1..BATCH {
            let Ok(event) = wait.streams.try_recv() else { break };
            self.read_tcp(now, event);
        }
        self.read_media(now);
        for _ in 1..ORDERS {
            let Ok(next) = wait.orders.try_recv() else { break };
            self.order(now, next);
        }
        if self.timeout.is_some_and(|at| at <= now) {
            self.gateway.handle_input(now, Input::Timeout);
        }
    }

    fn read_udp(&mut self, now: Instant, port: usize) {
        for _ in 0..BATCH {
            let Some((remote, bytes)) = self.udp[port].take() else {
                break;
            };
            let path = Path {
                transport: Transport::Udp,
                local: self.udp[port].local(),
                remote,
                connection: None,
            };
            self.gateway.handle_input(now, Input::Message { path, bytes });
            self.drain(now);
        }
    }

    fn read_tcp(&mut self, now: Instant, event: FromTcp) {
        match event {
            FromTcp::Message(path, bytes) => self.gateway.handle_input(now, Input::Message { path, bytes }),
            FromTcp::Accepted(transport, local, stream, remote) => {
                self.streams(transport).accepted(local, stream, remote);
            }
            FromTcp::Closed(path) => {
                self.streams(path.transport).closed(path);
                self.gateway.handle_input(now, Input::TransportFailed { path });
            }
        }
    }

    fn read_media(&mut self, now: Instant) {
        while let Some(event) = self.media_events.try_recv() {
            self.gateway.handle_input(now, Input::Media(event));
            self.drain(now);
        }
    }

    fn order(&mut self, now: Instant, command: Command) {
        match &command {
            Command::Swap(snapshot) => {
                self.snapshot.store(snapshot.clone());
                let addresses = local_addresses(snapshot);
                self.gateway.handle_input(now, Input::LocalAddresses(addresses));
            }
            Command::CdrStored { leg } => self.write(&Record::Stored { leg: *leg }),
            Command::Stop => tracing::info!("stopping: every leg is ended"),
            Command::Dial(_)
            | Command::Ring { .. }
            | Command::Accept { .. }
            | Command::Refuse { .. }
            | Command::AddClips { .. }
            | Command::Located { .. }
            | Command::HangUp { .. }
            | Command::Rest { .. }
            | Command::Drain => {}
        }
        self.gateway.handle_input(now, Input::Command(command));
        self.drain(now);
    }

    /// Carries out what the gateway wants, in its order.
    fn drain(&mut self, now: Instant) {
        loop {
            match self.gateway.poll_output() {
                Output::Transmit { path, bytes } => self.transmit(now, path, bytes),
                Output::Media { shard, command } => self.engine.send(shard, command),
                Output::Journal(record) => self.write(&record),
                Output::Event(event) => self.tell(event),
                Output::Stopped => self.stopped = true,
                Output::Timeout(at) => {
                    self.timeout = at;
                    return;
                }
            }
        }
    }

    fn transmit(&mut self, now: Instant, path: Path, bytes: Bytes) {
        match path.transport {
            Transport::Udp => {
                let port = self
                    .udp
                    .iter()
                    .find(|p| p.local() == path.local)
                    .or(self.udp.first());
                let sent = port.map(|p| p.send(path.remote, &bytes));
                if !matches!(sent, Some(Ok(()))) {
                    tracing::debug!(to = %path.remote, "SIP datagram not sent");
                }
            }
            Transport::Tcp | Transport::Tls => {
                if let Err(path) = self.streams(path.transport).send(path, bytes) {
                    self.gateway.handle_input(now, Input::TransportFailed { path });
                }
            }
        }
    }

    fn streams(&mut self, transport: Transport) -> &mut Connections {
        match transport {
            Transport::Tls => &mut self.tls,
            Transport::Udp | Transport::Tcp => &mut self.tcp,
        }
    }

    fn write(&mut self, record: &Record) {
        let was_whole = self.journal.is_whole();
        if let Err(error) = self.journal.append(record)
            && was_whole
        {
            tracing::error!(%error, "journal cannot be written: no new calls until it can");
        }
    }

    /// A full channel loses what can be asked for again; CDRs come again from the journal.
    fn tell(&mut self, event: Event) {
        // A trace takes nobody's place who matters more.
        if matches!(event.kind, EventKind::Trace(_)) && !self.is_heard() {
            return;
        }
        match self.events.try_send(event) {
            Ok(()) | Err(TrySendError::Closed(_)) => {}
            Err(TrySendError::Full(event)) => tracing::debug!(?event.at, "event not told: too many wait"),
        }
    }

    /// Somebody takes the events: a call that begins now will find room for those of its end.
    fn is_heard(&self) -> bool {
        self.events.capacity() > self.events.max_capacity() / 2
    }

    fn regular(&mut self, now: Instant) {
        if now >= self.next.heartbeat {
            self.next.heartbeat = now + HEARTBEAT;
            if self.journal.ledger().living() > 0 {
                self.write(&Record::Alive { at: wall() });
            }
            // Still no room: the next heartbeat tries again.
            let _full = self.journal.heal();
            self.late_beats = if self.engine.load().accepts_calls() {
                0
            } else {
                self.late_beats + 1
            };
            let accepting = self.journal.is_whole() && self.late_beats < LATE_BEATS && self.is_heard();
            self.gateway.handle_input(now, Input::Accepting(accepting));
        }
        if now >= self.next.reoffer {
            self.next.reoffer = now + REOFFER;
            self.offer_cdrs(wall() - REOFFER.as_millis() as WallMs);
        }
        if now >= self.next.publish {
            self.next.publish = now + PUBLISH;
            self.publish();
        }
    }

    /// Offers CDRs that ended before `until` and that nobody has confirmed.
    fn offer_cdrs(&mut self, until: WallMs) {
        let old = self
            .journal
            .ledger()
            .unstored()
            .into_iter()
            .filter(|c| c.ended_at <= until);
        for cdr in old.take(REOFFER_BATCH) {
            self.tell(Event {
                at: cdr.ended_at,
                kind: EventKind::Cdr(Box::new(cdr)),
            });
        }
    }

    fn publish(&self) {
        self.status.store(Arc::new(self.gateway.status()));
    }
}

enum Ready {
    Udp,
    Tcp(FromTcp),
    Media,
    Order(Option<Box<Command>>),
    Time,
}

/// Until one of the sockets has something to read.
async fn any_readable(ports: &[UdpPort]) {
    poll_fn(|context| {
        if ports.iter().any(|p| p.poll_readable(context).is_ready()) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

type Listening = (Vec<UdpPort>, Vec<(Transport, SocketAddr)>);

fn listen(
    config: &IoConfig,
    snapshot: &Arc<ArcSwap<Snapshot>>,
    events: &mpsc::Sender<FromTcp>,
) -> Result<Listening, StartError> {
    let mut udp = Vec::new();
    let mut streams = Vec::new();
    for &(transport, address) in &config.sip_listen {
        let failed = |name| {
            move |source| StartError::Listen {
                transport: name,
                address,
                source,
            }
        };
        match transport {
            Transport::Udp => udp.push(UdpPort::bind(address).map_err(failed("udp"))?),
            Transport::Tcp | Transport::Tls => {
                let name = if transport == Transport::Tls { "tls" } else { "tcp" };
                let listener = std::net::TcpListener::bind(address).map_err(failed(name))?;
                listener.set_nonblocking(true)?;
                streams.push((transport, listener.local_addr()?));
                tokio::spawn(tcp::listen(
                    (transport, TcpListener::from_std(listener)?),
                    snapshot.clone(),
                    events.clone(),
                ));
            }
        }
    }
    Ok((udp, streams))
}

fn addresses(udp: &[UdpPort], streams: &[(Transport, SocketAddr)]) -> Vec<(Transport, SocketAddr)> {
    let udp = udp.iter().map(|p| (Transport::Udp, p.local()));
    udp.chain(streams.iter().copied()).collect()
}

/// Our address as each of the trunks' addresses sees it: the one that the kernel would send from. No packet leaves.
fn local_addresses(snapshot: &Snapshot) -> HashMap<IpAddr, IpAddr> {
    let source = |remote: SocketAddr| {
        let any: IpAddr = if remote.is_ipv4() {
            Ipv4Addr::UNSPECIFIED.into()
        } else {
            Ipv6Addr::UNSPECIFIED.into()
        };
        let socket = std::net::UdpSocket::bind((any, 0)).ok()?;
        socket.connect(remote).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    let all = snapshot.trunks.iter().flat_map(|trunk| trunk.addresses());
    all.filter_map(|remote| Some((remote.ip(), source(remote)?)))
        .collect()
}

/// One per core, where nothing else is asked for.
fn threads(wanted: usize) -> usize {
    match wanted {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        wanted => wanted,
    }
}

#[expect(clippy::disallowed_methods, reason = "the gateway's one clock")]
fn clock() -> Instant {
    Instant::now()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the gateway's one wall clock: anchors its times at the start"
)]
fn wall() -> WallMs {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_millis() as WallMs)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the seed of everything random in the gateway"
)]
fn seed<T>() -> T
where
    rand::distr::StandardUniform: rand::distr::Distribution<T>,
{
    rand::rng().random()
}
