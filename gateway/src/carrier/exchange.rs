//! The carrier itself: a SIP endpoint whose calls are taken by personas, and a line of RTP for each.
//!
//! ```text
//! Sip, Rtp, Port, Frame, Timeout ─► handle_input ─► poll_output ─► Transmit, Rtp, WantPort, Closed, Happened, Timeout
//! ```

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trunkline_media::codec::Codec;
use trunkline_media::dtmf::Digit;
use trunkline_media::sdp::{self, Direction, LocalMedia};
use uuid::Uuid;

use super::ear::{Ear, Heard};
use super::line::Line;
use super::persona::{Act, Event as Person, Habit, Persona};
use super::voice::Voice;
use crate::ids::LegId;
use crate::sip::api::{self, Close, Dial, Incoming, Path, Patience};
use crate::sip::endpoint::{Endpoint, EndpointConfig};
use crate::trunk::snapshot::Transport;

#[cfg(test)]
#[path = "exchange_tests.rs"]
mod tests;

/// Most calls at once; more are refused with 503.
pub const MAX_CALLS: usize = 1_000;

/// Who answers which number.
#[derive(Clone, Debug, Default)]
pub struct Book(Vec<Entry>);

#[derive(Clone, Debug)]
struct Entry {
    digits: String,
    habit: Habit,
    hz: f64,
}

impl Book {
    /// Somebody with a habit and a tone behind a number (`+12025550123`, or any dial string that ends with its digits).
    pub fn add(&mut self, number: &str, habit: Habit, hz: f64) {
        self.0.push(Entry {
            digits: digits(number),
            habit,
            hz,
        });
    }

    fn find(&self, number: &str) -> Option<&Entry> {
        let dialled = digits(number);
        self.0
            .iter()
            .find(|entry| !entry.digits.is_empty() && dialled.ends_with(&entry.digits))
    }

    /// The tones of everybody who is called as a target, by which callers know that one is on the line.
    fn target_tones(&self) -> Vec<f64> {
        let targets = self.0.iter().filter(|e| matches!(e.habit, Habit::Answers { .. }));
        let mut tones: Vec<f64> = targets.map(|e| e.hz).collect();
        tones.dedup();
        tones
    }
}

fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

/// Something that a person at the carrier did or met with.
#[derive(Clone, Debug, PartialEq)]
pub struct Happened {
    /// Their number as it was dialled, or as they show it when they call.
    pub number: String,
    /// What it was.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// The telephone rings; the caller ID that it shows.
    Rings(String),
    /// The call is answered.
    Answered,
    /// A key was pressed.
    Pressed(Digit),
    /// The call was refused with this status.
    Refused(u16),
    /// The call is over.
    Ended(Recording),
}

/// What one person heard in one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// 8 kHz, from the answer to the end, quiet where nothing came.
    pub heard: Vec<i16>,
    /// Keys that came.
    pub digits: Vec<Digit>,
    /// Packets of audio that came.
    pub packets: u64,
}

