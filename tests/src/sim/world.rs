//! The world: one queue of what will happen, a gateway in the middle, and a clock that jumps from one thing to the next.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trunkline_control_api::campaign::flow::{CampaignFlow, Entry, FlowPlan, FlowTimers, Inbound, Proof};
use trunkline_gateway::command::{Command, SessionOrder};
use trunkline_gateway::core::{Gateway, GatewayConfig, Input, Output};
use trunkline_gateway::event::EventKind;
use trunkline_gateway::flow::{ClipBook, FlowOffice, FlowTarget};
use trunkline_gateway::ids::{CallId, CampaignId, LegId, RouteId, SessionId, TrunkId};
use trunkline_gateway::phone::Phone;
use trunkline_gateway::sip::api::Path;
use trunkline_gateway::trunk::snapshot::{Number, Route, RouteTrunk, Server, Snapshot, Transport, Trunk};
use trunkline_media::clip::Clip;
use uuid::Uuid;

use super::Setting;
use super::carrier::Carrier;
use super::engine::Engine;
use super::people::{CALLERS, Deed, TARGETS};
use super::witness::Witness;

/// Our own number.
const OURS: &str = "+14045550199";
const CAMPAIGN: CampaignId = CampaignId(Uuid::from_u128(0xca));
/// After the last session's longest duration everything has had time to end.
const QUIET: Duration = Duration::from_secs(400);
/// A session's longest duration.
const LONGEST: Duration = Duration::from_secs(300);
/// A killed gateway is back so soon.
const DOWN: Duration = Duration::from_secs(2);
/// A carrier that says nothing does so for this long.
const SILENCE: Duration = Duration::from_secs(20);
/// A run that needs more steps has gone astray.
const MOST_STEPS: usize = 5_000_000;
/// Silence in place of prompts, encoded once.
static CLIPS: LazyLock<ClipBook> = LazyLock::new(|| {
    let clip = |(name, seconds): (&str, usize)| (name.into(), Clip::from_pcm(&vec![0; seconds * 8000]));
    let clips = [
        ("msg_intro", 3),
        ("msg_intro_confirm", 2),
        ("msg_call_block_intro", 1),
        ("msg_final_thanks", 2),
    ];
    clips.into_iter().map(clip).collect()
});

/// What will happen.
enum Happening {
    Arrives {
        from: SocketAddr,
        to: SocketAddr,
        bytes: Bytes,
    },
    Session,
    CallIn,
    Far {
        carrier: usize,
        leg: LegId,
        deed: Deed,
    },
    HangUp(SessionId),
    Silent {
        carrier: usize,
        silent: bool,
    },
    Killed,
    Restarted,
}

/// How much has happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Sessions ordered.
    pub sessions: usize,
    /// Legs of them.
    pub legs: usize,
    /// Legs that were answered.
    pub answered: usize,
    /// Datagrams sent.
    pub datagrams: usize,
    /// RTP streams opened.
    pub streams: usize,
}

impl Report {
    /// Adds up.
    pub fn add(&mut self, other: &Report) {
        self.sessions += other.sessions;
        self.legs += other.legs;
        self.answered += other.answered;
        self.datagrams += other.datagrams;
        self.streams += other.streams;
    }
}

pub(super) struct World {
    seed: u64,
    setting: Setting,
    rng: ChaCha8Rng,
    now: Instant,
    start: Instant,
    queue: BTreeMap<(Instant, u64), Happening>,
    count: u64,
    /// `None` between a kill and the next start.
    gateway: Option<Gateway>,
    lives: u64,
    gateway_wakes: Option<Instant>,
    carriers: Vec<Carrier>,
    carriers_wake: Vec<Option<Instant>>,
    engine: Engine,
    witness: Witness,
    sessions: u128,
    datagrams: usize,
}

fn ours() -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1], 5060))
}

fn phone(text: String) -> Phone {
    Phone::new(text).expect("a number")
}

impl World {
    pub(super) fn new(seed: u64, setting: &Setting) -> World {
        let now = Instant::now();
        let carrier = |n: u8, vanish| {
            let address = SocketAddr::from(([10, 0, 0, 2 + n], 5060 + u16::from(n)));
            Carrier::new(address, seed ^ (u64::from(n) << 32 | 0xfa5), vanish)
        };
        let mut world = World {
            seed,
            setting: *setting,
            rng: ChaCha8Rng::seed_from_u64(seed),
            now,
            start: now,
            queue: BTreeMap::new(),
            count: 0,
            gateway: None,
            lives: 0,
            gateway_wakes: None,
            carriers: vec![carrier(0, setting.vanish), carrier(1, setting.vanish)],
            carriers_wake: vec![None, None],
            engine: Engine::default(),
            witness: Witness::default(),
            sessions: 0,
            datagrams: 0,
        };
        world.gateway_starts();
        world
    }

