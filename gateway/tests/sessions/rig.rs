//! The world around a gateway: two carriers, the wire between, a paper engine, a journal and control-api's part. Checks at every message
//! and at the end what must hold in every session.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trunkline_gateway::cdr::{Cdr, Side};
use trunkline_gateway::command::{Command, SessionOrder};
use trunkline_gateway::core::{Gateway, GatewayConfig, Input, Output};
use trunkline_gateway::event::EventKind;
use trunkline_gateway::flow::ClipBook;
use trunkline_gateway::ids::{CampaignId, LegId, RouteId, SessionId, TrunkId};
use trunkline_gateway::journal::Record;
use trunkline_gateway::leg::trace::Trace;
use trunkline_gateway::phone::Phone;
use trunkline_gateway::sip::api::Path;
use trunkline_gateway::sip::message::Message;
use trunkline_gateway::trunk::snapshot::{Number, Route, RouteTrunk, Server, Snapshot, Transport, Trunk};
use trunkline_media::clip::Clip;
use trunkline_media::command::StreamId;
use uuid::Uuid;

use crate::engine::PaperEngine;
use crate::far::Far;
use crate::walk::{Heard, Walk};

pub(crate) const CALLER: &str = "+12025550100";
pub(crate) const TARGETS: [&str; 2] = ["+12025550111", "+12025550122"];
pub(crate) const OURS: &str = "+12025550199";
/// RTP ports of the gateway, in pairs.
pub(crate) const PORTS: u16 = 100;
const CAMPAIGN: CampaignId = CampaignId(Uuid::from_u128(0xca));
const CLIPS: [(&str, usize); 4] = [
    ("intro", 800),
    ("between", 801),
    ("thanks", 802),
    ("goodbye", 803),
];
static SILENT: LazyLock<ClipBook> = LazyLock::new(|| {
    let clip = |(name, samples): &(&str, usize)| ((*name).into(), Clip::from_pcm(&vec![0; *samples]));
    CLIPS.iter().map(clip).collect()
});
/// What is still under way after so long will never end: the longest is a telephone that rings on because every word of its carrier was
/// lost, and so our CANCEL had nothing to refer to (RFC 3261 section 9.1).
const QUIET: Duration = Duration::from_secs(240);
const MAX_DURATION: Duration = Duration::from_secs(1_000);

/// How the wire treats messages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wire {
    pub(crate) delay: Duration,
    /// Further delay at random, up to this.
    pub(crate) jitter: Duration,
    pub(crate) loss: f64,
    pub(crate) twice: f64,
}

pub(crate) const PERFECT: Wire = Wire {
    delay: Duration::ZERO,
    jitter: Duration::ZERO,
    loss: 0.0,
    twice: 0.0,
};

pub(crate) struct Rig {
    pub(crate) now: Instant,
    pub(crate) gateway: Gateway,
    pub(crate) fars: Vec<Far>,
    pub(crate) engine: PaperEngine,
    pub(crate) cdrs: Vec<Cdr>,
    pub(crate) traces: Vec<Trace>,
    pub(crate) ended: Vec<SessionId>,
    /// Inbound calls are accepted by control-api.
    pub(crate) accepts: bool,
    waiting: Option<LegId>,
    /// What is on the wire does not arrive.
    pub(crate) holds: bool,
    /// No ACK arrives.
    pub(crate) loses_acks: bool,
    pub(crate) extension: &'static str,
    /// Targets that stay mute are called again over the next trunk.
    pub(crate) retries: bool,
    /// Targets may see the caller's number.
    pub(crate) proved: bool,
    /// Where the gateway's socket is bound.
    bound: SocketAddr,
    wire: Wire,
    rng: ChaCha8Rng,
    /// By time of arrival and order of sending.
    in_flight: BTreeMap<(Instant, u64), (SocketAddr, SocketAddr, Bytes)>,
    sent: u64,
    timeout: Option<Instant>,
    far_timeouts: Vec<Option<Instant>>,
    heard: Heard,
    log: Vec<String>,
    seen: HashSet<Bytes>,
    names: HashMap<String, String>,
    begun: BTreeMap<LegId, String>,
    announced: BTreeSet<String>,
    finished: BTreeSet<LegId>,
    /// Calls to targets that have begun and not ended.
    calls: BTreeSet<(SessionId, usize)>,
    sessions: u128,
}