/// What the carrier is told.
#[derive(Debug)]
pub enum Input {
    /// A datagram on the SIP socket.
    Sip {
        /// Who sent it.
        from: SocketAddr,
        /// The bytes.
        bytes: Bytes,
    },
    /// Answer to [`Output::WantPort`]: where the leg's RTP is received; `None` when there is no port.
    Port {
        /// The leg.
        leg: LegId,
        /// The address.
        address: Option<SocketAddr>,
    },
    /// A datagram on the leg's RTP socket.
    Rtp {
        /// The leg.
        leg: LegId,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// 20 ms have gone by.
    Frame,
    /// A time of the endpoint has come.
    Timeout,
}

/// What the carrier wants.
#[derive(Debug)]
pub enum Output {
    /// Send this from the SIP socket.
    Transmit {
        /// Where to.
        to: SocketAddr,
        /// The bytes.
        bytes: Bytes,
    },
    /// Open sockets for RTP and RTCP, and say where.
    WantPort {
        /// The leg.
        leg: LegId,
    },
    /// Send this from the leg's RTP socket.
    Rtp {
        /// The leg.
        leg: LegId,
        /// Where to.
        to: SocketAddr,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// The leg's sockets are not needed any more.
    Closed {
        /// The leg.
        leg: LegId,
    },
    /// For whoever watches.
    Happened(Happened),
    /// Nothing more now; [`Input::Timeout`] at this time.
    Timeout(Option<Instant>),
}

/// The carrier as a machine.
pub struct Exchange {
    endpoint: Endpoint,
    local: SocketAddr,
    book: Book,
    ear: Ear,
    legs: BTreeMap<LegId, Leg>,
    outputs: VecDeque<Output>,
    rng: ChaCha8Rng,
}

struct Leg {
    number: String,
    persona: Persona,
    voice: Voice,
    stage: Stage,
    line: Option<Line>,
}

enum Stage {
    /// They are called; their offer waits for our answer.
    Called(Bytes),
    /// They call, and this is where: an address is wanted before the INVITE can be written.
    Calls(Box<Call>),
    /// They call, and this was offered.
    Offered(LocalMedia),
    /// Up.
    Up,
}

/// A call that somebody at the carrier makes.
#[derive(Clone, Debug)]
pub struct Call {
    /// Where the INVITE goes.
    pub gateway: SocketAddr,
    /// The number dialled.
    pub to: String,
    /// The number shown, which the carrier vouches for.
    pub from: String,
    /// Who calls.
    pub habit: Habit,
    /// Their tone.
    pub hz: f64,
}

impl Exchange {
    /// A carrier that listens for SIP on `local` and connects the numbers of the book.
    pub fn new(local: SocketAddr, book: Book, seed: u64) -> Exchange {
        let config = EndpointConfig {
            product: "trunkline-demo-carrier".to_owned(),
            max_calls: MAX_CALLS,
            ..EndpointConfig::default()
        };
        Exchange {
            endpoint: Endpoint::new(config, seed),
            local,
            ear: Ear::new(book.target_tones()),
            book,
            legs: BTreeMap::new(),
            outputs: VecDeque::new(),
            rng: ChaCha8Rng::seed_from_u64(seed.wrapping_add(1)),
        }
    }

    /// Somebody at the carrier makes a call.
    pub fn call(&mut self, call: Call) {
        let leg = LegId(Uuid::from_u128(self.rng.random()));
        let entry = Leg {
            number: call.from.clone(),
            persona: Persona::new(call.habit),
            voice: Voice::new(call.hz),
            stage: Stage::Calls(Box::new(call)),
            line: None,
        };
        self.legs.insert(leg, entry);
        self.outputs.push_back(Output::WantPort { leg });
    }

    /// Takes what came from outside.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        match input {
            Input::Sip { from, bytes } => {
                let path = self.path(from);
                self.endpoint
                    .handle_input(now, api::Input::Message { path, bytes });
            }
            Input::Timeout => self.endpoint.handle_input(now, api::Input::Timeout),
            Input::Port { leg, address } => self.port(now, leg, address),
            Input::Rtp { leg, bytes } => {
                if let Some(line) = self.legs.get_mut(&leg).and_then(|l| l.line.as_mut()) {
                    line.receive(&bytes);
                }
            }
            Input::Frame => self.frame(now),
        }
    }

    /// What is to be done next. Drain until `Timeout`.
    pub fn poll_output(&mut self, now: Instant) -> Output {
        loop {
            if let Some(output) = self.outputs.pop_front() {
                return output;
            }
            match self.endpoint.poll_output() {
                api::Output::Transmit { path, bytes } => {
                    return Output::Transmit {
                        to: path.remote,
                        bytes,
                    };
                }
                api::Output::Event(event) => self.sip(now, event),
                api::Output::Timeout(at) => return Output::Timeout(at),
            }
        }
    }

    /// Calls that are up or being set up.
    pub fn calls(&self) -> usize {
        self.legs.len()
    }

    fn path(&self, remote: SocketAddr) -> Path {
        Path {
            transport: Transport::Udp,
            local: self.local,
            remote,
            connection: None,
        }
    }

