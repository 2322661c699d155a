//! Our INVITE from the first byte to its final answer, and after it: every further 2xx, whether repeated, forked or crossing our
//! CANCEL, is acknowledged here, and the ones nobody wants are ended (RFC 3261 13.2.2.4 and 9.1).
//!
//! ```text
//! Calling ─1xx─► Proceeding ──2xx──► Answered
//!    │ close         │ close
//!    ▼               ▼
//! CancelWaits ─1xx─► Canceling ──300..699, or a 2xx that gets ACK and BYE──► Over
//! ```

use std::time::{Duration, Instant};

use crate::sip::timers::Timers;

/// One branch of a forked INVITE: the dialog with one remote tag, counted from 0.
pub(crate) type Fork = usize;

/// When each timer fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// 2 s after the INVITE without any response: the trunk is silent (DESIGN.md 3, rule 9).
    NoTrying,
    /// The longest that we let it ring, counted from the INVITE.
    RingLimit,
}

/// What happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// 100.
    Trying,
    /// 101 to 199.
    Progress,
    /// A 2xx; `repeated` when this fork has sent one before.
    Success {
        /// Which dialog.
        fork: Fork,
        /// It was acknowledged before.
        repeated: bool,
    },
    /// A failure that another INVITE can mend: 401 or 407 that the leg's credentials can answer, or 422; a few times.
    Again,
    /// Any other final failure.
    Failure,
    /// The transaction has given up.
    Timeout,
    /// The transport failed.
    TransportFailed,
    /// The user closes the leg.
    Close,
    /// A timer fired.
    Timer(Timer),
}

/// Why it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// By the response at hand.
    Status,
    /// Silence.
    NoTrying,
    /// It rang too long.
    Timeout,
    /// The transport failed.
    Transport,
    /// The user closed it.
    Canceled,
}

/// What it wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Send the INVITE again, mended: a new transaction (RFC 3261 22.2, RFC 4028 7.3).
    Invite,
    /// Send CANCEL.
    Cancel,
    /// Tell the transaction that nobody waits for it any more.
    Abandon,
    /// Acknowledge the 2xx of this dialog.
    Ack(Fork),
    /// End this dialog; nobody waits for the answer.
    Bye(Fork),
    /// Tell the user: 100 came.
    Trying,
    /// Tell the user: 18x came.
    Progress,
    /// Tell the user: answered, by this dialog.
    Answered(Fork),
    /// Tell the user: this dialog's 2xx has come again.
    AnsweredAgain(Fork),
    /// Tell the user: failed. The leg is gone for the user, though late answers may still come.
    Failed(Why),
}

/// `tell` is what the user will hear, unless it has heard already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Calling,
    Proceeding,
    CancelWaits { tell: Option<Why> },
    Canceling { tell: Option<Why> },
    Answered,
    Over,
}

/// One INVITE of ours.
#[derive(Clone, Debug)]
pub(crate) struct Outbound {
    state: State,
    no_trying: Option<Duration>,
    /// Its deadlines.
    pub(crate) timers: Timers<Timer>,
}

type Actions = Vec<Action>;

impl Outbound {
    /// The INVITE has been sent. Without `no_trying` only the transaction's own end (timer B) ends the wait for a first response.
    pub(crate) fn new(no_trying: Option<Duration>, ring_limit: Duration, now: Instant) -> Outbound {
        let mut outbound = Outbound {
            state: State::Calling,
            no_trying,
            timers: Timers::default(),
        };
        outbound.timers.set(Timer::RingLimit, now + ring_limit);
        outbound.wait_for_trying(now);
        outbound
    }

    /// Takes one event.
    pub(crate) fn on(&mut self, event: Event, now: Instant) -> Actions {
        match self.state {
            State::Calling => self.calling(event, now),
            State::Proceeding => self.proceeding(event, now),
            State::CancelWaits { tell } => self.cancel_waits(tell, event),
            State::Canceling { tell } => self.canceling(tell, event),
            State::Answered => {
                let mut actions = late(event);
                if let Event::Success { fork, repeated: true } = event {
                    actions.push(Action::AnsweredAgain(fork));
                }
                actions
            }
            State::Over => late(event),
        }
    }

