//! Two endpoints and a link between them that loses, delays, repeats and reorders datagrams, all from one seed, with users
//! that do what users do at random. Whatever happens: every call ends on both sides, and after a quiet time nothing is left.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trunkline_gateway::ids::LegId;
use trunkline_gateway::sip::api::{Close, Dial, Event, Input, Output, Path};
use trunkline_gateway::sip::endpoint::{Endpoint, EndpointConfig};
use trunkline_gateway::trunk::snapshot::Transport;

use crate::script::{SDP, start};

/// What the link does to datagrams.
#[derive(Clone, Copy)]
struct Link {
    loss: f64,
    duplicates: f64,
    /// Each datagram is under way for up to this long.
    delay: Duration,
}

/// Whose turn it is to do something.
enum Due {
    Arrive { to: usize, path: Path, bytes: Bytes },
    User { end: usize, leg: LegId, verb: Verb },
}

#[derive(Clone, Copy, Debug)]
enum Verb {
    Ring,
    Answer,
    Reject,
    Close,
    Modify,
}

/// What one side knows of a leg.
#[derive(Default)]
struct Leg {
    answered: bool,
    ended: usize,
}

struct Pair {
    ends: [Endpoint; 2],
    link: Link,
    rng: ChaCha8Rng,
    now: Instant,
    due: BTreeMap<(Instant, u64), Due>,
    count: u64,
    legs: [HashMap<LegId, Leg>; 2],
    messages: usize,
}

fn address(end: usize) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, end as u8 + 1], 5060))
}

fn path(from: usize) -> Path {
    Path {
        transport: Transport::Udp,
        local: address(from),
        remote: address(1 - from),
        connection: None,
    }
}

impl Pair {
    fn new(seed: u64, link: Link) -> Pair {
        let end = |seed| Endpoint::new(EndpointConfig::default(), seed);
        Pair {
            ends: [end(seed), end(seed ^ 0xffff)],
            link,
            rng: ChaCha8Rng::seed_from_u64(seed),
            now: start(),
            due: BTreeMap::new(),
            count: 0,
            legs: [HashMap::new(), HashMap::new()],
            messages: 0,
        }
    }

    fn later(&mut self, pause: Duration, due: Due) {
        self.count += 1;
        self.due.insert((self.now + pause, self.count), due);
    }

    fn up_to(&mut self, longest: Duration) -> Duration {
        longest.mul_f64(self.rng.random())
    }

    fn dial(&mut self, number: u128) {
        let leg = LegId(uuid::Uuid::from_u128(number));
        let dial = Dial {
            leg,
            path: path(0),
            request_uri: "sip:b@192.0.2.2".into(),
            from_uri: "sip:a@192.0.2.1".into(),
            to_uri: "sip:b@192.0.2.2".into(),
            contact: "sip:a@192.0.2.1:5060".into(),
            headers: vec![],
            sdp: SDP.into(),
            credentials: None,
            patience: trunkline_gateway::sip::api::Patience::NextTrunk,
            manners: trunkline_gateway::sip::api::Manners::default(),
        };
        self.ends[0].dial(self.now, dial).expect("room");
        self.legs[0].insert(leg, Leg::default());
        // Whatever happens, the user hangs up in the end, as a session's longest duration does.
        let pause = self.up_to(Duration::from_secs(40));
        self.later(
            pause,
            Due::User {
                end: 0,
                leg,
                verb: Verb::Close,
            },
        );
    }

    fn transmit(&mut self, from: usize, bytes: Bytes) {
        self.messages += 1;
        let copies = match () {
            () if self.rng.random_bool(self.link.loss) => 0,
            () if self.rng.random_bool(self.link.duplicates) => 2,
            () => 1,
        };
        for _ in 0..copies {
            let pause = self.up_to(self.link.delay);
            let to = 1 - from;
            self.later(
                pause,
                Due::Arrive {
                    to,
                    path: path(to),
                    bytes: bytes.clone(),
                },
            );
        }
    }

