//! The far end's INVITE until its ACK: ringing, the 2xx that is repeated until the ACK comes, and the ways in which it ends
//! before that (RFC 3261 13.3.1, 15, RFC 6026 8). Where the far end wants every 18x reliable, each is repeated until its PRACK, and the
//! next thing said waits for that (RFC 3262 3).
//!
//! ```text
//! Ringing ─answer─► AwaitingAck ─ACK─► Confirmed        Ringing: 18x ─► owed a PRACK ─PRACK─► what was kept back, or nothing
//!    │                   └─ 32 s, or BYE ─► Over                           └─ 32 s ─► Over
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
    /// T1 after a reliable 18x, then after twice as long each time, without a limit: repeat it (RFC 3262 3).
    RepeatReliable,
    /// 64 × T1 after a reliable 18x without PRACK: give up.
    NoPrack,
}

/// What happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The user rings; `described` when that carries a description.
    Progress {
        /// It carries a description.
        described: bool,
    },
    /// PRACK of our last 18x came, the first one of it.
    Prack,
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
    /// The PRACK of a reliable 18x never came.
    NoPrack,
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
    /// Keep the user's 18x or 2xx in place of what is kept already: a PRACK is due first.
    Keep,
    /// Send the 18x that was kept.
    ProvisionalKept,
    /// Send the 2xx that was kept.
    SuccessKept,
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

/// How an 18x is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Provisionals {
    /// Once, and then every minute (RFC 3261 13.3.1.1).
    Plain,
    /// Until its PRACK comes (RFC 3262 3).
    Reliable,
}

/// A reliable 18x that has no PRACK yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Owed {
    interval: Duration,
    described: bool,
    kept: Option<Kept>,
}

/// What the user has said meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    Progress { described: bool },
    Answer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ringing { owed: Option<Owed> },
    AwaitingAck { interval: Duration, close: bool },
    Confirmed,
    Over,
}

/// One INVITE of the far end.
#[derive(Clone, Debug)]
pub(crate) struct Inbound {
    state: State,
    provisionals: Provisionals,
    /// Its deadlines.
    pub(crate) timers: Timers<Timer>,
}

/// A ringing call repeats its 18x this often (RFC 3261 13.3.1.1).
const REPEAT_PROGRESS: Duration = Duration::from_secs(60);

type Actions = Vec<Action>;

impl Inbound {
    /// The INVITE has come, and 100 was sent.
    pub(crate) fn new(provisionals: Provisionals, ring_limit: Duration, now: Instant) -> Inbound {
        let mut timers = Timers::default();
        timers.set(Timer::RingLimit, now + ring_limit);
        Inbound {
            state: State::Ringing { owed: None },
            provisionals,
            timers,
        }
    }

    /// Its 18x wait for PRACK.
    pub(crate) fn is_reliable(&self) -> bool {
        self.provisionals == Provisionals::Reliable
    }