    fn calling(&mut self, event: Event, now: Instant) -> Actions {
        match event {
            Event::Trying => self.proceed(vec![Action::Trying]),
            Event::Progress => self.proceed(vec![Action::Trying, Action::Progress]),
            Event::Success { fork, .. } => self.answered(fork),
            Event::Again => self.invite(now),
            Event::Failure => self.over(Some(Why::Status)),
            // Timer B: it never said anything.
            Event::Timeout => self.over(Some(Why::NoTrying)),
            Event::TransportFailed => self.over(Some(Why::Transport)),
            // No CANCEL before a provisional response (RFC 3261 9.1).
            Event::Close => {
                self.timers.clear();
                self.state = State::CancelWaits {
                    tell: Some(Why::Canceled),
                };
                vec![]
            }
            Event::Timer(Timer::NoTrying) => {
                self.timers.clear();
                self.state = State::CancelWaits { tell: None };
                vec![Action::Abandon, Action::Failed(Why::NoTrying)]
            }
            Event::Timer(Timer::RingLimit) => {
                self.timers.clear();
                self.state = State::CancelWaits { tell: None };
                vec![Action::Abandon, Action::Failed(Why::Timeout)]
            }
        }
    }

    fn proceeding(&mut self, event: Event, now: Instant) -> Actions {
        match event {
            Event::Trying => vec![],
            Event::Progress => vec![Action::Progress],
            Event::Success { fork, .. } => self.answered(fork),
            Event::Again => self.invite(now),
            Event::Failure => self.over(Some(Why::Status)),
            Event::Timeout => self.over(Some(Why::Timeout)),
            Event::TransportFailed => self.over(Some(Why::Transport)),
            Event::Close => self.cancel(Some(Why::Canceled)),
            Event::Timer(Timer::RingLimit) => {
                let mut actions = self.cancel(None);
                actions.push(Action::Failed(Why::Timeout));
                actions
            }
            Event::Timer(Timer::NoTrying) => vec![],
        }
    }

    fn cancel_waits(&mut self, tell: Option<Why>, event: Event) -> Actions {
        match event {
            Event::Trying | Event::Progress => self.cancel(tell),
            Event::Success { fork, .. } => self.unwanted(fork, tell),
            Event::Again | Event::Failure | Event::Timeout | Event::TransportFailed => self.over(tell),
            Event::Close | Event::Timer(Timer::NoTrying | Timer::RingLimit) => vec![],
        }
    }

    fn canceling(&mut self, tell: Option<Why>, event: Event) -> Actions {
        match event {
            // The 200 has crossed our CANCEL.
            Event::Success { fork, .. } => self.unwanted(fork, tell),
            Event::Again | Event::Failure | Event::Timeout | Event::TransportFailed => self.over(tell),
            Event::Trying
            | Event::Progress
            | Event::Close
            | Event::Timer(Timer::NoTrying | Timer::RingLimit) => vec![],
        }
    }

    fn proceed(&mut self, actions: Actions) -> Actions {
        self.state = State::Proceeding;
        self.timers.stop(Timer::NoTrying);
        actions
    }

    fn invite(&mut self, now: Instant) -> Actions {
        self.state = State::Calling;
        self.wait_for_trying(now);
        vec![Action::Invite]
    }

    fn wait_for_trying(&mut self, now: Instant) {
        if let Some(limit) = self.no_trying {
            self.timers.set(Timer::NoTrying, now + limit);
        }
    }

    fn answered(&mut self, fork: Fork) -> Actions {
        self.state = State::Answered;
        self.timers.clear();
        vec![Action::Ack(fork), Action::Answered(fork)]
    }

    fn cancel(&mut self, tell: Option<Why>) -> Actions {
        self.state = State::Canceling { tell };
        self.timers.clear();
        vec![Action::Cancel, Action::Abandon]
    }

    fn unwanted(&mut self, fork: Fork, tell: Option<Why>) -> Actions {
        let mut actions = vec![Action::Ack(fork), Action::Bye(fork)];
        actions.extend(self.over(tell));
        actions
    }

    fn over(&mut self, tell: Option<Why>) -> Actions {
        self.state = State::Over;
        self.timers.clear();
        tell.map(Action::Failed).into_iter().collect()
    }
}

