//! The gateway's root: messages, media events, orders and time in; messages, media orders, journal lines, events and the next time out.
//!
//! ```text
//! Input ─► Gateway ─┬─ Exchange: endpoint, trunks' lines, ports, timers, outputs
//!                   └─ Session × n: each takes the exchange by argument, one event at a time
//! poll_output ◄── Journal before Transmit, always
//! ```

pub mod exchange;
mod inbound;
pub mod lines;
mod orders;
mod orphans;
pub mod pings;
pub mod registrations;
mod retired;
pub mod status;
pub mod timers;
mod tones;
mod traces;

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand_chacha::ChaCha8Rng;
use trunkline_media::command::{Command as MediaCommand, Event as MediaEvent};

use crate::cdr::WallMs;
use crate::command::Command;
use crate::event::{Event, EventKind};
use crate::ids::{LegId, SessionId};
use crate::journal::{Orphan, Record};
use crate::leg::trace::Way;
use crate::session::Session;
use crate::sip::api::{self, Path};
use crate::sip::endpoint::EndpointConfig;
use crate::trunk::health::HealthEvent;
use crate::trunk::snapshot::Transport;
use exchange::Exchange;
use inbound::Pending;
pub use status::{Status, TrunkStatus};
use timers::TimerKey;

/// Ports that a session needs: its caller's and its target's. With fewer free, no call is taken.
const SESSION_PORTS: usize = 2;
/// A stop waits so long for the far ends' answers.
const STOP: Duration = Duration::from_secs(5);

/// What a gateway is told once.
#[derive(Clone, Debug)]
pub struct GatewayConfig {
    /// This node's name, in every CDR.
    pub node: String,
    /// The endpoint's limits and its advertised address.
    pub endpoint: EndpointConfig,
    /// The bound SIP addresses; filled in by whoever binds them.
    pub listen: Vec<(Transport, SocketAddr)>,
    /// The address that media sockets are bound to.
    pub rtp_bind: IpAddr,
    /// The address that stands in our SDP; the one that the trunk sees when `None`.
    pub rtp_external: Option<IpAddr>,
    /// RTP ports.
    pub rtp_ports: RangeInclusive<u16>,
    /// A leg whose media has been silent for so long is gone (OPERATIONS.md: 20 s).
    pub rtp_timeout: Duration,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        GatewayConfig {
            node: "gw1".into(),
            endpoint: EndpointConfig::default(),
            listen: Vec::new(),
            rtp_bind: IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED),
            rtp_external: None,
            rtp_ports: 10_000..=29_999,
            rtp_timeout: Duration::from_secs(20),
        }
    }
}

/// What a gateway is told.
pub enum Input {
    /// A datagram, or a message cut from a stream.
    Message {
        /// Where from.
        path: Path,
        /// The bytes.
        bytes: Bytes,
    },
    /// A message could not be sent, or a connection died.
    TransportFailed {
        /// Where to.
        path: Path,
    },
    /// From the media engine.
    Media(MediaEvent),
    /// From control-api.
    Command(Command),
    /// Legs that an earlier life of the node has left on the line.
    Orphans(Vec<Orphan>),
    /// Our address as each of the trunks' addresses sees it; needed where we listen on all addresses.
    LocalAddresses(HashMap<IpAddr, IpAddr>),
    /// Whether new calls are taken at the moment: the journal can be written, and media is in time.
    Accepting(bool),
    /// Time has come to what `Output::Timeout` said.
    Timeout,
}

/// What a gateway wants. Drain until `Timeout`, in order.
#[derive(Debug)]
pub enum Output {
    /// Send this.
    Transmit {
        /// Where to.
        path: Path,
        /// One message.
        bytes: Bytes,
    },
    /// Give this to the media engine.
    Media {
        /// The thread's shard key.
        shard: u64,
        /// The order.
        command: MediaCommand,
    },
    /// Write this before anything that follows is sent.
    Journal(Record),
    /// Tell control-api.
    Event(Event),
    /// `Command::Stop` has been carried out.
    Stopped,
    /// Nothing more for now; give `Input::Timeout` at this time.
    Timeout(Option<Instant>),
}