    /// Takes one event.
    pub(crate) fn on(&mut self, event: Event, now: Instant) -> Actions {
        match self.state {
            State::Ringing { owed } => self.ringing(owed, event, now),
            State::AwaitingAck { interval, close } => self.awaiting_ack(interval, close, event, now),
            State::Confirmed | State::Over => match event {
                Event::Progress { .. }
                | Event::Prack
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

    fn ringing(&mut self, owed: Option<Owed>, event: Event, now: Instant) -> Actions {
        match event {
            Event::Progress { described } => self.progress(owed, described, now),
            Event::Timer(Timer::RepeatProgress) => {
                self.timers.set(Timer::RepeatProgress, now + REPEAT_PROGRESS);
                vec![Action::RepeatProvisional]
            }
            Event::Timer(Timer::RepeatReliable) => self.repeat_reliable(owed, now),
            Event::Prack => self.acknowledged(owed, now),
            // A description that nobody has acknowledged goes before the 2xx (RFC 3262 3); a mere ringing need not.
            Event::Answer => match owed {
                Some(owed) if owed.described => self.keep(owed, Kept::Answer),
                Some(_) | None => self.answer(Action::Success, now),
            },
            Event::Reject => self.over(vec![Action::Failure]),
            Event::Close => self.over(vec![Action::Refuse(480), Action::Ended(Ended::Closed)]),
            Event::Cancel => self.over(vec![Action::Refuse(487), Action::Ended(Ended::Canceled)]),
            Event::Bye => self.over(vec![Action::Refuse(487), Action::Ended(Ended::Bye)]),
            Event::Timer(Timer::RingLimit) => {
                self.over(vec![Action::Refuse(480), Action::Ended(Ended::RingLimit)])
            }
            Event::Timer(Timer::NoPrack) => {
                self.over(vec![Action::Refuse(504), Action::Ended(Ended::NoPrack)])
            }
            Event::Ack | Event::Timer(Timer::Repeat | Timer::NoAck) => vec![],
        }
    }

    fn progress(&mut self, owed: Option<Owed>, described: bool, now: Instant) -> Actions {
        match (self.provisionals, owed) {
            (Provisionals::Plain, _) => {
                self.timers.set(Timer::RepeatProgress, now + REPEAT_PROGRESS);
                vec![Action::Provisional]
            }
            // One at a time until the first has its PRACK; later ones we hold to the same (RFC 3262 3).
            (Provisionals::Reliable, Some(owed)) => match owed.kept {
                Some(Kept::Answer) => vec![],
                Some(Kept::Progress { .. }) | None => self.keep(owed, Kept::Progress { described }),
            },
            (Provisionals::Reliable, None) => {
                self.owe(described, now);
                vec![Action::Provisional]
            }
        }
    }

    fn acknowledged(&mut self, owed: Option<Owed>, now: Instant) -> Actions {
        let Some(owed) = owed else { return vec![] };
        self.timers.stop(Timer::RepeatReliable);
        self.timers.stop(Timer::NoPrack);
        self.state = State::Ringing { owed: None };
        match owed.kept {
            None => vec![],
            Some(Kept::Progress { described }) => {
                self.owe(described, now);
                vec![Action::ProvisionalKept]
            }
            Some(Kept::Answer) => self.answer(Action::SuccessKept, now),
        }
    }

    fn repeat_reliable(&mut self, owed: Option<Owed>, now: Instant) -> Actions {
        let Some(owed) = owed else { return vec![] };
        let interval = owed.interval * 2;
        self.timers.set(Timer::RepeatReliable, now + interval);
        let owed = Some(Owed { interval, ..owed });
        self.state = State::Ringing { owed };
        vec![Action::RepeatProvisional]
    }

    fn owe(&mut self, described: bool, now: Instant) {
        self.timers.set(Timer::RepeatReliable, now + T1);
        self.timers.set(Timer::NoPrack, now + GIVE_UP);
        let owed = Some(Owed {
            interval: T1,
            described,
            kept: None,
        });
        self.state = State::Ringing { owed };
    }

    fn keep(&mut self, owed: Owed, kept: Kept) -> Actions {
        let owed = Some(Owed {
            kept: Some(kept),
            ..owed
        });
        self.state = State::Ringing { owed };
        vec![Action::Keep]
    }

    fn answer(&mut self, success: Action, now: Instant) -> Actions {
        self.timers.clear();
        self.timers.set(Timer::Repeat, now + T1);
        self.timers.set(Timer::NoAck, now + GIVE_UP);
        self.state = State::AwaitingAck {
            interval: T1,
            close: false,
        };
        vec![success]
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
            | Event::Progress { .. }
            | Event::Prack
            | Event::Answer
            | Event::Reject
            | Event::Timer(
                Timer::RingLimit | Timer::RepeatProgress | Timer::RepeatReliable | Timer::NoPrack,
            ) => vec![],
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
    const RELIABLE: &[&str] = &[
        "ring", "describe", "answer", "reject", "close", "< PRACK", "< ACK", "< BYE",
    ];

    impl Machine for Inbound {
        fn start(setup: &str, now: Instant) -> (Inbound, Vec<String>) {
            let provisionals = match setup {
                "reliable" => Provisionals::Reliable,
                _ => Provisionals::Plain,
            };
            (Inbound::new(provisionals, Duration::from_secs(180), now), vec![])
        }
        fn say(&mut self, word: &str, now: Instant) -> Option<Vec<String>> {
            let event = match word {
                "ring" => Event::Progress { described: false },
                "describe" => Event::Progress { described: true },
                "< PRACK" => Event::Prack,
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
    fn a_reliable_18x_is_repeated_until_its_prack() {
        check::<Inbound>(
            "reliable",
            "ring => Provisional
             +500ms => timer RepeatReliable; RepeatProvisional
             +1s => timer RepeatReliable; RepeatProvisional
             +2s => timer RepeatReliable; RepeatProvisional
             < PRACK =>
             < PRACK =>
             +61s =>
             ring => Provisional
             answer => Success
             < PRACK =>
             < ACK => Establish { close: false }",
        );
    }

    #[test]
    fn without_a_prack_for_32_s_it_is_refused() {
        let repeated = "timer RepeatReliable; RepeatProvisional; ".repeat(6);
        check::<Inbound>(
            "reliable",
            &format!("ring => Provisional\n+32s => {repeated}timer NoPrack; Refuse(504); Ended(NoPrack)"),
        );
    }

    #[test]
    fn what_follows_a_described_18x_waits_for_its_prack() {
        check::<Inbound>(
            "reliable",
            "describe => Provisional
             ring => Keep
             < PRACK => ProvisionalKept
             describe => Keep
             < PRACK => ProvisionalKept
             answer => Keep
             ring =>
             < PRACK => SuccessKept
             < ACK => Establish { close: false }",
        );
        check::<Inbound>(
            "reliable",
            "describe => Provisional\nanswer => Keep\n< CANCEL => Refuse(487); Ended(Canceled)\n< PRACK =>",
        );
    }

    fn one_final_and_one_end(said: &[String]) {
        let count = |what: &str| said.iter().filter(|s| s.starts_with(what)).count();
        let transcript = said.join("\n");
        let finals = count("Success") + count("Failure") + count("Refuse");
        assert_eq!(finals, 1, "one final:\n{transcript}");
        let ends = count("Ended") + count("Establish") + count("Failure");
        assert_eq!(ends, 1, "one end:\n{transcript}");
    }

    #[test]
    fn any_order_of_events_gives_one_final_and_one_end() {
        exhaust::<Inbound>(&[""], WORDS, 5, one_final_and_one_end);
    }

    #[test]
    fn any_order_of_events_with_reliable_18x_too() {
        exhaust::<Inbound>(&["reliable"], RELIABLE, 5, |said| {
            one_final_and_one_end(said);
            let mut owed = 0;
            for event in said {
                match event.as_str() {
                    "Provisional" | "ProvisionalKept" => owed += 1,
                    "[< PRACK]" => owed = 0,
                    _ => {}
                }
                assert!(owed <= 1, "a second one before the PRACK:\n{}", said.join("\n"));
            }
        });
    }
}
