//! Our REGISTER to a trunk (RFC 3261 section 10.2). A leaf machine with one entry a trunk: it says when to ask, and which of the
//! trunk's servers.
//!
//! ```text
//!   Off ── Start ──► Asking ── granted ──► Held ── shortly before its end ──► Asking (still held)
//!                      │ 423: at once, for longer
//!                      │ silence, 5xx: the next server at once; all of them: later ─► Waiting ── due ──► Asking
//!                      └ any other refusal: the same server later ──────────────────┘
//!   any ── Stop ──► Leaving (expires 0) ── whatever comes ──► Off
//! ```

use std::time::{Duration, Instant};

/// What is asked for at first.
pub const EXPIRES: Duration = Duration::from_secs(600);
/// A registrar that wants more than this (423 with Min-Expires) is refused, or we would never learn that it has forgotten us.
pub const LONGEST_EXPIRES: Duration = Duration::from_secs(24 * 3600);
/// A registrar that grants less than this is asked again only so often.
pub const SHORTEST_REFRESH: Duration = Duration::from_secs(15);
/// Before the end so much is kept for a refresh that must be repeated: a transaction takes 32 s to fail (timer F).
pub const SPARE: Duration = Duration::from_secs(40);
/// After the first failure of all servers; doubled with each further one (RFC 5626 section 4.5 in short).
pub const FIRST_WAIT: Duration = Duration::from_secs(5);
/// Never longer than this: a carrier that is back should not wait for us.
pub const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Begin, or begin anew because the trunk's settings have changed.
    Start,
    /// 2xx: our contact is bound for so long.
    Granted(Duration),
    /// 423 with Min-Expires (RFC 3261 section 21.4.17).
    TooBrief(Duration),
    /// Any other final answer.
    Refused {
        /// The status.
        status: u16,
        /// Retry-After.
        retry_after: Option<Duration>,
    },
    /// No answer, or no way to that server.
    Silence,
    /// Time has come to what [`Registration::due`] said.
    Due,
    /// Take our contact back.
    Stop,
}

/// What is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Which of the trunk's servers, modulo their number.
    pub server: usize,
    /// Expires; zero takes the contact back.
    pub expires: Duration,
}

/// What operators see of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// This trunk wants no REGISTER.
    #[default]
    Off,
    /// The first answer is awaited.
    Asking,
    /// Our contact is bound.
    Held,
    /// It is not, and we ask again; the status of the refusal, or none when nothing came.
    Failed(Option<u16>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Off,
    Asking,
    Held { refresh: Instant },
    Waiting { until: Instant },
    Leaving,
}

/// One trunk's registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    state: State,
    servers: usize,
    server: usize,
    /// Servers that failed in a row.
    failures: u32,
    expires: Duration,
    /// The contact is bound until then, whatever happens to the refresh.
    bound: Option<Instant>,
    last: Option<u16>,
    /// Puts trunks that fail together apart: 0 to 255.
    jitter: u8,
}

impl Registration {
    /// Not begun. `servers` is how many addresses the trunk has; `jitter` any number.
    pub fn new(servers: usize, jitter: u8) -> Registration {
        Registration {
            state: State::Off,
            servers: servers.max(1),
            server: 0,
            failures: 0,
            expires: EXPIRES,
            bound: None,
            last: None,
            jitter,
        }
    }

    /// Takes one event; says what to send, if anything.
    pub fn on(&mut self, event: Event, now: Instant) -> Option<Ask> {
        match (self.state, event) {
            (State::Off | State::Leaving, Event::Start) => {
                self.failures = 0;
                Some(self.ask())
            }
            (State::Asking | State::Held { .. } | State::Waiting { .. }, Event::Start) => Some(self.ask()),
            (State::Asking, Event::Granted(granted)) => {
                self.hold(granted, now);
                None
            }
            (State::Asking, Event::TooBrief(min)) if min > self.expires && min <= LONGEST_EXPIRES => {
                self.expires = min;
                Some(self.ask())
            }
            (State::Asking, Event::TooBrief(_)) => self.fail(Some(423), None, now),
            (State::Asking, Event::Refused { status, retry_after }) => {
                self.fail(Some(status), retry_after, now)
            }
            (State::Asking, Event::Silence) => self.fail(None, None, now),
            (State::Held { refresh }, Event::Due) if now >= refresh => Some(self.ask()),
            (State::Waiting { until }, Event::Due) if now >= until => Some(self.ask()),
            (State::Asking | State::Held { .. } | State::Waiting { .. }, Event::Stop) => {
                self.state = State::Leaving;
                // A contact that was never bound is taken back as well: an answer may be on its way.
                Some(Ask {
                    server: self.server,
                    expires: Duration::ZERO,
                })
            }
            (
                State::Leaving,
                Event::Granted(_) | Event::TooBrief(_) | Event::Refused { .. } | Event::Silence,
            ) => {
                self.state = State::Off;
                self.bound = None;
                None
            }
            // Answers that come late, and timers that have been moved.
            (
                State::Off | State::Held { .. } | State::Waiting { .. },
                Event::Granted(_) | Event::TooBrief(_) | Event::Refused { .. } | Event::Silence,
            )
            | (
                State::Off | State::Asking | State::Leaving | State::Held { .. } | State::Waiting { .. },
                Event::Due,
            )
            | (State::Off | State::Leaving, Event::Stop) => None,
        }
    }