    fn later(&mut self, pause: Duration, happening: Happening) {
        self.count += 1;
        self.queue.insert((self.now + pause, self.count), happening);
    }

    fn up_to(&mut self, longest: Duration) -> Duration {
        longest.mul_f64(self.rng.random())
    }

    /// Lives until all is quiet, and then looks for what was left behind.
    pub(super) fn live(mut self) -> Report {
        let Setting {
            sessions,
            calls_in,
            within,
            silence,
            crashes,
            ..
        } = self.setting;
        for _ in 0..sessions {
            let pause = self.up_to(within);
            self.later(pause, Happening::Session);
        }
        for _ in 0..calls_in {
            let pause = self.up_to(within);
            self.later(pause, Happening::CallIn);
        }
        if silence {
            for _ in 0..3 {
                let pause = self.up_to(within);
                self.later(
                    pause,
                    Happening::Silent {
                        carrier: 0,
                        silent: true,
                    },
                );
                self.later(
                    pause + SILENCE,
                    Happening::Silent {
                        carrier: 0,
                        silent: false,
                    },
                );
            }
        }
        for _ in 0..crashes {
            let pause = self.up_to(within);
            self.later(pause, Happening::Killed);
        }
        let end = self.now + within + LONGEST + QUIET;
        self.run_until(end);
        self.check();
        Report {
            sessions: self.witness.ordered.len(),
            legs: self.witness.legs(),
            answered: self.witness.answered(),
            datagrams: self.datagrams,
            streams: self.engine.opened,
        }
    }

    fn run_until(&mut self, end: Instant) {
        for step in 0.. {
            assert!(step < MOST_STEPS, "it never comes to rest");
            self.settle();
            let queued = self.queue.first_key_value().map(|((at, _), _)| *at);
            let wakes = self.carriers_wake.iter().copied();
            let next = wakes
                .chain([queued, self.engine.next(), self.gateway_wakes])
                .flatten()
                .min();
            let Some(at) = next.filter(|at| *at <= end) else {
                return;
            };
            self.now = self.now.max(at);
            if queued == Some(at)
                && let Some((_, happening)) = self.queue.pop_first()
            {
                self.happen(happening);
            } else {
                self.tick();
            }
        }
    }

    fn tick(&mut self) {
        let now = self.now;
        if let Some(gateway) = &mut self.gateway {
            gateway.handle_input(now, Input::Timeout);
        }
        for carrier in &mut self.carriers {
            carrier
                .endpoint
                .handle_input(now, trunkline_gateway::sip::api::Input::Timeout);
        }
    }

    /// Everybody says what they have to say at this instant.
    fn settle(&mut self) {
        self.drain_gateway();
        while let Some(event) = self.engine.poll(self.now) {
            self.give(Input::Media(event));
        }
        for n in 0..self.carriers.len() {
            let wants = self.carriers[n].drain(self.now, &mut self.rng);
            self.carriers_wake[n] = wants.wake;
            let from = self.carriers[n].address;
            for bytes in wants.send {
                self.send(from, ours(), bytes);
            }
            for (pause, leg, deed) in wants.deeds {
                self.later(
                    pause,
                    Happening::Far {
                        carrier: n,
                        leg,
                        deed,
                    },
                );
            }
        }
    }

    fn give(&mut self, input: Input) {
        if let Some(gateway) = &mut self.gateway {
            gateway.handle_input(self.now, input);
            self.drain_gateway();
        }
    }

    fn drain_gateway(&mut self) {
        loop {
            let Some(gateway) = &mut self.gateway else { return };
            match gateway.poll_output() {
                Output::Transmit { path, bytes } => {
                    self.witness.sent(&bytes);
                    self.send(ours(), path.remote, bytes);
                }
                Output::Media { command, .. } => self.engine.on(self.now, command),
                Output::Journal(record) => self.witness.journal(record),
                Output::Event(event) => {
                    self.witness.event(&event.kind);
                    self.control_api(event.kind);
                }
                Output::Stopped => panic!("nobody has stopped it"),
                Output::Timeout(at) => {
                    self.gateway_wakes = at;
                    return;
                }
            }
        }
    }