impl Rig {
    pub(crate) fn new(seed: u64, wire: Wire) -> Rig {
        Rig::bound_to(ours(), seed, wire)
    }

    /// A gateway that listens on this address, or on all addresses.
    #[expect(
        clippy::disallowed_methods,
        reason = "only differences to this instant matter"
    )]
    pub(crate) fn bound_to(bound: SocketAddr, seed: u64, wire: Wire) -> Rig {
        let now = Instant::now();
        let config = GatewayConfig {
            listen: vec![(Transport::Udp, bound)],
            rtp_ports: 10_000..=(10_000 + 2 * PORTS - 1),
            ..GatewayConfig::default()
        };
        let fars = vec![
            Far::new("alpha", "10.0.0.2:5060".parse().expect("address"), seed ^ 1),
            Far::new("beta", "10.0.0.3:5060".parse().expect("address"), seed ^ 2),
        ];
        let mut rig = Rig {
            now,
            gateway: Gateway::new(config, ChaCha8Rng::seed_from_u64(seed), now, 1_000_000),
            engine: PaperEngine::default(),
            far_timeouts: vec![None; fars.len()],
            fars,
            cdrs: Vec::new(),
            traces: Vec::new(),
            ended: Vec::new(),
            accepts: true,
            waiting: None,
            holds: false,
            loses_acks: false,
            extension: "",
            retries: true,
            proved: true,
            bound,
            wire,
            rng: ChaCha8Rng::seed_from_u64(seed),
            in_flight: BTreeMap::new(),
            sent: 0,
            timeout: None,
            heard: Heard::default(),
            log: Vec::new(),
            seen: HashSet::new(),
            names: HashMap::new(),
            begun: BTreeMap::new(),
            announced: BTreeSet::new(),
            finished: BTreeSet::new(),
            calls: BTreeSet::new(),
            sessions: 0,
        };
        rig.engine.names = CLIPS.iter().map(|(name, samples)| (*samples, *name)).collect();
        rig.engine.names.insert(48_000, "ringback");
        rig.engine.names.insert(4_000, "default tone");
        let snapshot = snapshot(&rig.fars);
        let seen = rig.fars.iter().map(|f| (f.addr.ip(), ours().ip())).collect();
        rig.gateway.handle_input(now, Input::LocalAddresses(seen));
        rig.command(Command::Swap(Arc::new(snapshot)));
        rig
    }

    /// Gives an order, and lets everything happen that follows at once.
    pub(crate) fn command(&mut self, command: Command) {
        self.gateway.handle_input(self.now, Input::Command(command));
        self.settle();
    }

    pub(crate) fn media(&mut self, event: trunkline_media::command::Event) {
        self.gateway.handle_input(self.now, Input::Media(event));
        self.settle();
    }

    /// A session that rings its caller.
    /// Both carriers are servers of one trunk, the first with the better priority; each is asked by OPTIONS once in so long.
    pub(crate) fn one_trunk(&mut self, ping_every: Duration) {
        let mut snapshot = snapshot(&self.fars);
        let trunk = Arc::make_mut(&mut snapshot.trunks[0]);
        let server = |(n, far): (usize, &Far)| Server {
            priority: n as u16,
            ..Server::alone(vec![far.addr])
        };
        trunk.servers = self.fars.iter().enumerate().map(server).collect();
        trunk.ping_every = ping_every;
        snapshot.trunks.truncate(1);
        self.command(Command::Swap(Arc::new(snapshot)));
    }

    pub(crate) fn dial(&mut self) -> SessionId {
        let order = self.order(false);
        let session = order.session;
        self.command(Command::Dial(Box::new(order)));
        session
    }

    pub(crate) fn session(&self) -> SessionId {
        SessionId(Uuid::from_u128(self.sessions))
    }

    fn order(&mut self, inbound: bool) -> SessionOrder {
        self.sessions += 1;
        let mut flow = Walk::new(inbound, &TARGETS, self.heard.clone());
        flow.extension = self.extension;
        flow.proved = self.proved;
        SessionOrder {
            session: self.session(),
            campaign: CAMPAIGN,
            caller: phone(CALLER),
            caller_ref: "ref:caller".into(),
            caller_id: phone(OURS),
            caller_id_ref: "ref:ours".into(),
            target_refs_plain: false,
            flow: Box::new(flow),
            clips: SILENT.clone(),
            max_duration: MAX_DURATION,
            max_per_number: u32::MAX,
            retry_one_way: self.retries,
            record_to: None,
        }
    }

    /// The stream of the leg that talks with `user`.
    pub(crate) fn stream(&mut self, user: &str) -> Option<StreamId> {
        let offer = self.fars.iter_mut().find_map(|f| f.call(user)?.theirs.clone())?;
        let text = String::from_utf8_lossy(&offer).into_owned();
        let port = text.lines().find_map(|l| l.strip_prefix("m=audio "))?;
        self.engine.stream_of(port.split(' ').next()?.parse().ok()?)
    }

    /// Time passes, timer by timer.
    pub(crate) fn wait(&mut self, pause: Duration) {
        let until = self.now + pause;
        self.settle();
        while let Some(at) = self.next().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.gateway.handle_input(self.now, Input::Timeout);
            for far in &mut self.fars {
                let timeout = trunkline_gateway::sip::api::Input::Timeout;
                far.endpoint.handle_input(self.now, timeout);
            }
            self.settle();
        }
        self.now = until;
    }

    fn next(&self) -> Option<Instant> {
        let wire = self
            .in_flight
            .keys()
            .next()
            .map(|(at, _)| *at)
            .filter(|_| !self.holds);
        let fars = self.far_timeouts.iter().copied();
        fars.chain([self.timeout, self.engine.next(), wire])
            .flatten()
            .min()
    }

    /// Everything that happens at this instant.
    pub(crate) fn settle(&mut self) {
        for round in 0.. {
            assert!(round < 10_000, "it never comes to rest:\n{}", self.log.join("\n"));
            self.drain_gateway();
            while let Some(event) = self.engine.poll(self.now) {
                self.gateway.handle_input(self.now, Input::Media(event));
                self.drain_gateway();
            }
            self.drain_fars();
            if !self.deliver() {
                return;
            }
        }
    }

    fn deliver(&mut self) -> bool {
        let first = self.in_flight.first_key_value().map(|(key, _)| *key);
        let Some(key) = first.filter(|(at, _)| *at <= self.now && !self.holds) else {
            return false;
        };
        let Some((from, to, bytes)) = self.in_flight.remove(&key) else {
            return false;
        };
        if to == ours() {
            let path = Path {
                transport: Transport::Udp,
                local: self.bound,
                remote: from,
                connection: None,
            };
            self.gateway
                .handle_input(self.now, Input::Message { path, bytes });
        } else if let Some(far) = self.fars.iter_mut().find(|f| f.addr == to) {
            far.receive(self.now, from, bytes);
        }
        true
    }

    fn send(&mut self, from: SocketAddr, to: SocketAddr, bytes: Bytes) {
        let copies = if self.rng.random_bool(self.wire.twice) {
            2
        } else {
            1
        };
        for _ in 0..copies {
            if self.loses_acks && bytes.starts_with(b"ACK ") {
                continue;
            }
            if self.rng.random_bool(self.wire.loss) {
                continue;
            }
            let late = self.wire.jitter.mul_f64(self.rng.random::<f64>());
            self.sent += 1;
            let key = (self.now + self.wire.delay + late, self.sent);
            self.in_flight.insert(key, (from, to, bytes.clone()));
        }
    }

    /// What is on the wire is gone.
    pub(crate) fn lose(&mut self) {
        self.in_flight.clear();
    }

    fn drain_fars(&mut self) {
        for n in 0..self.fars.len() {
            let (sent, timeout) = self.fars[n].drain(self.now);
            self.far_timeouts[n] = timeout;
            for bytes in sent {
                self.send(self.fars[n].addr, ours(), bytes);
            }
        }
    }

    fn drain_gateway(&mut self) {
        loop {
            let output = self.gateway.poll_output();
            self.take_heard();
            match output {
                Output::Transmit { path, bytes } => {
                    assert_eq!(path.local, self.bound, "it leaves from the socket that we have");
                    self.note_message(path.remote, &bytes);
                    self.send(ours(), path.remote, bytes);
                }
                Output::Media { command, .. } => {
                    let said = self.engine.on(self.now, command);
                    self.log.extend(said);
                }
                Output::Journal(record) => self.journal(record),
                Output::Event(event) => self.event(event.kind),
                Output::Stopped => self.log.push("stopped".into()),
                Output::Timeout(at) => {
                    self.timeout = at;
                    return;
                }
            }
        }
    }

    fn take_heard(&mut self) {
        let mut heard = self.heard.lock().expect("unpoisoned");
        self.log
            .extend(heard.drain(..).map(|line| format!("flow hears {line}")));
    }

    fn note_message(&mut self, to: SocketAddr, bytes: &Bytes) {
        let message = Message::parse(bytes.clone()).expect("what we send is legal");
        assert!(
            !String::from_utf8_lossy(bytes).contains("0.0.0.0"),
            "nobody can answer to 0.0.0.0"
        );
        let call_id = String::from_utf8_lossy(message.call_id().as_bytes()).into_owned();
        let method = message.method().to_string();
        let far = self.fars.iter().find(|f| f.addr == to).map_or("?", |f| f.name);
        let again = self.names.contains_key(&call_id);
        if message.is_request() && method == "INVITE" && !again {
            assert!(
                self.announced.contains(&call_id),
                "an INVITE leaves before its journal line"
            );
            let to = String::from_utf8_lossy(bytes).into_owned();
            let name = who(to.split(['@', '\r']).next().unwrap_or_default());
            self.names.insert(call_id.clone(), name);
        }
        if !self.seen.insert(bytes.clone()) {
            return;
        }
        let name = self
            .names
            .get(&call_id)
            .cloned()
            .unwrap_or_else(|| "caller".into());
        match message.status() {
            None if method == "INVITE" && again => self.log.push(format!("> {name} re-INVITE")),
            None if method == "INVITE" => {
                // Neither From nor P-Asserted-Identity nor anything else may tell of a caller who is not to be shown.
                let told = String::from_utf8_lossy(bytes).contains(CALLER);
                let hidden = if told { "" } else { ", without the caller's number" };
                self.log.push(format!("> {name} INVITE over {far}{hidden}"));
            }
            None if method == "ACK" || method == "OPTIONS" => {}
            None => self.log.push(format!("> {name} {method}")),
            Some(status) if method == "INVITE" && status > 100 => {
                self.log.push(format!("> {name} {status}"));
            }
            Some(_) => {}
        }
    }

    fn journal(&mut self, record: Record) {
        match record {
            Record::Begin(begin) => {
                self.announced.insert(begin.sip_call_id.clone());
                let before = self.begun.insert(begin.leg, begin.sip_call_id);
                assert!(before.is_none(), "a leg begins twice");
            }
            Record::Answered { leg, dialog, .. } => {
                assert_eq!(
                    self.begun.get(&leg),
                    Some(&dialog.call_id),
                    "answered without a beginning"
                );
                assert!(!self.finished.contains(&leg), "answered after its end");
            }
            Record::Ended(cdr) => {
                assert!(self.begun.contains_key(&cdr.id), "an end without a beginning");
                assert!(self.finished.insert(cdr.id), "a leg ends twice");
                assert!(
                    cdr.duration_ms >= cdr.billable_ms && cdr.billable_ms >= 0,
                    "{cdr:?}"
                );
            }
            Record::Stored { .. } | Record::Alive { .. } => {}
        }
    }

    fn event(&mut self, kind: EventKind) {
        self.log.extend(crate::script::event(&kind));
        if let EventKind::Incoming { leg, vouched, .. } = &kind {
            self.waiting = Some(*leg);
            // As control-api does: whom nobody vouches for is not shown.
            self.proved &= *vouched;
            if self.accepts {
                self.accept();
            }
        }
        if let EventKind::CallStarted { session, index, .. } = &kind {
            assert!(self.calls.insert((*session, *index)), "a call begins twice");
        }
        if let EventKind::CallEnded { session, index, .. } = &kind {
            assert!(
                self.calls.remove(&(*session, *index)),
                "a call ends that has not begun"
            );
        }
        if let EventKind::SessionEnded { session, .. } = &kind {
            assert!(
                self.calls.iter().all(|(s, _)| s != session),
                "a call outlives its session"
            );
            self.ended.push(*session);
        }
        if let EventKind::Trace(trace) = &kind {
            self.traces.push((**trace).clone());
        }
        if let EventKind::Cdr(cdr) = kind {
            let trace = self.traces.iter().find(|trace| trace.leg == cdr.id);
            assert!(
                trace.is_some_and(|trace| trace.session == cdr.session_id && !trace.messages.is_empty()),
                "a CDR comes without what was said"
            );
            assert!(
                self.finished.contains(&cdr.id),
                "a CDR is told before it is journalled"
            );
            self.cdrs.push(*cdr);
        }
    }

    /// Accepts the inbound call that waits; `false` when none does.
    pub(crate) fn accept(&mut self) -> bool {
        let Some(leg) = self.waiting.take() else {
            return false;
        };
        let order = Box::new(self.order(true));
        for command in [Command::Ring { leg }, Command::Accept { leg, order }] {
            self.gateway.handle_input(self.now, Input::Command(command));
        }
        true
    }

    /// Shows what was said on the `caller's` or the `targets'` legs that are over.
    pub(crate) fn show_traces(&mut self, whose: &str) -> bool {
        let side = if whose == "caller's" {
            Side::Caller
        } else {
            Side::Target
        };
        for trace in self.traces.iter().filter(|trace| trace.side == side) {
            self.log.push(format!("leg over {}", trace.server));
            self.log.extend(trace.messages.iter().map(crate::script::message));
        }
        !self.traces.is_empty()
    }

    /// What has been said since the last time.
    pub(crate) fn said(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }

    /// Lets everything run out and looks for what was left behind.
    pub(crate) fn finish(&mut self) {
        self.holds = false;
        // Who stays silent is asked for ever whether it is back.
        for far in &mut self.fars {
            far.silent = false;
        }
        // An INVITE may still be on the wire.
        self.wait(Duration::from_secs(40));
        for n in 1..=self.sessions {
            let session = SessionId(Uuid::from_u128(n));
            self.command(Command::HangUp { session });
        }
        self.wait(QUIET);
        let status = self.gateway.status();
        assert_eq!(
            (status.sessions, status.legs),
            (0, 0),
            "sessions or legs are left"
        );
        assert_eq!(status.ports_in_use, 0, "ports are left");
        assert_eq!(self.engine.open_streams(), 0, "streams are left");
        let begun: BTreeSet<LegId> = self.begun.keys().copied().collect();
        assert_eq!(begun, self.finished, "every leg that began has ended");
        let told: BTreeSet<LegId> = self.cdrs.iter().map(|c| c.id).collect();
        assert_eq!((told.len(), &told), (self.cdrs.len(), &begun), "one CDR a leg");
        let ended: BTreeSet<SessionId> = self.ended.iter().copied().collect();
        assert_eq!(ended.len(), self.ended.len(), "a session ends once");
        assert_eq!(self.sessions, ended.len() as u128, "every session ends");
        for trunk in status.trunks {
            assert_eq!(trunk.channels, 0, "channels are left");
        }
        for far in &self.fars {
            assert_eq!(far.endpoint.calls(), 0, "{} still has calls", far.name);
        }
        assert_eq!(status.transactions, 0, "transactions are left");
    }
}