    /// Which of the trunk's servers has us, or is asked.
    pub fn server(&self) -> usize {
        self.server
    }

    /// The trunk's servers are others now, so many; the one that has us stays, and is the first of them.
    pub fn keeps_server(&mut self, servers: usize) {
        self.servers = servers.max(1);
        self.server = 0;
    }

    /// When [`Event::Due`] is to be given.
    pub fn due(&self) -> Option<Instant> {
        match self.state {
            State::Held { refresh: at } | State::Waiting { until: at } => Some(at),
            State::Off | State::Asking | State::Leaving => None,
        }
    }

    /// It has been stopped, and nothing is awaited any more.
    pub fn is_over(&self) -> bool {
        self.state == State::Off
    }

    /// It has begun and was not stopped.
    pub fn is_wanted(&self) -> bool {
        !matches!(self.state, State::Off | State::Leaving)
    }

    /// What operators see.
    pub fn standing(&self, now: Instant) -> Standing {
        match self.state {
            State::Off | State::Leaving => Standing::Off,
            // A refresh, or a failed one, leaves the contact bound until its time is over.
            State::Asking | State::Held { .. } | State::Waiting { .. }
                if self.bound.is_some_and(|end| end > now) =>
            {
                Standing::Held
            }
            State::Asking if self.failures == 0 => Standing::Asking,
            State::Asking | State::Held { .. } | State::Waiting { .. } => Standing::Failed(self.last),
        }
    }

    fn ask(&mut self) -> Ask {
        self.state = State::Asking;
        Ask {
            server: self.server,
            expires: self.expires,
        }
    }

    fn hold(&mut self, granted: Duration, now: Instant) {
        self.failures = 0;
        self.last = None;
        self.bound = Some(now + granted);
        let early = SPARE.max(granted / 10).min(granted / 2);
        self.state = State::Held {
            refresh: now + granted.saturating_sub(early).max(SHORTEST_REFRESH),
        };
    }

    /// A server that is silent or broken: the next one at once. A word of a server counts for all of them.
    fn fail(&mut self, status: Option<u16>, retry_after: Option<Duration>, now: Instant) -> Option<Ask> {
        self.last = status;
        self.failures = self.failures.saturating_add(1);
        let broken = status.is_none_or(|status| (500..600).contains(&status));
        if broken {
            self.server = (self.server + 1) % self.servers;
        }
        let rounds = self.failures / u32::try_from(self.servers).unwrap_or(u32::MAX);
        if broken
            && !self
                .failures
                .is_multiple_of(u32::try_from(self.servers).unwrap_or(1))
        {
            return Some(self.ask());
        }
        let doubled = FIRST_WAIT.saturating_mul(1 << rounds.saturating_sub(1).min(10));
        let wait = doubled
            .min(LONGEST_WAIT)
            .max(retry_after.unwrap_or_default().min(LONGEST_WAIT));
        // Up to a quarter more.
        let apart = wait.mul_f64(f64::from(self.jitter) / 1024.0);
        self.state = State::Waiting {
            until: now + wait + apart,
        };
        None
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "any instant will do as the origin")]
mod tests {
    use super::*;

    /// Tells one story: events with their second, and what comes of each.
    fn check(servers: usize, story: &[(u64, Event, &str)]) {
        let t0 = Instant::now();
        let mut registration = Registration::new(servers, 0);
        for (at, event, expected) in story {
            let now = t0 + Duration::from_secs(*at);
            let ask = registration.on(*event, now).map_or("-".to_owned(), |ask| {
                format!("ask {} for {}", ask.server, ask.expires.as_secs())
            });
            let due = registration
                .due()
                .map_or("-".to_owned(), |due| due.duration_since(t0).as_secs().to_string());
            let got = format!("{ask}, {:?}, due {due}", registration.standing(now));
            assert_eq!(got, *expected, "at {at} s {event:?}");
        }
    }

    #[test]
    fn its_server_stays_when_others_change() {
        let now = Instant::now();
        let mut registration = Registration::new(3, 0);
        registration.on(Event::Start, now);
        registration.on(Event::Silence, now);
        assert_eq!(registration.server(), 1);
        registration.on(granted(600), now);
        registration.keeps_server(2);
        assert_eq!(
            (registration.server(), registration.standing(now)),
            (0, Standing::Held)
        );
        let later = now + Duration::from_secs(541);
        let ask = registration.on(Event::Due, later).map(|ask| ask.server);
        let next = registration.on(Event::Silence, later).map(|ask| ask.server);
        assert_eq!((ask, next), (Some(0), Some(1)));
    }

    const fn granted(seconds: u64) -> Event {
        Event::Granted(Duration::from_secs(seconds))
    }

    const fn refused(status: u16) -> Event {
        Event::Refused {
            status,
            retry_after: None,
        }
    }