    fn event(&mut self, end: usize, event: Event) {
        match event {
            Event::Incoming(incoming) => {
                self.legs[end].insert(incoming.leg, Leg::default());
                self.user_of_incoming(end, incoming.leg);
            }
            Event::Answered { leg, .. } | Event::Confirmed { leg, .. } => {
                self.leg(end, leg).answered = true;
                if self.rng.random_bool(0.3) {
                    let pause = self.up_to(Duration::from_secs(5));
                    self.later(
                        pause,
                        Due::User {
                            end,
                            leg,
                            verb: Verb::Modify,
                        },
                    );
                }
            }
            Event::Failed { leg, .. } | Event::Ended { leg, .. } => self.leg(end, leg).ended += 1,
            Event::Modify { leg, .. } => match self.rng.random_bool(0.8) {
                true => self.ends[end].accept_modify(self.now, leg, SDP.into()),
                false => self.ends[end].refuse_modify(self.now, leg, 488),
            },
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

    fn leg(&mut self, end: usize, leg: LegId) -> &mut Leg {
        self.legs[end].get_mut(&leg).expect("a leg that was announced")
    }

    fn user_of_incoming(&mut self, end: usize, leg: LegId) {
        let ring = self.up_to(Duration::from_secs(3));
        self.later(
            ring,
            Due::User {
                end,
                leg,
                verb: Verb::Ring,
            },
        );
        let decide = ring + self.up_to(Duration::from_secs(10));
        let verb = if self.rng.random_bool(0.8) {
            Verb::Answer
        } else {
            Verb::Reject
        };
        self.later(decide, Due::User { end, leg, verb });
        let close = decide + self.up_to(Duration::from_secs(40));
        self.later(
            close,
            Due::User {
                end,
                leg,
                verb: Verb::Close,
            },
        );
    }

    fn user(&mut self, end: usize, leg: LegId, verb: Verb) {
        let (endpoint, now) = (&mut self.ends[end], self.now);
        match verb {
            Verb::Ring => endpoint.progress(now, leg, 180, None),
            Verb::Answer => endpoint.answer(now, leg, SDP.into()),
            Verb::Reject => {
                endpoint.reject(now, leg, 486, None);
                // After a CANCEL it is too late; an end that was told then is the only one.
                let known = self.leg(end, leg);
                if known.ended == 0 {
                    known.ended = 1;
                }
            }
            Verb::Close => endpoint.close(now, leg, Close::default()),
            Verb::Modify => endpoint.modify(now, leg, SDP.into()),
        }
    }

    fn drain(&mut self, end: usize) -> Option<Instant> {
        loop {
            match self.ends[end].poll_output() {
                Output::Transmit { bytes, .. } => self.transmit(end, bytes),
                Output::Event(event) => self.event(end, event),
                Output::Timeout(at) => return at,
            }
        }
    }

    /// Runs until nothing will ever happen again.
    fn run(&mut self) {
        loop {
            let timeouts = [self.drain(0), self.drain(1)];
            let next_due = self.due.first_key_value().map(|((at, _), _)| *at);
            let Some(at) = timeouts.into_iter().chain([next_due]).flatten().min() else {
                return;
            };
            self.now = self.now.max(at);
            if next_due == Some(at)
                && let Some((_, due)) = self.due.pop_first()
            {
                match due {
                    Due::Arrive { to, path, bytes } => {
                        self.ends[to].handle_input(self.now, Input::Message { path, bytes });
                    }
                    Due::User { end, leg, verb } => self.user(end, leg, verb),
                }
            } else {
                for end in &mut self.ends {
                    end.handle_input(self.now, Input::Timeout);
                }
            }
        }
    }

    fn check(&self, seed: u64) {
        for (end, legs) in self.legs.iter().enumerate() {
            for (leg, known) in legs {
                assert_eq!(known.ended, 1, "seed {seed}: leg {leg} of end {end} ends once");
            }
        }
        for endpoint in &self.ends {
            assert_eq!(
                (endpoint.calls(), endpoint.transactions()),
                (0, 0),
                "seed {seed}: all is forgotten"
            );
        }
    }

    fn answered(&self) -> usize {
        self.legs[0].values().filter(|leg| leg.answered).count()
    }
}

fn run(seeds: std::ops::Range<u64>, calls: u128, link: Link) -> (usize, usize) {
    let (mut answered, mut messages) = (0, 0);
    for seed in seeds {
        let mut pair = Pair::new(seed, link);
        for number in 1..=calls {
            pair.dial(number);
        }
        pair.run();
        pair.check(seed);
        answered += pair.answered();
        messages += pair.messages;
    }
    (answered, messages)
}

#[test]
fn over_a_good_link_every_call_ends() {
    let link = Link {
        loss: 0.0,
        duplicates: 0.0,
        delay: Duration::from_millis(50),
    };
    let (answered, _) = run(0..20, 20, link);
    assert!(answered > 200, "{answered} of 400 were answered");
}

#[test]
fn over_a_link_that_reorders_and_repeats_every_call_ends() {
    let link = Link {
        loss: 0.0,
        duplicates: 0.3,
        delay: Duration::from_millis(800),
    };
    run(100..130, 20, link);
}

#[test]
fn over_a_link_that_loses_every_call_ends() {
    for (seed, loss) in [(200, 0.05), (230, 0.2), (260, 0.5), (290, 0.9)] {
        let link = Link {
            loss,
            duplicates: 0.1,
            delay: Duration::from_millis(200),
        };
        run(seed..seed + 30, 20, link);
    }
}

#[test]
fn over_a_dead_link_every_call_ends() {
    let link = Link {
        loss: 1.0,
        duplicates: 0.0,
        delay: Duration::from_millis(1),
    };
    assert_eq!(run(300..301, 20, link).0, 0);
}

#[test]
fn the_same_seed_is_the_same_run() {
    let link = Link {
        loss: 0.1,
        duplicates: 0.1,
        delay: Duration::from_millis(300),
    };
    assert_eq!(run(400..403, 30, link), run(400..403, 30, link));
}