/// The gateway.
pub struct Gateway {
    x: Exchange,
    sessions: HashMap<SessionId, Session>,
    pending: HashMap<LegId, Pending>,
    mode: Mode,
    holding: bool,
    resting: bool,
    rejected: BTreeMap<&'static str, u64>,
    messages: (u64, u64),
}

/// What a gateway does with new calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Open,
    /// None are taken; running ones go on.
    Draining,
    /// As above, and `Drained` has been told.
    Drained,
    /// Every leg is being ended.
    Stopping,
    Stopped,
}

impl Gateway {
    /// A gateway without trunks. `rng` makes all that is random, keys of SRTP too; `wall` is the wall-clock time of `now`.
    pub fn new(config: GatewayConfig, rng: ChaCha8Rng, now: Instant, wall: WallMs) -> Gateway {
        Gateway {
            x: Exchange::new(config, rng, now, wall),
            sessions: HashMap::new(),
            pending: HashMap::new(),
            mode: Mode::Open,
            holding: false,
            resting: false,
            rejected: BTreeMap::new(),
            messages: (0, 0),
        }
    }

    /// Takes one input.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        self.x.advance(now);
        match input {
            Input::Message { path, bytes } => self.message(path, bytes),
            Input::TransportFailed { path } => {
                let path = self.x.named(path);
                self.x
                    .endpoint
                    .handle_input(now, api::Input::TransportFailed { path });
            }
            Input::Media(event) => self.media(event),
            Input::Command(command) => self.command(command),
            Input::Orphans(orphans) => self.orphans(orphans),
            Input::LocalAddresses(addresses) => self.x.local_addresses = addresses,
            Input::Accepting(accepting) => self.hold(!accepting),
            Input::Timeout => self.timeout(now),
        }
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Output {
        loop {
            if let Some(output) = self.x.take_output() {
                return output;
            }
            match self.x.endpoint.poll_output() {
                api::Output::Transmit { path, bytes } => {
                    self.messages.1 += 1;
                    let now = self.x.now();
                    self.x.traces.note(now, (Way::Sent, &path), &bytes);
                    let path = self.x.bound(path);
                    return Output::Transmit { path, bytes };
                }
                api::Output::Event(event) => self.signal(event),
                api::Output::Timeout(at) => {
                    if self.settle_mode() {
                        continue;
                    }
                    return Output::Timeout([at, self.x.timers.next()].into_iter().flatten().min());
                }
            }
        }
    }

    /// Gauges and counters.
    pub fn status(&self) -> Status {
        Status {
            draining: self.is_draining(),
            holding: self.is_holding(),
            sessions: self.sessions.len(),
            legs: self.x.legs.len(),
            ports_free: self.x.ports.free(),
            ports_in_use: self.x.ports.in_use(),
            transactions: self.x.endpoint.transactions(),
            ended: self.x.ended.clone(),
            rejected: self.rejected.clone(),
            sip_messages: self.messages,
            trunks: self.x.trunk_status(),
        }
    }

    /// Only trunks are heard; nothing is kept or said for anybody else (CONTRACT.md 5).
    fn message(&mut self, path: Path, bytes: Bytes) {
        self.messages.0 += 1;
        if self.x.hears(path.remote.ip()) {
            let (path, now) = (self.x.named(path), self.x.now());
            self.x.traces.note(now, (Way::Received, &path), &bytes);
            self.x
                .endpoint
                .handle_input(now, api::Input::Message { path, bytes });
        } else {
            self.reject("unknown source");
        }
    }

    /// No call is taken because somebody has said so.
    fn is_draining(&self) -> bool {
        self.mode != Mode::Open || self.resting
    }