    fn sip(&mut self, now: Instant, event: api::Event) {
        match event {
            api::Event::Incoming(incoming) => self.incoming(now, *incoming),
            api::Event::Answered { leg, sdp, .. } => self.answered(now, leg, sdp.as_deref()),
            api::Event::Modify { leg, offer } => self.modify(now, leg, offer),
            api::Event::Failed { leg, .. } | api::Event::Ended { leg, .. } => self.ended(leg),
            api::Event::Progress { .. }
            | api::Event::Trying { .. }
            | api::Event::AnsweredAgain { .. }
            | api::Event::Confirmed { .. }
            | api::Event::Modified { .. }
            | api::Event::Info { .. }
            | api::Event::OptionsAnswered { .. }
            | api::Event::Registered { .. }
            | api::Event::Pong { .. } => {}
        }
    }

    fn incoming(&mut self, now: Instant, incoming: Incoming) {
        let leg = incoming.leg;
        let entry = self.book.find(&incoming.to_user);
        let (Some(entry), Some(offer)) = (entry, incoming.sdp) else {
            // Nobody has this number; or no offer, which no part of the product ever sends.
            let status = if entry.is_none() { 404 } else { 488 };
            return self.endpoint.reject(now, leg, status, None);
        };
        let person = Leg {
            number: incoming.to_user,
            persona: Persona::new(entry.habit),
            voice: Voice::new(entry.hz),
            stage: Stage::Called(offer),
            line: None,
        };
        self.legs.insert(leg, person);
        self.tell(leg, What::Rings(incoming.from_user));
        self.happens(now, leg, Person::Invited);
    }

    /// Gives a person an event and does what they do.
    fn happens(&mut self, now: Instant, leg: LegId, event: Person) {
        let acts = self
            .legs
            .get_mut(&leg)
            .map(|l| l.persona.on(event))
            .unwrap_or_default();
        for act in acts {
            match act {
                Act::Ring => self.endpoint.progress(now, leg, 180, None),
                Act::Answer => self.outputs.push_back(Output::WantPort { leg }),
                Act::Refuse(status) => {
                    self.endpoint.reject(now, leg, status, None);
                    self.tell(leg, What::Refused(status));
                    self.ended(leg);
                }
                Act::Press(digit) => {
                    if let Some(line) = self.legs.get_mut(&leg).and_then(|l| l.line.as_mut()) {
                        line.press(digit);
                    }
                    self.tell(leg, What::Pressed(digit));
                }
                Act::HangUp => self.endpoint.close(now, leg, Close { q850_cause: Some(16) }),
            }
        }
    }

    /// There is a port: a person who is called answers, one who calls sends the INVITE.
    fn port(&mut self, now: Instant, leg: LegId, address: Option<SocketAddr>) {
        let Some(person) = self.legs.get_mut(&leg) else {
            return self.outputs.push_back(Output::Closed { leg });
        };
        let Some(address) = address else {
            self.endpoint.reject(now, leg, 503, None);
            return self.ended(leg);
        };
        let local = local_media(address);
        match std::mem::replace(&mut person.stage, Stage::Up) {
            Stage::Called(offer) => match sdp::answer(&offer, &local) {
                Ok((answer, media)) => {
                    person.line = Some(Line::new(address, media, person.voice.clone(), &mut self.rng));
                    self.endpoint.answer(now, leg, answer.into());
                    self.tell(leg, What::Answered);
                }
                Err(error) => {
                    self.endpoint.reject(now, leg, error.status(), None);
                    self.ended(leg);
                }
            },
            Stage::Calls(call) => {
                let sdp = sdp::offer(&local).into();
                person.stage = Stage::Offered(local);
                if self.endpoint.dial(now, self.dial(leg, &call, sdp)).is_err() {
                    self.ended(leg);
                }
            }
            Stage::Offered(_) | Stage::Up => {}
        }
    }

