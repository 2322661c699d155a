//! What all sessions share: the SIP endpoint, the trunks, the ports, the timers, and the way out. The primitives of a call live here; what
//! a call is made of lives in `session`.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use trunkline_media::clip::Clip;
use trunkline_media::command::{Command as MediaCommand, Open, PlayId, StreamId};
use trunkline_media::ports::PortPool;
use trunkline_media::sdp::{self, Direction, LocalMedia, OurKeys};

use super::lines::Lines;
use super::pings::Pings;
use super::registrations::Registrations;
use super::retired::Retired;
use super::timers::Timers;
use super::traces::Traces;
use super::{GatewayConfig, Output, tones};
use crate::cdr::{Cdr, WallMs};
use crate::event::{Event, EventKind, TrunkHealth};
use crate::ids::{LegId, Sequence, SessionId, TrunkId};
use crate::journal::{Begin, Record};
use crate::leg::seats::Seats;
use crate::sip::api::{Close, Dial, Path};
use crate::sip::digest::server::Server as Challenger;
use crate::sip::endpoint::Endpoint;
use crate::trunk::health::HealthEvent;
use crate::trunk::servers;
use crate::trunk::snapshot::{DtmfWay, Snapshot, Srtp, Transport, Trunk};

/// A wall clock that cannot jump: the time at the start plus what has passed since.
#[derive(Clone, Copy, Debug)]
pub struct Anchor {
    mono: Instant,
    wall: WallMs,
}

impl Anchor {
    /// `wall` is the wall-clock time of `mono`.
    pub fn new(mono: Instant, wall: WallMs) -> Anchor {
        Anchor { mono, wall }
    }

    /// The wall-clock time of `now`.
    pub fn at(&self, now: Instant) -> WallMs {
        self.wall + now.saturating_duration_since(self.mono).as_millis() as WallMs
    }
}

/// A stream's place in the media engine.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Its name.
    pub stream: StreamId,
    /// Its port.
    pub port: u16,
}

/// What all sessions share.
pub struct Exchange {
    /// What it was told once.
    pub config: GatewayConfig,
    /// SIP.
    pub endpoint: Endpoint,
    /// The trunks, routes and numbers of the moment.
    pub snapshot: Arc<Snapshot>,
    /// Trunks that are gone or have moved while legs run over them: their BYE is still heard.
    retired: Retired,
    /// How the trunks are.
    pub lines: Lines,
    /// Who is asked whether it is there, and when.
    pub pings: Pings,
    /// Our registrations at them.
    pub registrations: Registrations,
    /// Calls to each target's number.
    pub seats: Seats,
    /// All timers.
    pub timers: Timers,
    /// RTP ports.
    pub ports: PortPool,
    /// Which session a leg is of.
    pub legs: HashMap<LegId, SessionId>,
    /// Which session a stream is of, and its shard.
    pub streams: HashMap<StreamId, SessionId>,
    /// Played where a clip is missing.
    pub default_tone: Clip,
    /// Played to the caller while a target's telephone rings.
    pub ringback: Clip,
    /// Our address as each of the trunks' addresses sees it, when we listen on all addresses.
    pub local_addresses: HashMap<IpAddr, IpAddr>,
    /// Legs ended, by who ended them.
    pub ended: BTreeMap<&'static str, u64>,
    /// What is said on the legs that live.
    pub(super) traces: Traces,
    /// Asks far ends for proofs, and judges them.
    pub challenger: Challenger,
    /// Seeded; everything random of a call.
    pub rng: ChaCha8Rng,
    ids: Sequence,
    anchor: Anchor,
    now: Instant,
    outputs: VecDeque<Output>,
    next_stream: u64,
    next_play: u64,
}