    #[test]
    fn it_is_refreshed_before_its_end_and_taken_back() {
        check(
            1,
            &[
                (0, Event::Start, "ask 0 for 600, Asking, due -"),
                (1, granted(600), "-, Held, due 541"),
                (500, Event::Due, "-, Held, due 541"),
                (541, Event::Due, "ask 0 for 600, Held, due -"),
                (542, granted(60), "-, Held, due 572"),
                (580, Event::Stop, "ask 0 for 0, Off, due -"),
                (581, granted(0), "-, Off, due -"),
                (582, Event::Due, "-, Off, due -"),
            ],
        );
    }

    #[test]
    fn a_registrar_that_grants_seconds_is_not_flooded() {
        check(
            1,
            &[
                (0, Event::Start, "ask 0 for 600, Asking, due -"),
                (0, granted(1), "-, Held, due 15"),
            ],
        );
    }

    #[test]
    fn too_brief_is_asked_again_for_longer_but_not_for_ever() {
        let brief = |seconds| Event::TooBrief(Duration::from_secs(seconds));
        check(
            1,
            &[
                (0, Event::Start, "ask 0 for 600, Asking, due -"),
                (0, brief(3_600), "ask 0 for 3600, Asking, due -"),
                (0, brief(3_600), "-, Failed(Some(423)), due 5"),
            ],
        );
        check(
            1,
            &[
                (0, Event::Start, "ask 0 for 600, Asking, due -"),
                (0, brief(1_000_000), "-, Failed(Some(423)), due 5"),
            ],
        );
    }

    #[test]
    fn a_wrong_password_is_tried_again_slower_and_slower() {
        check(
            2,
            &[
                (0, Event::Start, "ask 0 for 600, Asking, due -"),
                (0, refused(403), "-, Failed(Some(403)), due 5"),
                (5, Event::Due, "ask 0 for 600, Failed(Some(403)), due -"),
                (5, refused(403), "-, Failed(Some(403)), due 10"),
                (10, Event::Due, "ask 0 for 600, Failed(Some(403)), due -"),
                (10, refused(403), "-, Failed(Some(403)), due 15"),
                (15, Event::Due, "ask 0 for 600, Failed(Some(403)), due -"),
                (15, refused(403), "-, Failed(Some(403)), due 25"),
            ],
        );
    }

    #[test]
    fn a_registrar_that_is_gone_leads_to_the_next_and_back() {
        check(
            2,
            &[
                (0, Event::Start, "ask 0 for 600, Asking, due -"),
                (1, granted(100), "-, Held, due 61"),
                (61, Event::Due, "ask 0 for 600, Held, due -"),
                (93, Event::Silence, "ask 1 for 600, Held, due -"),
                (94, refused(503), "-, Held, due 99"),
                // Nobody has us any more.
                (102, Event::Due, "ask 0 for 600, Failed(Some(503)), due -"),
                (103, granted(600), "-, Held, due 643"),
            ],
        );
    }

    #[test]
    fn the_wait_has_an_end_and_retry_after_is_kept() {
        let t0 = Instant::now();
        let mut registration = Registration::new(1, 255);
        let mut now = t0;
        let _ask = registration.on(Event::Start, now);
        for _ in 0..40 {
            assert_eq!(registration.on(Event::Silence, now), None);
            let due = registration.due().expect("it waits");
            assert!(due - now <= LONGEST_WAIT.mul_f64(1.25), "{:?}", due - now);
            now = due;
            assert!(registration.on(Event::Due, now).is_some());
        }
        let mut polite = Registration::new(1, 0);
        let _ask = polite.on(Event::Start, now);
        let busy = Event::Refused {
            status: 503,
            retry_after: Some(Duration::from_secs(77)),
        };
        assert_eq!(polite.on(busy, now), None);
        assert_eq!(polite.due(), Some(now + Duration::from_secs(77)));
    }

    /// Every sequence of six events: it never waits for nothing, and a stop is the end.
    #[test]
    fn every_short_sequence_goes_on() {
        let events = [
            Event::Start,
            granted(60),
            Event::TooBrief(Duration::from_secs(900)),
            refused(403),
            Event::Silence,
            Event::Due,
            Event::Stop,
        ];
        let t0 = Instant::now();
        for code in 0..events.len().pow(6) {
            let (mut rest, mut now) = (code, t0);
            let mut registration = Registration::new(2, 0);
            let mut last = None;
            for _ in 0..6 {
                let event = events[rest % events.len()];
                rest /= events.len();
                now += Duration::from_secs(700);
                last = registration.on(event, now).or(last);
                let waits = registration.due().is_some();
                let quiet = registration.standing(now) == Standing::Off;
                let asks = matches!(registration.state, State::Asking | State::Leaving);
                assert!(
                    usize::from(waits) + usize::from(asks) + usize::from(quiet && !asks) == 1,
                    "{code}: {registration:?}"
                );
                if event == Event::Stop {
                    assert!(quiet, "{code}: {registration:?}");
                }
            }
        }
    }
}
