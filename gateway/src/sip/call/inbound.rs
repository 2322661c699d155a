//! The far end's INVITE until its ACK: ringing, the 2xx that is repeated until the ACK comes, and the ways in which it ends
//! before that (RFC 3261 13.3.1, 15, RFC 6026 8).
//!
//! ```text
//! Ringing ─answer─► AwaitingAck ─ACK─► Confirmed
//!    │                   └─ 32 s, or BYE ─► Over
//!    └─ reject, close, CANCEL, BYE ─► Over
//! ```

use std::time::{Duration, Instant};

use crate::sip::timers::Timers;
use crate::sip::transaction::{GIVE_UP, T1, T2};

/// When each timer fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// T1 after the 2xx, then after twice as long each time up to T2: repeat it, over TCP too (RFC 3261 13.3.1.4).
    Repeat,
    /// 64 × T1 after the 2xx without ACK: give up.
    NoAck,
    /// The longest that we ring without deciding.
    RingLimit,
    /// Every minute while ringing: repeat the 18x, lest a proxy gives up (RFC 3261 13.3.1.1).
    RepeatProgress,
}

/// What happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The user rings.
    Progress,
    /// The user answers.
    Answer,
    /// The user refuses.
    Reject,
    /// The user closes the leg.
    Close,
    /// CANCEL came.
    Cancel,
    /// ACK to our 2xx came.
    Ack,
    /// BYE came.
    Bye,
    /// A timer fired.
    Timer(Timer),
}

/// Why it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// By CANCEL.
    Canceled,
    /// By BYE.
    Bye,
    /// By the user.
    Closed,
    /// The ACK never came.
    NoAck,
    /// The user never decided.
    RingLimit,
}

/// What it wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Send the user's 18x.
    Provisional,
    /// Send the last 18x again.
    RepeatProvisional,
    /// Send the user's 2xx.
    Success,
    /// Send the 2xx again.
    RepeatSuccess,
    /// Answer with what the user said.
    Failure,
    /// Answer with this status.
    Refuse(u16),
    /// End the dialog; nobody waits for the answer.
    Bye,
    /// The dialog is confirmed: `established` takes over. `close` when the user wants it ended at once.
    Establish {
        /// The user closed the leg while the ACK was under way.
        close: bool,
    },
    /// Tell the user.
    Ended(Ended),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ringing,
    AwaitingAck { interval: Duration, close: bool },
    Confirmed,
    Over,
}

/// One INVITE of the far end.
#[derive(Clone, Debug)]
pub(crate) struct Inbound {
    state: State,
    /// Its deadlines.
    pub(crate) timers: Timers<Timer>,
}

/// A ringing call repeats its 18x this often (RFC 3261 13.3.1.1).
const REPEAT_PROGRESS: Duration = Duration::from_secs(60);

type Actions = Vec<Action>;

impl Inbound {
    /// The INVITE has come, and 100 was sent.
    pub(crate) fn new(ring_limit: Duration, now: Instant) -> Inbound {
        let mut timers = Timers::default();
        timers.set(Timer::RingLimit, now + ring_limit);
        Inbound {
            state: State::Ringing,
            timers,
        }
    }

    /// Takes one event.
    pub(crate) fn on(&mut self, event: Event, now: Instant) -> Actions {
        match self.state {
            State::Ringing => self.ringing(event, now),
            State::AwaitingAck { interval, close } => self.awaiting_ack(interval, close, event, now),
            State::Confirmed | State::Over => match event {
                Event::Progress
                | Event::Answer
                | Event::Reject
                | Event::Close
                | Event::Cancel
                | Event::Ack
                | Event::Bye
                | Event::Timer(_) => vec![],
            },
        }
    }

    fn ringing(&mut self, event: Event, now: Instant) -> Actions {
        match event {
            Event::Progress => {
                self.timers.set(Timer::RepeatProgress, now + REPEAT_PROGRESS);
                vec![Action::Provisional]
            }
            Event::Timer(Timer::RepeatProgress) => {
                self.timers.set(Timer::RepeatProgress, now + REPEAT_PROGRESS);
                vec![Action::RepeatProvisional]
            }
            Event::Answer => {
                self.timers.clear();
                self.timers.set(Timer::Repeat, now + T1);
                self.timers.set(Timer::NoAck, now + GIVE_UP);
                self.state = State::AwaitingAck {
                    interval: T1,
                    close: false,
                };
                vec![Action::Success]
            }
            Event::Reject => self.over(vec![Action::Failure]),
            Event::Close => self.over(vec![Action::Refuse(480), Action::Ended(Ended::Closed)]),
            Event::Cancel => self.over(vec![Action::Refuse(487), Action::Ended(Ended::Canceled)]),
            Event::Bye => self.over(vec![Action::Refuse(487), Action::Ended(Ended::Bye)]),
            Event::Timer(Timer::RingLimit) => {
                self.over(vec![Action::Refuse(480), Action::Ended(Ended::RingLimit)])
            }
            Event::Ack | Event::Timer(Timer::Repeat | Timer::NoAck) => vec![],
        }
    }

