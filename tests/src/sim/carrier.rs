//! A carrier: an endpoint of its own, and the calls of the people behind it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand_chacha::ChaCha8Rng;
use trunkline_gateway::ids::LegId;
use trunkline_gateway::sip::api::{Close, Dial, Event, Input, Output, Path};
use trunkline_gateway::sip::endpoint::{Endpoint, EndpointConfig};
use trunkline_gateway::sip::message::Message;
use trunkline_gateway::trunk::snapshot::Transport;
use trunkline_media::codec::Codec;
use trunkline_media::sdp::{self, Direction, LocalMedia};
use uuid::Uuid;

use super::people::{self, CALLERS, Deed};

/// One call as the carrier sees it.
pub(super) struct FarCall {
    caller: bool,
    call_id: String,
    /// The gateway's last description.
    theirs: Option<Bytes>,
    answered: bool,
    over: bool,
}

/// A carrier.
pub(super) struct Carrier {
    pub(super) address: SocketAddr,
    pub(super) endpoint: Endpoint,
    pub(super) calls: BTreeMap<LegId, FarCall>,
    /// Says nothing to anything.
    pub(super) silent: bool,
    /// Calls of which no message passes any more.
    vanished: BTreeSet<String>,
    vanish: f64,
    dialled: u128,
}

/// What a carrier wants of the world.
#[derive(Default)]
pub(super) struct Wants {
    /// To send this.
    pub(super) send: Vec<Bytes>,
    /// To do this later.
    pub(super) deeds: Vec<(Duration, LegId, Deed)>,
    /// To be woken.
    pub(super) wake: Option<Instant>,
}

impl Carrier {
    pub(super) fn new(address: SocketAddr, seed: u64, vanish: f64) -> Carrier {
        Carrier {
            address,
            endpoint: Endpoint::new(EndpointConfig::default(), seed),
            calls: BTreeMap::new(),
            silent: false,
            vanished: BTreeSet::new(),
            vanish,
            dialled: 0,
        }
    }

    fn path(&self, gateway: SocketAddr) -> Path {
        Path {
            transport: Transport::Udp,
            local: self.address,
            remote: gateway,
            connection: None,
        }
    }

    /// Whether a message may pass to or from here.
    fn passes(&self, bytes: &Bytes) -> bool {
        if self.silent {
            return false;
        }
        self.vanished.is_empty()
            || Message::parse(bytes.clone()).is_ok_and(|message| {
                !self
                    .vanished
                    .contains(&*String::from_utf8_lossy(message.call_id().as_bytes()))
            })
    }

    pub(super) fn receive(&mut self, now: Instant, from: SocketAddr, bytes: Bytes) {
        if self.passes(&bytes) {
            let path = self.path(from);
            self.endpoint.handle_input(now, Input::Message { path, bytes });
        }
    }

    /// What it wants after something has happened to it.
    pub(super) fn drain(&mut self, now: Instant, rng: &mut ChaCha8Rng) -> Wants {
        let mut wants = Wants::default();
        loop {
            match self.endpoint.poll_output() {
                Output::Transmit { bytes, .. } if self.passes(&bytes) => wants.send.push(bytes),
                Output::Transmit { .. } => {}
                Output::Event(event) => self.on(now, event, rng, &mut wants),
                Output::Timeout(at) => {
                    wants.wake = at;
                    return wants;
                }
            }
        }
    }

    fn on(&mut self, now: Instant, event: Event, rng: &mut ChaCha8Rng, wants: &mut Wants) {
        match event {
            Event::Incoming(incoming) => {
                let leg = incoming.leg;
                let caller = incoming.to_user.starts_with(CALLERS);
                let call = FarCall {
                    caller,
                    call_id: incoming.sip_call_id,
                    theirs: incoming.sdp,
                    answered: false,
                    over: false,
                };
                self.calls.insert(leg, call);
                let deeds = people::called(rng).into_iter();
                wants.deeds.extend(deeds.map(|(pause, deed)| (pause, leg, deed)));
            }
            Event::Answered { leg, sdp, .. } => {
                let call = self.call(leg);
                call.theirs = sdp;
                self.talks(leg, rng, wants);
            }
            Event::Confirmed { leg, .. } => self.talks(leg, rng, wants),
            Event::Failed { leg, .. } | Event::Ended { leg, .. } => {
                let call = self.call(leg);
                assert!(!call.over, "a call of the carrier ends twice");
                call.over = true;
            }
            Event::Modify { leg, .. } => {
                let sdp = self.description(Direction::SendRecv);
                self.endpoint.accept_modify(now, leg, sdp);
            }
            Event::Progress { .. }
            | Event::Trying { .. }
            | Event::AnsweredAgain { .. }
            | Event::Modified { .. }
            | Event::Info { .. }
            | Event::OptionsAnswered { .. }
            | Event::Registered { .. }
            | Event::Pong { .. } => {}
        }
    }