fn ours() -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1], 5060))
}

pub(crate) fn phone(text: &str) -> Phone {
    Phone::new(text).expect("a phone")
}

/// `caller`, `target` and `target2` by the number in a text.
pub(crate) fn who(text: &str) -> String {
    let number = |n: &str| text.contains(n);
    match () {
        () if number(TARGETS[0]) => "target".into(),
        () if number(TARGETS[1]) => "target2".into(),
        () if number(CALLER) => "caller".into(),
        () => text.into(),
    }
}

pub(crate) fn trunk_id(n: usize) -> TrunkId {
    TrunkId(Uuid::from_u128(0x7000 + n as u128))
}

fn snapshot(fars: &[Far]) -> Snapshot {
    let trunk = |(n, far): (usize, &Far)| {
        Arc::new(Trunk {
            port: Some(far.addr.port()),
            servers: vec![Server::alone(vec![far.addr])],
            ..Trunk::new(trunk_id(n), far.name, &far.addr.ip().to_string())
        })
    };
    let tried = |n: usize| RouteTrunk {
        trunk: trunk_id(n),
        priority: n as u16,
        cost: 0,
        weight: 1,
    };
    Snapshot {
        trunks: fars.iter().enumerate().map(trunk).collect(),
        routes: vec![Route {
            id: RouteId(Uuid::from_u128(1)),
            name: "all".into(),
            prefixes: vec!["+".into()],
            campaign: None,
            trunks: (0..fars.len()).map(tried).collect(),
            countries: vec![],
            windows: vec![],
            stop_codes: vec![],
        }],
        numbers: vec![Number {
            phone: phone(OURS),
            trunk: trunk_id(0),
            campaign: Some(CAMPAIGN),
        }],
    }
}
