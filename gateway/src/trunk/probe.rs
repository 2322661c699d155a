//! When a server is asked by OPTIONS whether it is there. A leaf machine with one entry a server.
//!
//! ```text
//!   Resting ── due ──► Asked ── answer ─────────► Resting
//!                        └───── due: a miss ────► Resting
//! ```

use std::time::{Duration, Instant};

/// How often a server that gave no answer is asked whether it is back.
pub const WORRIED: Duration = Duration::from_secs(5);
/// An answer that takes longer counts as none. Over UDP the request is repeated thrice in this time (timer E, RFC 3261 section 17.1.2.2).
pub const PATIENCE: Duration = Duration::from_secs(4);

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Time has come to what [`Probe::due`] said.
    Due,
    /// Any answer to the last OPTIONS.
    Answered,
    /// There is no way to it: the transport failed.
    Failed,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send OPTIONS.
    Ask,
    /// It was answered; rest.
    Answered,
    /// The last OPTIONS got no answer; rest.
    Missed,
}

/// One server's probe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Probe {
    /// Not asked before it is time; without a time, never.
    #[default]
    Idle,
    /// Asked then.
    Resting {
        /// When.
        until: Instant,
    },
    /// The answer is awaited.
    Asked {
        /// A miss after that.
        until: Instant,
    },
}

impl Probe {
    /// Takes one event. After an answer and after a miss it wants to [`Probe::rest`].
    pub fn on(&mut self, event: Event, now: Instant) -> Option<Action> {
        match (*self, event) {
            (Probe::Resting { until }, Event::Due) if now >= until => {
                *self = Probe::Asked {
                    until: now + PATIENCE,
                };
                Some(Action::Ask)
            }
            (Probe::Asked { until }, Event::Due) if now >= until => Some(Action::Missed),
            (Probe::Asked { .. }, Event::Answered) => Some(Action::Answered),
            (Probe::Asked { .. }, Event::Failed) => Some(Action::Missed),
            // Timers that were moved, and answers that come late.
            (Probe::Idle | Probe::Resting { .. } | Probe::Asked { .. }, Event::Due)
            | (Probe::Idle | Probe::Resting { .. }, Event::Answered | Event::Failed) => None,
        }
    }

    /// Rests until the next OPTIONS: `interval` at most and half of it at least by `jitter`, so that many trunks are not asked at once;
    /// never, when it is zero. A worried one asks soon.
    pub fn rest(&mut self, now: Instant, interval: Duration, worried: bool, jitter: u8) {
        let rest = interval.mul_f64(0.5 + f64::from(jitter) / 510.0);
        *self = match (worried, interval.is_zero()) {
            (true, true) => Probe::Resting { until: now + WORRIED },
            (true, false) => Probe::Resting {
                until: now + rest.min(WORRIED),
            },
            (false, true) => Probe::Idle,
            (false, false) => Probe::Resting { until: now + rest },
        };
    }

    /// A call got no answer there: asked soon, whatever the interval.
    pub fn worry(&mut self, now: Instant) {
        let soon = now + WORRIED;
        match *self {
            Probe::Resting { until } if until <= soon => {}
            Probe::Idle | Probe::Resting { .. } => *self = Probe::Resting { until: soon },
            Probe::Asked { .. } => {}
        }
    }

    /// When [`Event::Due`] is to be given.
    pub fn due(&self) -> Option<Instant> {
        match self {
            Probe::Idle => None,
            Probe::Resting { until } | Probe::Asked { until } => Some(*until),
        }
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "any instant will do as the origin")]
mod tests {
    use super::*;

    /// Tells one story: events with their second, what is to be done, and when it is due next. After an answer or a miss it rests.
    fn check(interval: u64, jitter: u8, story: &[(u64, &str, &str)]) {
        let t0 = Instant::now();
        let mut probe = Probe::default();
        let interval = Duration::from_secs(interval);
        for (at, event, expected) in story {
            let now = t0 + Duration::from_secs(*at);
            let mut action = None;
            match *event {
                "begin" => probe.rest(now, interval, false, jitter),
                "worry" => probe.worry(now),
                "due" => action = probe.on(Event::Due, now),
                "answer" => action = probe.on(Event::Answered, now),
                "failed" => action = probe.on(Event::Failed, now),
                other => panic!("unknown event {other}"),
            }
            match action {
                Some(Action::Answered) => probe.rest(now, interval, false, jitter),
                Some(Action::Missed) => probe.rest(now, interval, true, jitter),
                Some(Action::Ask) | None => {}
            }
            let due = probe
                .due()
                .map_or("-".to_owned(), |due| due.duration_since(t0).as_secs().to_string());
            let action = action.map_or("-".to_owned(), |a| format!("{a:?}"));
            assert_eq!(format!("{action}, due {due}"), *expected, "at {at} s {event}");
        }
    }

    #[test]
    fn it_is_asked_within_every_interval() {
        check(
            60,
            255,
            &[
                (0, "begin", "-, due 60"),
                (59, "due", "-, due 60"),
                (60, "due", "Ask, due 64"),
                (61, "answer", "Answered, due 121"),
                (62, "answer", "-, due 121"),
                (121, "due", "Ask, due 125"),
            ],
        );
        check(60, 0, &[(0, "begin", "-, due 30"), (30, "due", "Ask, due 34")]);
    }

    #[test]
    fn who_gave_no_answer_is_asked_soon() {
        check(
            60,
            255,
            &[
                (0, "begin", "-, due 60"),
                (60, "due", "Ask, due 64"),
                (64, "due", "Missed, due 69"),
                (69, "due", "Ask, due 73"),
                (70, "failed", "Missed, due 75"),
                (75, "due", "Ask, due 79"),
                (76, "answer", "Answered, due 136"),
                (80, "worry", "-, due 85"),
                (81, "worry", "-, due 85"),
            ],
        );
    }

    #[test]
    fn without_an_interval_only_after_a_call_that_got_no_answer() {
        check(
            0,
            255,
            &[
                (0, "begin", "-, due -"),
                (10, "worry", "-, due 15"),
                (15, "due", "Ask, due 19"),
                (19, "due", "Missed, due 24"),
                (24, "due", "Ask, due 28"),
                (25, "answer", "Answered, due -"),
            ],
        );
    }
}
