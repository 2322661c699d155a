//! Whether a trunk answers, and how fast it can be fed. A leaf machine with one entry a trunk; each of its servers is up or down by
//! itself, and the trunk is down when all of them are.
//!
//! ```text
//!   Up ── 3 silences in a row ──► Down ── 2 answers ──► Up                                               (each server)
//!   full rate ── 503, 429, pacing text ──► half ── a step every 5 s ──► full rate       (never Down: it did answer)
//! ```

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::pacing::Rate;
use crate::event::TrunkHealth;

/// So many requests in a row without any answer make a trunk `Down`.
pub const SILENCES_TO_DOWN: u8 = 3;
/// So many answers make it `Up` again.
pub const ANSWERS_TO_UP: u8 = 2;
/// A server that answers calls and never an OPTIONS cannot show that it is back: after so many more of them one call may find out.
pub const MISSES_TO_TRIAL: u8 = 12;
/// A slowed trunk is raised one step after so long without another complaint.
pub const RAISE_AFTER: Duration = Duration::from_secs(5);
/// Steps from nothing to the full rate.
pub const RAISE_STEPS: u64 = 8;
/// Complaints that come closer together than this belong to the same overload: the rate is halved once.
pub const HALVE_APART: Duration = Duration::from_secs(1);
/// A trunk is never slowed below one call in five seconds, or nobody would ever learn that it has recovered.
pub const SLOWEST: Rate = Rate::from_millis_per_second(200);
/// The longest Retry-After that we believe; the next complaint may prolong it.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60);

/// What a trunk did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthEvent {
    /// Any message of a server but to OPTIONS: 100, 180, a final response, a request of its own.
    Answer {
        /// The server.
        from: SocketAddr,
    },
    /// A server has answered OPTIONS.
    Pong {
        /// The server.
        from: SocketAddr,
        /// From the request to its answer.
        round_trip: Duration,
    },
    /// A request got nothing at all: no 100 within 2 s, no connection.
    Silence {
        /// The server.
        at: SocketAddr,
    },
    /// OPTIONS got no answer.
    Missed {
        /// The server.
        at: SocketAddr,
    },
    /// 503, 429, or a pacing text ([`super::overload::asks_for_less`]): it lives and wants less.
    Overload {
        /// The server.
        from: SocketAddr,
        /// Retry-After, when given.
        retry_after: Option<Duration>,
        /// What it was fed until now: its limit, or what [`super::pacing::Pacing::measured`] says when it has none.
        full: Rate,
    },
    /// Time has come to what [`Health::due`] said.
    Due,
}

/// One trunk's health.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    servers: BTreeMap<SocketAddr, Server>,
    pace: Pace,
}

/// What is known of one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Server {
    reach: Reach,
    /// It has answered something else than OPTIONS.
    answers: bool,
    /// Of the last OPTIONS that it answered; `None` when it never did.
    pub round_trip: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Up { silences: u8 },
    Down { answers: u8, misses: u8 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    Full,
    Slowed {
        full: Rate,
        rate: Rate,
        halved_at: Instant,
        raise_at: Instant,
    },
}

impl Default for Health {
    /// Up, at full rate: a trunk is trusted until it fails.
    fn default() -> Self {
        Health {
            servers: BTreeMap::new(),
            pace: Pace::Full,
        }
    }
}

impl Health {
    /// The servers are these now; what is known of those that stay is kept.
    pub fn set_servers(&mut self, servers: impl Iterator<Item = SocketAddr>) {
        let mut before = std::mem::take(&mut self.servers);
        let known = |address| (address, before.remove(&address).unwrap_or_default());
        self.servers = servers.map(known).collect();
    }