    fn dial(&self, leg: LegId, call: &Call, sdp: Bytes) -> Dial {
        let gateway = call.gateway;
        Dial {
            leg,
            path: self.path(gateway),
            request_uri: format!("sip:{}@{gateway}", call.to),
            from_uri: format!("sip:{}@{}", call.from, self.local),
            to_uri: format!("sip:{}@{gateway}", call.to),
            contact: format!("sip:{}", self.local),
            headers: vec![(
                "P-Asserted-Identity".to_owned(),
                format!("<sip:{}@{}>", call.from, self.local.ip()),
            )],
            sdp,
            credentials: None,
            patience: Patience::NextTrunk,
            manners: crate::sip::api::Manners::default(),
        }
    }

    /// A call that somebody here made was answered.
    fn answered(&mut self, now: Instant, leg: LegId, answer: Option<&[u8]>) {
        let Some(person) = self.legs.get_mut(&leg) else {
            return;
        };
        let Stage::Offered(local) = std::mem::replace(&mut person.stage, Stage::Up) else {
            return;
        };
        match sdp::accept(&local, answer.unwrap_or_default()) {
            Ok(media) => {
                person.line = Some(Line::new(
                    local.address,
                    media,
                    person.voice.clone(),
                    &mut self.rng,
                ));
                self.tell(leg, What::Answered);
                self.happens(now, leg, Person::Answered);
            }
            Err(_) => self.endpoint.close(now, leg, Close::default()),
        }
    }

    /// A re-INVITE: the same address, whatever is new.
    fn modify(&mut self, now: Instant, leg: LegId, offer: Option<Bytes>) {
        let line = self.legs.get_mut(&leg).and_then(|l| l.line.as_mut());
        let (Some(line), Some(offer)) = (line, offer) else {
            return self.endpoint.refuse_modify(now, leg, 488);
        };
        let local = LocalMedia {
            version: 2,
            ..local_media(line.local())
        };
        match sdp::answer(&offer, &local) {
            Ok((answer, media)) => {
                line.agree(media);
                self.endpoint.accept_modify(now, leg, answer.into());
            }
            Err(error) => self.endpoint.refuse_modify(now, leg, error.status()),
        }
    }

    /// Everybody hears 20 ms, does what they do about it, and says 20 ms.
    fn frame(&mut self, now: Instant) {
        let legs: Vec<LegId> = self.legs.keys().copied().collect();
        for leg in legs {
            let Some(person) = self.legs.get_mut(&leg) else {
                continue;
            };
            let heard = person
                .line
                .as_mut()
                .map_or(Heard::Quiet, |line| self.ear.hear(&line.hear()));
            self.happens(now, leg, Person::Frame(heard));
            let Some(person) = self.legs.get_mut(&leg).filter(|p| !p.persona.is_over()) else {
                continue;
            };
            if let Some(line) = &mut person.line
                && let Some(bytes) = line.speak()
            {
                self.outputs.push_back(Output::Rtp {
                    leg,
                    to: line.media().remote_rtp,
                    bytes,
                });
            }
        }
    }

    fn ended(&mut self, leg: LegId) {
        let Some(mut person) = self.legs.remove(&leg) else {
            return;
        };
        person.persona.on(Person::Ended);
        self.outputs.push_back(Output::Closed { leg });
        let (heard, digits, packets) = person.line.map(Line::finish).unwrap_or_default();
        let what = What::Ended(Recording {
            heard,
            digits,
            packets,
        });
        self.outputs.push_back(Output::Happened(Happened {
            number: person.number,
            what,
        }));
    }

    fn tell(&mut self, leg: LegId, what: What) {
        if let Some(person) = self.legs.get(&leg) {
            self.outputs.push_back(Output::Happened(Happened {
                number: person.number.clone(),
                what,
            }));
        }
    }
}

fn local_media(address: SocketAddr) -> LocalMedia {
    LocalMedia {
        address,
        codecs: Codec::G711.to_vec(),
        telephone_event: true,
        session_id: 1,
        version: 1,
        direction: Direction::SendRecv,
        srtp: sdp::Srtp::Off,
    }
}