impl Exchange {
    /// Without sessions.
    pub fn new(config: GatewayConfig, mut rng: ChaCha8Rng, now: Instant, wall: WallMs) -> Exchange {
        let endpoint = Endpoint::new(config.endpoint.clone(), rng.random());
        Exchange {
            ports: PortPool::new(config.rtp_ports.clone()),
            config,
            endpoint,
            snapshot: Arc::default(),
            retired: Retired::default(),
            lines: Lines::default(),
            pings: Pings::default(),
            registrations: Registrations::default(),
            seats: Seats::default(),
            timers: Timers::default(),
            legs: HashMap::new(),
            streams: HashMap::new(),
            default_tone: tones::default_tone(),
            ringback: tones::ringback(),
            local_addresses: HashMap::new(),
            ended: BTreeMap::new(),
            traces: Traces::default(),
            challenger: Challenger::new(&mut rng, now),
            rng,
            ids: Sequence::default(),
            anchor: Anchor::new(now, wall),
            now,
            outputs: VecDeque::new(),
            next_stream: 1,
            next_play: 1,
        }
    }

    /// Before the snapshot is swapped for `next`: trunks with legs are still heard at the addresses that those legs know.
    pub fn retire(&mut self, next: &Snapshot) {
        let lines = &self.lines;
        self.retired
            .swap(&self.snapshot, next, |trunk| lines.in_use(trunk));
    }

    /// Whether packets from this address belong to a trunk, or to a leg of one that is gone.
    pub fn hears(&self, ip: IpAddr) -> bool {
        self.snapshot.trunks.iter().any(|t| t.allows(ip))
            || self.retired.hears(ip, |trunk| self.lines.in_use(trunk))
    }