    /// What control-api does about an event.
    fn control_api(&mut self, event: EventKind) {
        if let EventKind::Incoming { leg, .. } = event {
            let command = match self.rng.random_range(0..10) {
                // It is busy elsewhere, and says nothing.
                0 => return,
                1 => Command::Refuse {
                    leg,
                    status: 486,
                    retry_after: None,
                },
                _ => {
                    self.command(Command::Ring { leg });
                    Command::Accept {
                        leg,
                        order: self.order(Entry::Inbound(Inbound::Live), OURS.into()),
                    }
                }
            };
            self.command(command);
        } else if let EventKind::Cdr(cdr) = event {
            self.command(Command::CdrStored { leg: cdr.id });
        }
    }

    /// Given at once: the gateway is being drained by whoever called.
    fn command(&mut self, command: Command) {
        if let Some(gateway) = &mut self.gateway {
            gateway.handle_input(self.now, Input::Command(command));
        }
    }

    fn send(&mut self, from: SocketAddr, to: SocketAddr, bytes: Bytes) {
        self.datagrams += 1;
        let copies = 1 + usize::from(self.rng.random_bool(self.setting.duplicates));
        for _ in 0..copies {
            if !self.rng.random_bool(self.setting.loss) {
                let pause = self.up_to(self.setting.delay);
                self.later(
                    pause,
                    Happening::Arrives {
                        from,
                        to,
                        bytes: bytes.clone(),
                    },
                );
            }
        }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Arrives { from, to, bytes } => self.arrives(from, to, bytes),
            Happening::Session => {
                if self.gateway.is_some() {
                    let caller = format!("{CALLERS}{:04}", self.sessions % 10_000);
                    let order = self.order(Entry::Outbound, caller);
                    if self.rng.random_bool(0.05) {
                        let pause = self.up_to(Duration::from_secs(60));
                        self.later(pause, Happening::HangUp(order.session));
                    }
                    self.give(Input::Command(Command::Dial(order)));
                }
            }
            Happening::CallIn => {
                let from = format!("{CALLERS}{:04}", self.rng.random_range(0..10_000));
                let leg = self.carriers[0].dial(self.now, ours(), (&from, OURS));
                let pause = Duration::from_secs(5) + self.up_to(Duration::from_secs(120));
                self.later(
                    pause,
                    Happening::Far {
                        carrier: 0,
                        leg,
                        deed: Deed::HangUp,
                    },
                );
            }
            Happening::Far { carrier, leg, deed } => self.far(carrier, leg, deed),
            Happening::HangUp(session) => self.give(Input::Command(Command::HangUp { session })),
            Happening::Silent { carrier, silent } => self.carriers[carrier].silent = silent,
            Happening::Killed => {
                self.gateway = None;
                self.gateway_wakes = None;
                self.engine = std::mem::take(&mut self.engine).reborn();
                self.later(DOWN, Happening::Restarted);
            }
            Happening::Restarted => self.gateway_starts(),
        }
    }

    fn arrives(&mut self, from: SocketAddr, to: SocketAddr, bytes: Bytes) {
        if to == ours() {
            if self.gateway.is_some() {
                self.witness.received(&bytes);
            }
            let path = Path {
                transport: Transport::Udp,
                local: to,
                remote: from,
                connection: None,
            };
            self.give(Input::Message { path, bytes });
        } else if let Some(carrier) = self.carriers.iter_mut().find(|carrier| carrier.address == to) {
            carrier.receive(self.now, from, bytes);
        }
    }

    fn far(&mut self, carrier: usize, leg: LegId, deed: Deed) {
        let port = self.carriers[carrier].port(leg);
        match (deed, port) {
            (Deed::Press(digit), Some(port)) => self.engine.press(self.now, port, digit),
            (Deed::Vanish, Some(port)) => self.engine.fall_silent(self.now, port),
            _ => {}
        }
        self.carriers[carrier].does(self.now, leg, deed);
    }

    /// A gateway begins its life; what an earlier one has left behind is told to it.
    fn gateway_starts(&mut self) {
        if self.gateway.is_some() {
            return;
        }
        let config = GatewayConfig {
            listen: vec![(Transport::Udp, ours())],
            rtp_ports: 10_000..=19_999,
            ..GatewayConfig::default()
        };
        self.lives += 1;
        let wall = 1_700_000_000_000 + (self.now - self.start).as_millis() as i64;
        let rng = ChaCha8Rng::seed_from_u64(self.seed ^ (self.lives << 48));
        let gateway = Gateway::new(config, rng, self.now, wall);
        self.gateway = Some(gateway);
        let snapshot = Arc::new(self.snapshot());
        self.give(Input::Command(Command::Swap(snapshot)));
        let orphans = self.witness.ledger.orphans();
        if !orphans.is_empty() {
            self.give(Input::Orphans(orphans));
        }
    }

    fn order(&mut self, entry: Entry, caller: String) -> Box<SessionOrder> {
        self.sessions += 1;
        let session = SessionId(Uuid::from_u128(self.sessions));
        self.witness.ordered.insert(session);
        let targets: Vec<FlowTarget> = (0..self.rng.random_range(0..4)).map(|n| self.target(n)).collect();
        let call_id = |n: usize| CallId(Uuid::from_u128((self.sessions << 64) + n as u128));
        let plan = FlowPlan {
            entry,
            locate: None,
            intro_location: false,
            schedule: self.rng.random_bool(0.1).then_some(false),
            call_ids: (0..targets.len()).map(call_id).collect(),
            targets,
            deferred: Vec::new(),
            call_maximum: None,
            proof: Proof::AwaitsKey,
            timers: FlowTimers::default(),
        };
        Box::new(SessionOrder {
            session,
            campaign: CAMPAIGN,
            caller: phone(caller),
            caller_ref: "caller".into(),
            caller_id: phone(OURS.into()),
            caller_id_ref: "ours".into(),
            target_refs_plain: false,
            flow: Box::new(CampaignFlow::new(plan)),
            clips: CLIPS.clone(),
            max_duration: LONGEST,
            max_per_number: u32::MAX,
            retry_one_way: true,
            record_to: None,
        })
    }

    fn target(&mut self, index: usize) -> FlowTarget {
        let number = format!("{TARGETS}{:04}", self.rng.random_range(0..10_000));
        let extension = if self.rng.random_bool(0.2) { "12,3" } else { "" };
        let office = FlowOffice {
            uid: String::new(),
            phone: phone(number),
            extension: extension.into(),
        };
        FlowTarget {
            key: format!("custom:{index}"),
            offices: vec![office],
        }
    }

    fn snapshot(&self) -> Snapshot {
        let trunk = |(n, carrier): (usize, &Carrier)| {
            Arc::new(Trunk {
                port: Some(carrier.address.port()),
                servers: vec![Server::alone(vec![carrier.address])],
                ..Trunk::new(
                    TrunkId(Uuid::from_u128(0x7000 + n as u128)),
                    &format!("carrier {n}"),
                    &carrier.address.ip().to_string(),
                )
            })
        };
        let tried = |n: u16| RouteTrunk {
            trunk: TrunkId(Uuid::from_u128(0x7000 + u128::from(n))),
            priority: n,
            cost: 0,
            weight: 1,
        };
        Snapshot {
            trunks: self.carriers.iter().enumerate().map(trunk).collect(),
            routes: vec![Route {
                id: RouteId(Uuid::from_u128(1)),
                name: "all".into(),
                prefixes: vec!["+".into()],
                campaign: None,
                trunks: vec![tried(0), tried(1)],
                countries: vec![],
                windows: vec![],
                stop_codes: vec![],
            }],
            numbers: vec![Number {
                phone: phone(OURS.into()),
                trunk: TrunkId(Uuid::from_u128(0x7000)),
                campaign: Some(CAMPAIGN),
            }],
        }
    }

    fn check(&self) {
        self.witness.check(self.setting.crashes > 0);
        for carrier in &self.carriers {
            carrier.check();
        }
        let status = self.gateway.as_ref().expect("a gateway").status();
        assert_eq!(
            (status.sessions, status.legs),
            (0, 0),
            "sessions or legs are left"
        );
        assert_eq!(status.ports_in_use, 0, "ports are left");
        assert_eq!(self.engine.open(), 0, "streams are left");
        assert_eq!(status.transactions, 0, "transactions are left");
        assert!(
            status.trunks.iter().all(|trunk| trunk.channels == 0),
            "channels are left"
        );
    }
}