    fn awaiting_ack(&mut self, interval: Duration, close: bool, event: Event, now: Instant) -> Actions {
        match event {
            Event::Timer(Timer::Repeat) => {
                let interval = (interval * 2).min(T2);
                self.timers.set(Timer::Repeat, now + interval);
                self.state = State::AwaitingAck { interval, close };
                vec![Action::RepeatSuccess]
            }
            Event::Ack => {
                self.timers.clear();
                self.state = State::Confirmed;
                vec![Action::Establish { close }]
            }
            // No BYE from the callee before the ACK, or before waiting for it is over (RFC 3261 15).
            Event::Close => {
                self.state = State::AwaitingAck {
                    interval,
                    close: true,
                };
                vec![]
            }
            Event::Bye => self.over(vec![Action::Ended(if close {
                Ended::Closed
            } else {
                Ended::Bye
            })]),
            Event::Timer(Timer::NoAck) => {
                let why = if close { Ended::Closed } else { Ended::NoAck };
                self.over(vec![Action::Bye, Action::Ended(why)])
            }
            // A CANCEL after the final answer has no effect (RFC 3261 9.2).
            Event::Cancel
            | Event::Progress
            | Event::Answer
            | Event::Reject
            | Event::Timer(Timer::RingLimit | Timer::RepeatProgress) => vec![],
        }
    }

    fn over(&mut self, actions: Actions) -> Actions {
        self.state = State::Over;
        self.timers.clear();
        actions
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::transcript::{Machine, check, exhaust, words};

    const WORDS: &[&str] = &["ring", "answer", "reject", "close", "< CANCEL", "< ACK", "< BYE"];

    impl Machine for Inbound {
        fn start(_: &str, now: Instant) -> (Inbound, Vec<String>) {
            (Inbound::new(Duration::from_secs(180), now), vec![])
        }
        fn say(&mut self, word: &str, now: Instant) -> Option<Vec<String>> {
            let event = match word {
                "ring" => Event::Progress,
                "answer" => Event::Answer,
                "reject" => Event::Reject,
                "close" => Event::Close,
                "< CANCEL" => Event::Cancel,
                "< ACK" => Event::Ack,
                "< BYE" => Event::Bye,
                _ => return None,
            };
            Some(words(self.on(event, now)))
        }
        fn deadline(&self) -> Option<Instant> {
            self.timers.next()
        }
        fn fire(&mut self, now: Instant) -> Option<(String, Vec<String>)> {
            let timer = self.timers.take_due(now)?;
            Some((
                format!("timer {timer:?}"),
                words(self.on(Event::Timer(timer), now)),
            ))
        }
    }

    #[test]
    fn the_2xx_is_repeated_until_the_ack() {
        check::<Inbound>(
            "",
            "start =>
             ring => Provisional
             +61s => timer RepeatProgress; RepeatProvisional
             answer => Success
             +500ms => timer Repeat; RepeatSuccess
             +1s => timer Repeat; RepeatSuccess
             < CANCEL =>
             < ACK => Establish { close: false }
             < ACK =>",
        );
    }

    #[test]
    fn without_an_ack_for_32_s_it_is_ended() {
        let repeated = "timer Repeat; RepeatSuccess; ".repeat(10);
        check::<Inbound>(
            "",
            &format!("answer => Success\n+32s => {repeated}timer NoAck; Bye; Ended(NoAck)"),
        );
    }

    #[test]
    fn cancel_ends_it_before_the_answer() {
        check::<Inbound>(
            "",
            "ring => Provisional\n< CANCEL => Refuse(487); Ended(Canceled)\nanswer =>",
        );
    }

    #[test]
    fn closed_between_2xx_and_ack_the_bye_waits_for_the_ack() {
        check::<Inbound>(
            "",
            "answer => Success\nclose =>\n< ACK => Establish { close: true }",
        );
        check::<Inbound>("", "answer => Success\n< BYE => Ended(Bye)\n+32s =>");
    }

    #[test]
    fn any_order_of_events_gives_one_final_and_one_end() {
        exhaust::<Inbound>(&[""], WORDS, 5, |said| {
            let count = |what: &str| said.iter().filter(|s| s.starts_with(what)).count();
            let transcript = said.join("\n");
            let finals = count("Success") + count("Failure") + count("Refuse");
            assert_eq!(finals, 1, "one final:\n{transcript}");
            let ends = count("Ended") + count("Establish") + count("Failure");
            assert_eq!(ends, 1, "one end:\n{transcript}");
        });
    }
}