    /// Every server, and what is known of it.
    pub fn servers(&self) -> impl Iterator<Item = (SocketAddr, Server)> + '_ {
        self.servers.iter().map(|(address, server)| (*address, *server))
    }

    /// How long a server has been silent: 0 is well, `u8::MAX` down, and so is one that is none of them.
    pub fn silence(&self, server: SocketAddr) -> u8 {
        self.servers.get(&server).map_or(u8::MAX, Server::silence)
    }

    /// Takes one event. Answers what the trunk is now when that has changed.
    pub fn on(&mut self, event: HealthEvent, now: Instant) -> Option<TrunkHealth> {
        let before = self.state();
        match event {
            HealthEvent::Answer { from } => self.tell(from, Server::answered),
            HealthEvent::Pong { from, round_trip } => self.tell(from, |s| s.ponged(round_trip)),
            HealthEvent::Silence { at } => self.tell(at, Server::silent),
            HealthEvent::Missed { at } => self.tell(at, Server::missed),
            HealthEvent::Overload {
                from,
                retry_after,
                full,
            } => {
                self.tell(from, Server::answered);
                self.pace = self.pace.complained(retry_after.unwrap_or_default(), full, now);
            }
            HealthEvent::Due => self.pace = self.pace.raised(now),
        }
        Some(self.state()).filter(|state| *state != before)
    }

    /// Who sends from another port than it is asked at is known by its address; who is no server of ours says nothing of them.
    fn tell(&mut self, server: SocketAddr, event: impl FnOnce(&mut Server)) {
        let known = self.servers.keys().copied();
        let known = known.min_by_key(|s| (*s != server, s.ip() != server.ip()));
        let known = known.filter(|s| s.ip() == server.ip());
        if let Some(server) = known.and_then(|known| self.servers.get_mut(&known)) {
            event(server);
        }
    }

    /// What it can do now.
    pub fn state(&self) -> TrunkHealth {
        let down = !self.servers.is_empty() && self.servers.values().all(Server::is_down);
        match self.pace {
            Pace::Full | Pace::Slowed { .. } if down => TrunkHealth::Down,
            Pace::Slowed { .. } => TrunkHealth::Slowed,
            Pace::Full => TrunkHealth::Up,
        }
    }

    /// The rate a slowed trunk may be fed with; `None` when only its configured limit counts. For
    /// [`super::pacing::Pacing::slow_to`].
    pub fn rate(&self) -> Option<Rate> {
        match self.pace {
            Pace::Full => None,
            Pace::Slowed { rate, .. } => Some(rate),
        }
    }

    /// When [`HealthEvent::Due`] is to be given.
    pub fn due(&self) -> Option<Instant> {
        match self.pace {
            Pace::Full => None,
            Pace::Slowed { raise_at, .. } => Some(raise_at),
        }
    }
}

impl Reach {
    fn answered(self) -> Reach {
        match self {
            Reach::Up { .. } => Reach::Up { silences: 0 },
            Reach::Down { answers, .. } if answers + 1 >= ANSWERS_TO_UP => Reach::Up { silences: 0 },
            Reach::Down { answers, misses } => Reach::Down {
                answers: answers + 1,
                misses,
            },
        }
    }

    fn silent(self) -> Reach {
        match self {
            Reach::Up { silences } if silences + 1 >= SILENCES_TO_DOWN => Reach::Down {
                answers: 0,
                misses: 0,
            },
            Reach::Up { silences } => Reach::Up {
                silences: silences + 1,
            },
            Reach::Down { misses, .. } => Reach::Down {
                answers: 0,
                misses: misses.saturating_add(1),
            },
        }
    }
}

impl Default for Server {
    /// Trusted until it fails.
    fn default() -> Server {
        Server {
            reach: Reach::Up { silences: 0 },
            answers: false,
            round_trip: None,
        }
    }
}

impl Server {
    /// It gives no answer.
    pub fn is_down(&self) -> bool {
        matches!(self.reach, Reach::Down { .. })
    }

    /// The last request to it got no answer.
    pub fn is_silent(&self) -> bool {
        self.silence() > 0
    }

    fn silence(&self) -> u8 {
        match self.reach {
            Reach::Up { silences } => silences,
            Reach::Down { .. } => u8::MAX,
        }
    }

    fn answered(&mut self) {
        self.answers = true;
        self.reach = self.reach.answered();
    }

    fn ponged(&mut self, round_trip: Duration) {
        self.round_trip = Some(round_trip);
        self.reach = self.reach.answered();
    }

    fn silent(&mut self) {
        self.reach = self.reach.silent();
    }

    /// Carriers exist that take calls and drop OPTIONS: by these alone such a server is neither down nor back.
    fn missed(&mut self) {
        let drops_options = self.answers && self.round_trip.is_none();
        match self.reach {
            Reach::Up { .. } if drops_options => {}
            Reach::Down { misses, .. } if drops_options && misses >= MISSES_TO_TRIAL => {
                self.reach = Reach::Up {
                    silences: SILENCES_TO_DOWN - 1,
                };
            }
            Reach::Up { .. } | Reach::Down { .. } => self.reach = self.reach.silent(),
        }
    }
}

