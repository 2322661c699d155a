//! Whether a trunk answers, and how fast it can be fed. A leaf machine with one entry a trunk.
//!
//! ```text
//!   Up ── 3 silences in a row ──► Down ── 2 answers ──► Up
//!   full rate ── 503, 429, pacing text ──► half ── a step every 5 s ──► full rate       (never Down: it did answer)
//! ```

use std::time::{Duration, Instant};

use super::pacing::Rate;
use crate::event::TrunkHealth;

/// So many requests in a row without any answer make a trunk `Down`.
pub const SILENCES_TO_DOWN: u8 = 3;
/// So many answers make it `Up` again.
pub const ANSWERS_TO_UP: u8 = 2;
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
    /// Any message of the trunk: 100, 180, a final response to INVITE or OPTIONS, a request of its own.
    Answer,
    /// A request got nothing at all: no 100 within 2 s, no answer to OPTIONS, no connection.
    Silence,
    /// 503, 429, or a pacing text ([`super::overload::asks_for_less`]): it lives and wants less.
    Overload {
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
    reach: Reach,
    pace: Pace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Up { silences: u8 },
    Down { answers: u8 },
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
            reach: Reach::Up { silences: 0 },
            pace: Pace::Full,
        }
    }
}

impl Health {
    /// Takes one event. Answers what the trunk is now when that has changed.
    pub fn on(&mut self, event: HealthEvent, now: Instant) -> Option<TrunkHealth> {
        let before = self.state();
        match event {
            HealthEvent::Answer => self.reach = self.reach.answered(),
            HealthEvent::Silence => self.reach = self.reach.silent(),
            HealthEvent::Overload { retry_after, full } => {
                self.reach = self.reach.answered();
                self.pace = self.pace.complained(retry_after.unwrap_or_default(), full, now);
            }
            HealthEvent::Due => self.pace = self.pace.raised(now),
        }
        Some(self.state()).filter(|state| *state != before)
    }

    /// What it can do now.
    pub fn state(&self) -> TrunkHealth {
        match (self.reach, self.pace) {
            (Reach::Down { .. }, Pace::Full | Pace::Slowed { .. }) => TrunkHealth::Down,
            (Reach::Up { .. }, Pace::Slowed { .. }) => TrunkHealth::Slowed,
            (Reach::Up { .. }, Pace::Full) => TrunkHealth::Up,
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
            Reach::Down { answers } if answers + 1 >= ANSWERS_TO_UP => Reach::Up { silences: 0 },
            Reach::Down { answers } => Reach::Down { answers: answers + 1 },
        }
    }

    fn silent(self) -> Reach {
        match self {
            Reach::Up { silences } if silences + 1 >= SILENCES_TO_DOWN => Reach::Down { answers: 0 },
            Reach::Up { silences } => Reach::Up {
                silences: silences + 1,
            },
            Reach::Down { .. } => Reach::Down { answers: 0 },
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

    /// One event a line (`+3s 503`), and what the trunk is after it.
    fn check(lines: &[(&str, &str)]) {
        let mut now = Instant::now();
        let mut health = Health::default();
        for (n, (event, expect)) in lines.iter().enumerate() {
            let mut words = event.split(' ');
            let ms: u64 = words.next().expect("a time").parse().expect("milliseconds");
            now += Duration::from_millis(ms);
            let event = match words.next().expect("an event") {
                "answer" => HealthEvent::Answer,
                "silence" => HealthEvent::Silence,
                "due" => HealthEvent::Due,
                "overload" => HealthEvent::Overload {
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
            let mut health = Health::default();
            for (ms, complain) in steps {
                now += Duration::from_millis(ms);
                let event = if complain {
                    HealthEvent::Overload { retry_after: None, full: Rate::per_second(50) }
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
            let mut health = Health::default();
            for _ in 0..complaints {
                now += HALVE_APART;
                health.on(HealthEvent::Overload { retry_after: None, full: Rate::per_second(100) }, now);
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