/// After the final answer only further 2xx matter: repeated ones get their ACK again, other forks ACK and BYE.
fn late(event: Event) -> Actions {
    match event {
        Event::Success { fork, repeated: true } => vec![Action::Ack(fork)],
        Event::Success {
            fork,
            repeated: false,
        } => vec![Action::Ack(fork), Action::Bye(fork)],
        Event::Trying
        | Event::Progress
        | Event::Again
        | Event::Failure
        | Event::Timeout
        | Event::TransportFailed
        | Event::Close
        | Event::Timer(Timer::NoTrying | Timer::RingLimit) => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::transcript::{Machine, check, exhaust, words};

    const WORDS: &[&str] = &[
        "< 100",
        "< 180",
        "< 200",
        "< 200 of fork 1",
        "< 401",
        "< 486",
        "timeout",
        "close",
    ];

    /// The machine, and which forks have answered, as the endpoint knows it.
    struct Driven {
        machine: Outbound,
        answered: [bool; 2],
    }

    impl Machine for Driven {
        fn start(_: &str, now: Instant) -> (Driven, Vec<String>) {
            let machine = Outbound::new(Some(Duration::from_secs(2)), Duration::from_secs(180), now);
            (
                Driven {
                    machine,
                    answered: [false; 2],
                },
                vec![],
            )
        }
        fn say(&mut self, word: &str, now: Instant) -> Option<Vec<String>> {
            let event = match word {
                "< 100" => Event::Trying,
                "< 180" => Event::Progress,
                "< 200" => self.success(0),
                "< 200 of fork 1" => self.success(1),
                "< 401" => Event::Again,
                "< 486" => Event::Failure,
                "timeout" => Event::Timeout,
                "transport failed" => Event::TransportFailed,
                "close" => Event::Close,
                _ => return None,
            };
            Some(words(self.machine.on(event, now)))
        }
        fn deadline(&self) -> Option<Instant> {
            self.machine.timers.next()
        }
        fn fire(&mut self, now: Instant) -> Option<(String, Vec<String>)> {
            let timer = self.machine.timers.take_due(now)?;
            Some((
                format!("timer {timer:?}"),
                words(self.machine.on(Event::Timer(timer), now)),
            ))
        }
    }

    impl Driven {
        fn success(&mut self, fork: Fork) -> Event {
            let repeated = std::mem::replace(&mut self.answered[fork], true);
            Event::Success { fork, repeated }
        }
    }

    #[test]
    fn a_call_is_answered() {
        check::<Driven>(
            "",
            "start =>
             < 100 => Trying
             < 180 => Progress
             +20s =>
             < 200 => Ack(0); Answered(0)
             < 200 => Ack(0); AnsweredAgain(0)
             < 200 of fork 1 => Ack(1); Bye(1)
             close =>",
        );
    }

    #[test]
    fn a_silent_trunk_is_passed_over_and_a_late_answer_ended() {
        check::<Driven>(
            "",
            "start =>
             +2s => timer NoTrying; Abandon; Failed(NoTrying)
             < 200 => Ack(0); Bye(0)
             < 200 => Ack(0)",
        );
        check::<Driven>(
            "",
            "start =>
             +2s => timer NoTrying; Abandon; Failed(NoTrying)
             < 180 => Cancel; Abandon
             < 486 =>",
        );
    }

    #[test]
    fn cancel_waits_for_a_provisional() {
        check::<Driven>(
            "",
            "start =>
             close =>
             < 100 => Cancel; Abandon
             < 486 => Failed(Canceled)",
        );
        check::<Driven>(
            "",
            "start =>
             close =>
             timeout => Failed(Canceled)",
        );
    }

    #[test]
    fn a_200_that_crosses_cancel_gets_ack_and_bye() {
        check::<Driven>(
            "",
            "start =>
             < 180 => Trying; Progress
             close => Cancel; Abandon
             < 200 => Ack(0); Bye(0); Failed(Canceled)
             < 200 => Ack(0)
             < 200 of fork 1 => Ack(1); Bye(1)",
        );
    }

    #[test]
    fn a_challenge_is_answered_by_a_new_invite() {
        check::<Driven>(
            "",
            "start =>
             < 401 => Invite
             < 100 => Trying
             < 401 => Invite
             +2s => timer NoTrying; Abandon; Failed(NoTrying)",
        );
    }

    #[test]
    fn it_rings_no_longer_than_the_limit() {
        check::<Driven>(
            "",
            "start =>
             < 180 => Trying; Progress
             +180s => timer RingLimit; Cancel; Abandon; Failed(Timeout)
             < 486 =>",
        );
    }

    #[test]
    fn any_order_of_events_acknowledges_every_2xx_and_tells_one_end() {
        exhaust::<Driven>(&[""], WORDS, 5, |said| {
            let count = |what: &str| said.iter().filter(|s| s.starts_with(what)).count();
            let transcript = said.join("\n");
            assert!(
                count("Failed") + count("Answered(") <= 1,
                "two ends:\n{transcript}"
            );
            assert_eq!(count("Ack"), count("[< 200"), "every 2xx gets ACK:\n{transcript}");
            assert!(
                count("Cancel") <= count("[< 1"),
                "CANCEL waits for a provisional:\n{transcript}"
            );
            let forks = ["[< 200]", "[< 200 of fork 1]"]
                .iter()
                .filter(|fork| count(fork) > 0)
                .count();
            assert_eq!(
                count("Bye") + count("Answered("),
                forks,
                "each dialog is kept or ended:\n{transcript}"
            );
        });
    }
}