impl Pace {
    fn complained(self, retry_after: Duration, full: Rate, now: Instant) -> Pace {
        // RFC 3261 section 20.33: Retry-After says how long the far end expects to be unavailable. It moves the first raise.
        let raise_at = now + RAISE_AFTER.max(retry_after.min(LONGEST_RETRY_AFTER));
        let halved = |rate: Rate| rate.half().max(SLOWEST);
        match self {
            Pace::Full => Pace::Slowed {
                full: full.max(SLOWEST),
                rate: halved(full),
                halved_at: now,
                raise_at,
            },
            Pace::Slowed {
                full,
                rate,
                halved_at,
                raise_at: old,
            } => {
                let again = now >= halved_at + HALVE_APART;
                Pace::Slowed {
                    full,
                    rate: if again { halved(rate) } else { rate },
                    halved_at: if again { now } else { halved_at },
                    raise_at: raise_at.max(old),
                }
            }
        }
    }

    fn raised(self, now: Instant) -> Pace {
        match self {
            Pace::Full => Pace::Full,
            Pace::Slowed { raise_at, .. } if now < raise_at => self,
            Pace::Slowed {
                full,
                rate,
                halved_at,
                ..
            } => {
                let rate = rate.plus(full.divided(RAISE_STEPS));
                if rate >= full {
                    return Pace::Full;
                }
                Pace::Slowed {
                    full,
                    rate,
                    halved_at,
                    raise_at: now + RAISE_AFTER,
                }
            }
        }
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "a starting point for a clock that the tests move"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A server by the last digits of its address.
    fn server(n: u8) -> SocketAddr {
        ([192, 0, 2, n], 5060).into()
    }

    fn healthy(servers: u8) -> Health {
        let mut health = Health::default();
        health.set_servers((1..=servers).map(server));
        health
    }

    /// A trunk of one server: one event a line, after so many milliseconds, and what the trunk is after it.
    fn check(lines: &[(&str, &str)]) {
        check_of(1, lines);
    }

    /// The same with this many servers; `silence@2` is the second one's.
    fn check_of(servers: u8, lines: &[(&str, &str)]) {
        let mut now = Instant::now();
        let mut health = healthy(servers);
        for (n, (event, expect)) in lines.iter().enumerate() {
            let mut words = event.split(' ');
            let ms: u64 = words.next().expect("a time").parse().expect("milliseconds");
            now += Duration::from_millis(ms);
            let what = words.next().expect("an event");
            let (what, at) = what.split_once('@').unwrap_or((what, "1"));
            let at = server(at.parse().expect("a server"));
            let event = match what {
                "answer" => HealthEvent::Answer { from: at },
                "pong" => HealthEvent::Pong {
                    from: at,
                    round_trip: Duration::from_millis(20),
                },
                "silence" => HealthEvent::Silence { at },
                "missed" => HealthEvent::Missed { at },
                "due" => HealthEvent::Due,
                "overload" => HealthEvent::Overload {
                    from: at,
                    retry_after: words
                        .next()
                        .map(|s| Duration::from_secs(s.parse().expect("seconds"))),
                    full: Rate::per_second(16),
                },
                other => panic!("unknown event {other}"),
            };
            health.on(event, now);
            let rate = health.rate().map_or("full".into(), |r| r.to_string());
            assert_eq!(format!("{:?} {rate}", health.state()), *expect, "line {n}");
        }
    }

    #[test]
    fn three_silences_in_a_row_are_down_and_two_answers_up() {
        check(&[
            ("0 silence", "Up full"),
            ("0 silence", "Up full"),
            ("0 answer", "Up full"),
            ("0 silence", "Up full"),
            ("0 silence", "Up full"),
            ("0 silence", "Down full"),
            ("0 answer", "Down full"),
            ("0 silence", "Down full"),
            ("0 answer", "Down full"),
            ("0 answer", "Up full"),
        ]);
    }

    #[test]
    fn a_trunk_is_down_when_all_its_servers_are() {
        check_of(
            2,
            &[
                ("0 silence@1", "Up full"),
                ("0 silence@1", "Up full"),
                ("0 silence@1", "Up full"),
                ("0 silence@2", "Up full"),
                ("0 missed@2", "Up full"),
                ("0 missed@2", "Down full"),
                ("0 pong@1", "Down full"),
                ("0 pong@1", "Up full"),
            ],
        );
    }

    #[test]
    fn a_server_that_takes_calls_and_drops_options_is_judged_by_its_calls() {
        let mut story = vec![("0 answer", "Up full")];
        story.extend([("0 missed", "Up full"); 20]);
        story.extend([("0 silence", "Up full"), ("0 silence", "Up full")]);
        story.push(("0 silence", "Down full"));
        story.extend([("0 missed", "Down full"); 12]);
        // A call may find out whether it is back.
        story.push(("0 missed", "Up full"));
        story.push(("0 silence", "Down full"));
        check(&story);
    }

    #[test]
    fn who_once_answered_options_has_to_go_on() {
        check(&[
            ("0 answer", "Up full"),
            ("0 pong", "Up full"),
            ("0 missed", "Up full"),
            ("0 pong", "Up full"),
            ("0 missed", "Up full"),
            ("0 missed", "Up full"),
            ("0 missed", "Down full"),
        ]);
    }

    #[test]
    fn a_server_is_known_by_its_address_whatever_port_it_sends_from() {
        let mut health = healthy(2);
        let now = Instant::now();
        health.on(HealthEvent::Silence { at: server(2) }, now);
        assert_eq!((health.silence(server(1)), health.silence(server(2))), (0, 1));
        let from = SocketAddr::new(server(2).ip(), 40_000);
        health.on(HealthEvent::Answer { from }, now);
        assert_eq!(health.silence(server(2)), 0);
        // A stranger, and a server that is gone.
        health.on(HealthEvent::Silence { at: server(9) }, now);
        health.set_servers([server(2), server(3)].into_iter());
        assert_eq!(health.servers().count(), 2);
        assert_eq!(health.silence(server(1)), u8::MAX);
    }

    #[test]
    fn overload_halves_and_comes_back_step_by_step() {
        check(&[
            ("0 overload", "Slowed 8/s"),
            ("500 overload", "Slowed 8/s"),
            ("500 overload", "Slowed 4/s"),
            ("4999 due", "Slowed 4/s"),
            ("1 due", "Slowed 6/s"),
            ("5000 due", "Slowed 8/s"),
            ("5000 due", "Slowed 10/s"),
            ("5000 due", "Slowed 12/s"),
            ("5000 due", "Slowed 14/s"),
            ("5000 due", "Up full"),
        ]);
    }

    #[test]
    fn retry_after_holds_the_raise_back() {
        check(&[
            ("0 overload 20", "Slowed 8/s"),
            ("5000 due", "Slowed 8/s"),
            ("14999 due", "Slowed 8/s"),
            ("1 due", "Slowed 10/s"),
            ("0 overload 9999", "Slowed 5/s"),
            ("60000 due", "Slowed 7/s"),
        ]);
    }

    proptest! {
        #[test]
        fn overload_alone_is_never_down_and_never_stops(steps in prop::collection::vec((0u64..4000, any::<bool>()), 0..200)) {
            let mut now = Instant::now();
            let mut health = healthy(1);
            for (ms, complain) in steps {
                now += Duration::from_millis(ms);
                let event = if complain {
                    HealthEvent::Overload { from: server(1), retry_after: None, full: Rate::per_second(50) }
                } else {
                    HealthEvent::Due
                };
                health.on(event, now);
                prop_assert_ne!(health.state(), TrunkHealth::Down);
                prop_assert!(health.rate().is_none_or(|r| r >= SLOWEST && r <= Rate::per_second(50)));
                prop_assert_eq!(health.due().is_some(), health.rate().is_some());
            }
        }

        #[test]
        fn left_alone_it_recovers(complaints in 1usize..40) {
            let mut now = Instant::now();
            let mut health = healthy(1);
            for _ in 0..complaints {
                now += HALVE_APART;
                health.on(HealthEvent::Overload { from: server(1), retry_after: None, full: Rate::per_second(100) }, now);
            }
            for _ in 0..=RAISE_STEPS {
                if let Some(due) = health.due() {
                    now = due;
                    health.on(HealthEvent::Due, now);
                }
            }
            prop_assert_eq!(health.state(), TrunkHealth::Up);
        }
    }
}