    /// No call is taken at the moment: the journal cannot be written, events are not taken, media is late, or the ports are used up.
    fn is_holding(&self) -> bool {
        self.holding || self.x.ports.free() < SESSION_PORTS
    }

    fn reject(&mut self, reason: &'static str) {
        *self.rejected.entry(reason).or_default() += 1;
    }

    fn signal(&mut self, event: api::Event) {
        match event {
            api::Event::Incoming(incoming) => self.incoming(*incoming),
            api::Event::Pong { token, answer } => self.x.ponged(token, answer.map(|(_, trip)| trip)),
            api::Event::Registered {
                token,
                answer,
                others,
            } => self.x.registered(token, answer, others),
            api::Event::OptionsAnswered { path } => self.heard_from(path),
            api::Event::Ended { leg, .. } if self.pending.contains_key(&leg) => self.forget_pending(leg),
            of_leg @ (api::Event::Progress { leg, .. }
            | api::Event::Trying { leg }
            | api::Event::Answered { leg, .. }
            | api::Event::AnsweredAgain { leg }
            | api::Event::Confirmed { leg, .. }
            | api::Event::Failed { leg, .. }
            | api::Event::Modify { leg, .. }
            | api::Event::Modified { leg, .. }
            | api::Event::Info { leg, .. }
            | api::Event::Ended { leg, .. }) => {
                if let Some(session) = self.x.legs.get(&leg).copied() {
                    self.with(session, |session, x| session.signal(x, of_leg));
                }
            }
        }
    }

    fn heard_from(&mut self, path: Path) {
        let trunk = self
            .x
            .snapshot
            .trunks
            .iter()
            .find(|t| t.allows(path.remote.ip()))
            .map(|t| t.id);
        if let Some(trunk) = trunk {
            self.x.health(trunk, HealthEvent::Answer { from: path.remote });
        }
    }

    fn media(&mut self, event: MediaEvent) {
        let stream = match &event {
            MediaEvent::Released { port } => return self.x.ports.release(*port),
            MediaEvent::OpenFailed { stream, port, .. } => {
                self.x.ports.release(*port);
                *stream
            }
            MediaEvent::FirstPacket { stream, .. }
            | MediaEvent::Digit { stream, .. }
            | MediaEvent::KeyToSignal { stream, .. }
            | MediaEvent::PlayDone { stream, .. }
            | MediaEvent::DigitsSent { stream }
            | MediaEvent::Timeout { stream }
            | MediaEvent::RecordFailed { stream, .. }
            | MediaEvent::Closed { stream, .. } => *stream,
        };
        if let Some(session) = self.x.streams.get(&stream).copied() {
            self.with(session, |session, x| session.media(x, stream, event));
        }
    }

    fn timeout(&mut self, now: Instant) {
        self.x.endpoint.handle_input(now, api::Input::Timeout);
        while let Some(key) = self.x.timers.due(now) {
            match key {
                TimerKey::Flow(session, _)
                | TimerKey::RingLimit(session, _)
                | TimerKey::NextTry(session, _)
                | TimerKey::SlowToRing(session, _)
                | TimerKey::Unheard(session, _)
                | TimerKey::MaxDuration(session) => self.with(session, |session, x| session.timer(x, key)),
                TimerKey::Unclaimed(leg) => self.unclaimed(leg),
                TimerKey::Trunk(trunk) => self.x.trunk_due(trunk),
                TimerKey::Ping(trunk, server) => self.x.ping_due(trunk, server),
                TimerKey::Registration(trunk) => self.x.registration_due(trunk),
                TimerKey::Stop => self.stopped(),
            }
        }
    }

    /// Lets a session work, and takes it off the table when it is over.
    fn with(&mut self, id: SessionId, work: impl FnOnce(&mut Session, &mut Exchange)) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        work(session, &mut self.x);
        if let Some((status, step)) = session.outcome() {
            self.sessions.remove(&id);
            self.x.timers.cancel_session(id);
            self.x.report(EventKind::SessionEnded {
                session: id,
                status,
                step,
            });
        }
    }
}