    /// Time goes on.
    pub fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
    }

    /// The time of the input that is being worked on.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The same as wall-clock time.
    pub fn wall(&self) -> WallMs {
        self.anchor.at(self.now)
    }

    /// Takes the next output.
    pub fn take_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Queues an output behind those that wait.
    pub fn emit(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    /// Reports an event.
    pub fn report(&mut self, kind: EventKind) {
        let at = self.wall();
        self.emit(Output::Event(Event { at, kind }));
    }

    /// Orders the media engine.
    pub fn media(&mut self, shard: u64, command: MediaCommand) {
        self.emit(Output::Media { shard, command });
    }

    /// A new leg's id; a leg that follows another sorts behind it.
    pub fn leg_id(&mut self) -> LegId {
        let now_ms = u64::try_from(self.wall()).unwrap_or_default();
        LegId(self.ids.next(now_ms, &mut self.rng))
    }

    /// A name for a playing.
    pub fn play_id(&mut self) -> PlayId {
        self.next_play += 1;
        PlayId(self.next_play)
    }

    /// Binds a stream for a leg of `session` on `trunk` over `path`; `None` when no port is free.
    pub fn open(&mut self, session: SessionId, trunk: &Trunk, path: &Path) -> Option<Place> {
        let port = self.ports.take(&mut self.rng)?;
        let stream = StreamId(self.next_stream);
        self.next_stream += 1;
        self.streams.insert(stream, session);
        let open = Open {
            stream,
            shard: shard(session),
            local: self.media_bind(path),
            port,
            timeout: Some(self.config.rtp_timeout),
            learn_source: trunk.learn_source,
            keys_in_signalling: trunk.dtmf == DtmfWay::Info,
        };
        self.media(shard(session), MediaCommand::Open(open));
        Some(Place { stream, port })
    }

    /// Media is bound to every address where nothing else is said, and is of the kind that the far end's signalling is of.
    fn media_bind(&self, path: &Path) -> IpAddr {
        match self.config.rtp_bind {
            any if any.is_unspecified() && path.local.is_ipv6() => Ipv6Addr::UNSPECIFIED.into(),
            any if any.is_unspecified() => Ipv4Addr::UNSPECIFIED.into(),
            one => one,
        }
    }

    /// How we describe ourselves to `trunk` on a port, in messages over `path`. `None` when the trunk's media must be encrypted and its
    /// keys would be read by others on the way.
    pub fn local_media(&mut self, trunk: &Trunk, path: &Path, port: u16) -> Option<LocalMedia> {
        let hidden = trunk.lets_keys_travel(path.transport);
        let srtp = match trunk.srtp {
            Srtp::Off => sdp::Srtp::Off,
            Srtp::Optional if hidden => sdp::Srtp::Optional(OurKeys::random(&mut self.rng)),
            Srtp::Optional => sdp::Srtp::Off,
            Srtp::Required if hidden => sdp::Srtp::Required(OurKeys::random(&mut self.rng)),
            Srtp::Required => {
                tracing::warn!(
                    trunk = trunk.name,
                    "no call: keys of SRTP do not travel over plain SIP"
                );
                return None;
            }
        };
        let external = self.config.rtp_external.filter(|ip| is_kind_of(ip, path));
        let address = external.unwrap_or_else(|| self.local_ip(path));
        Some(LocalMedia {
            address: SocketAddr::new(address, port),
            codecs: trunk.codecs.clone(),
            // Who wants keys another way is not offered events, so that no key comes twice.
            telephone_event: trunk.dtmf == DtmfWay::Rfc4733,
            // Readers of 32 bits exist (RFC 8866 section 5.2 asks only for digits).
            session_id: u64::from(self.rng.random::<u32>() >> 1),
            version: 1,
            direction: Direction::SendRecv,
            srtp,
        })
    }

    /// Our address as the far end of `path` sees it.
    pub fn local_ip(&self, path: &Path) -> IpAddr {
        let advertised = self.config.endpoint.advertised;
        let advertised = advertised.filter(|ip| is_kind_of(ip, path));
        let ip = advertised.unwrap_or_else(|| self.named(*path).local.ip());
        match (ip.is_unspecified(), ip.is_ipv4()) {
            (false, _) => ip,
            (true, true) => Ipv4Addr::LOCALHOST.into(),
            (true, false) => Ipv6Addr::LOCALHOST.into(),
        }
    }

    /// The address that we send from to `remote` over this transport.
    fn listening(&self, transport: Transport, remote: SocketAddr) -> Option<SocketAddr> {
        let mut all = self.config.listen.iter();
        all.find(|(t, address)| *t == transport && address.is_ipv4() == remote.is_ipv4())
            .map(|(_, address)| *address)
    }

    /// The servers of a trunk that we have a way to, in the order in which one call tries them.
    pub fn servers_of(&mut self, trunk: &Trunk) -> Vec<SocketAddr> {
        let lines = &self.lines;
        let silence = |server| lines.silence(trunk.id, server);
        let mut servers = servers::in_order(trunk, silence, &mut self.rng);
        servers.retain(|server| self.listening(trunk.transport, *server).is_some());
        if servers.is_empty() {
            tracing::warn!(trunk = trunk.name, transport = ?trunk.transport, "trunk cannot be dialled: no SIP listener of its transport");
        }
        servers
    }

    /// The path of requests to an address.
    pub fn path(&self, transport: Transport, remote: SocketAddr) -> Option<Path> {
        let path = Path {
            transport,
            local: self.listening(transport, remote)?,
            remote,
            connection: None,
        };
        Some(self.named(path))
    }

    /// A path as Via and Contact have to name it: where we listen on all addresses, by the one that the trunk sees. `0.0.0.0` is
    /// nowhere for the far end.
    pub fn named(&self, path: Path) -> Path {
        if !path.local.ip().is_unspecified() {
            return path;
        }
        let known = |ip: IpAddr| self.local_addresses.get(&ip);
        // Who calls from elsewhere is most likely next to the servers that we call.
        let beside = || {
            let mut trunks = self.snapshot.trunks.iter();
            let trunk = trunks.find(|t| t.allows(path.remote.ip()))?;
            let mut servers = trunk.addresses().filter(|a| a.is_ipv4() == path.local.is_ipv4());
            servers.find_map(|server| known(server.ip()))
        };
        let ip = known(path.remote.ip()).or_else(beside);
        let local = ip.map_or(path.local, |ip| SocketAddr::new(*ip, path.local.port()));
        Path { local, ..path }
    }

    /// A path as its socket is bound: the way back from [`Exchange::named`].
    pub fn bound(&self, path: Path) -> Path {
        let ours = |(transport, address): &&(Transport, SocketAddr)| {
            *transport == path.transport
                && address.port() == path.local.port()
                && address.is_ipv4() == path.local.is_ipv4()
                && (address.ip() == path.local.ip() || address.ip().is_unspecified())
        };
        let local = self
            .config
            .listen
            .iter()
            .find(ours)
            .map_or(path.local, |(_, a)| *a);
        Path { local, ..path }
    }

    /// Sends an INVITE, with its journal line before it. `false` when the endpoint is full.
    pub fn dial(&mut self, dial: Dial, mut begin: Begin) -> Option<Begin> {
        let path = dial.path;
        let call_id = match self.endpoint.dial(self.now, dial) {
            Ok(call_id) => call_id,
            Err(error) => {
                tracing::error!(leg = %begin.leg, %error, "not dialled");
                return None;
            }
        };
        // Before the INVITE is drained from the endpoint.
        self.traces.begin(self.now, &call_id, &path);
        begin.sip_call_id = call_id;
        self.legs.insert(begin.leg, begin.session);
        self.emit(Output::Journal(Record::Begin(begin.clone())));
        Some(begin)
    }

    /// Ends a leg's signalling.
    pub fn close(&mut self, leg: LegId, q850_cause: Option<u16>) {
        self.endpoint.close(self.now, leg, Close { q850_cause });
    }

    /// A leg is over: its record goes to the journal, then to whoever keeps it, and its channel is free.
    pub fn finish(&mut self, cdr: Cdr) {
        self.legs.remove(&cdr.id);
        self.lines.release(cdr.trunk, cdr.side);
        if cdr.one_way {
            self.lines.count(cdr.trunk, |c| c.one_way += 1);
        }
        self.emit(Output::Journal(Record::Ended(Box::new(cdr.clone()))));
        if let Some(recording) = self.traces.take(&cdr.sip_call_id) {
            let anchor = self.anchor;
            let trace = recording.trace((cdr.id, cdr.session_id, cdr.side), |then| anchor.at(then));
            self.report(EventKind::Trace(Box::new(trace)));
        }
        self.report(EventKind::Cdr(Box::new(cdr)));
    }

    /// Tells a trunk's health what it did, and reports a change.
    pub fn health(&mut self, trunk: TrunkId, event: HealthEvent) {
        let changed = self.lines.health(trunk, event, self.now);
        self.health_changed(trunk, changed);
    }

    /// A trunk answered 503, 429 or Retry-After.
    pub fn overload(&mut self, trunk: TrunkId, from: SocketAddr, retry_after: Option<Duration>) {
        let changed = self.lines.overload((trunk, from), retry_after, self.now);
        self.health_changed(trunk, changed);
    }

    fn health_changed(&mut self, trunk: TrunkId, changed: Option<TrunkHealth>) {
        self.watch(trunk);
        if let Some(health) = changed {
            self.report(EventKind::Trunk { trunk, health });
        }
    }

    /// Keeps the trunk's timer at what its health needs.
    fn watch(&mut self, trunk: TrunkId) {
        let key = super::timers::TimerKey::Trunk(trunk);
        match self.lines.due(trunk) {
            Some(at) => self.timers.start(key, at),
            None => self.timers.cancel(key),
        }
    }

    /// A trunk's timer has fired.
    pub fn trunk_due(&mut self, trunk: TrunkId) {
        if self.lines.due(trunk).is_some_and(|at| at <= self.now) {
            self.health(trunk, HealthEvent::Due);
            self.timers.hasten_tries(self.now);
        }
        self.watch(trunk);
    }
}

/// Whether an address is of the kind that a path has: IPv4 or IPv6.
fn is_kind_of(ip: &IpAddr, path: &Path) -> bool {
    ip.is_ipv4() == path.local.is_ipv4()
}

/// Streams of one session share a media thread.
pub fn shard(session: SessionId) -> u64 {
    session.0.as_u64_pair().1
}

/// The bytes of a description that we made.
pub fn body(sdp: Vec<u8>) -> Bytes {
    Bytes::from(sdp)
}