    fn talks(&mut self, leg: LegId, rng: &mut ChaCha8Rng, wants: &mut Wants) {
        let vanish = self.vanish;
        let call = self.call(leg);
        call.answered = true;
        let deeds = people::talks(rng, call.caller, vanish).into_iter();
        wants.deeds.extend(deeds.map(|(pause, deed)| (pause, leg, deed)));
    }

    fn call(&mut self, leg: LegId) -> &mut FarCall {
        self.calls.get_mut(&leg).expect("a call that was announced")
    }

    /// The port of the gateway's media for a call.
    pub(super) fn port(&mut self, leg: LegId) -> Option<u16> {
        let theirs = self.call(leg).theirs.clone()?;
        let text = String::from_utf8_lossy(&theirs).into_owned();
        let line = text.lines().find_map(|line| line.strip_prefix("m=audio "))?;
        line.split(' ').next()?.parse().ok()
    }

    /// Carries out a deed that is a message; keys and silence are the engine's.
    pub(super) fn does(&mut self, now: Instant, leg: LegId, deed: Deed) {
        let call = self.call(leg);
        if call.over {
            return;
        }
        let (answered, theirs) = (call.answered, call.theirs.clone());
        match deed {
            Deed::Ring => self.endpoint.progress(now, leg, 180, None),
            Deed::EarlyMedia => {
                let sdp = self.answer(theirs);
                self.endpoint.progress(now, leg, 183, Some(sdp));
            }
            Deed::Answer => {
                let sdp = self.answer(theirs);
                self.endpoint.answer(now, leg, sdp);
            }
            Deed::Refuse(status) => {
                let wait = (status == 503).then_some(Duration::from_secs(5));
                self.endpoint.reject(now, leg, status, wait);
                self.call(leg).over = true;
            }
            Deed::HangUp => self.endpoint.close(now, leg, Close { q850_cause: Some(16) }),
            Deed::Hold if answered => {
                let sdp = self.description(Direction::SendOnly);
                self.endpoint.modify(now, leg, sdp);
            }
            Deed::Vanish => {
                let call_id = self.call(leg).call_id.clone();
                self.vanished.insert(call_id);
                self.endpoint.close(now, leg, Close::default());
            }
            Deed::Hold | Deed::Press(_) => {}
        }
    }

    /// Calls one of our numbers. The caller gives up after a while when nobody answers.
    pub(super) fn dial(&mut self, now: Instant, gateway: SocketAddr, (from, to): (&str, &str)) -> LegId {
        self.dialled += 1;
        let host = self.address.ip();
        let leg = LegId(Uuid::from_u128(
            (u128::from(self.address.port()) << 64) + (1 << 32) + self.dialled,
        ));
        let dial = Dial {
            leg,
            path: self.path(gateway),
            request_uri: format!("sip:{to}@{gateway}"),
            from_uri: format!("sip:{from}@{host}"),
            to_uri: format!("sip:{to}@{gateway}"),
            contact: format!("sip:{from}@{}", self.address),
            headers: vec![("P-Asserted-Identity".into(), format!("<sip:{from}@{host}>"))],
            sdp: self.description(Direction::SendRecv),
            credentials: None,
            patience: trunkline_gateway::sip::api::Patience::NextTrunk,
            manners: trunkline_gateway::sip::api::Manners::default(),
        };
        let call_id = self.endpoint.dial(now, dial).expect("room for a call");
        self.calls.insert(
            leg,
            FarCall {
                caller: true,
                call_id,
                theirs: None,
                answered: false,
                over: false,
            },
        );
        leg
    }

    /// Its answer to an offer, or its offer.
    fn answer(&self, offer: Option<Bytes>) -> Bytes {
        match offer {
            Some(offer) => sdp::answer(&offer, &self.local(Direction::SendRecv))
                .expect("our offer is legal")
                .0
                .into(),
            None => self.description(Direction::SendRecv),
        }
    }

    fn description(&self, direction: Direction) -> Bytes {
        sdp::offer(&self.local(direction)).into()
    }

    fn local(&self, direction: Direction) -> LocalMedia {
        LocalMedia {
            address: SocketAddr::new(self.address.ip(), 4000),
            codecs: vec![Codec::Pcmu],
            telephone_event: true,
            session_id: 1,
            version: 1,
            direction,
            srtp: trunkline_media::sdp::Srtp::Off,
        }
    }

    /// Every call has ended here, too.
    pub(super) fn check(&self) {
        let left = self.calls.values().filter(|call| !call.over).count();
        assert_eq!(left, 0, "calls of {} are left", self.address);
        assert_eq!(
            (self.endpoint.calls(), self.endpoint.transactions()),
            (0, 0),
            "{} remembers",
            self.address
        );
    }
}
