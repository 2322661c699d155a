//! INVITE client transaction (RFC 3261 17.1.1, RFC 6026 7.2): repeats the INVITE until something comes, acknowledges
//! every final failure, and lets each 2xx through to the call, which acknowledges those itself.
//!
//! ```text
//! Calling ─1xx─► Proceeding ─300..699─► Completed ─D─► end
//!    │  └─abandon─► Abandoned ◄─abandon─┘│
//!    └──────────────── 2xx ──────────────┴► Accepted ─M─► end
//! ```

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{Action, GIVE_UP, Reliability, T1, WAIT_D};
use crate::sip::timers::Timers;

/// When each timer fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// T1 after the INVITE, then after twice as long each time: repeat it (UDP only).
    A,
    /// 64 × T1 after the INVITE without any response, or after `Abandon`: give up.
    B,
    /// 32 s after a final failure (at once over TCP): the far end has our ACK.
    D,
    /// 64 × T1 after the first 2xx: no further one will come (RFC 6026).
    M,
}

/// What happens to it.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A 1xx came.
    Provisional,
    /// A 2xx came.
    Success,
    /// 300 to 699 came; this acknowledges it (RFC 3261 17.1.1.3).
    Failure {
        /// The ACK, should it be the first.
        ack: Bytes,
    },
    /// The user has given up (after a CANCEL: RFC 3261 9.1): stop repeating and end 64 × T1 from now at the latest.
    Abandon,
    /// The transport could not send.
    TransportFailed,
    /// A timer fired.
    Timer(Timer),
}

/// What the call hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tell {
    /// Hand on this 1xx.
    Provisional,
    /// Hand on this 2xx; repeated and forked ones too.
    Success,
    /// Hand on this final failure, already acknowledged.
    Failure,
    /// Nothing came in time.
    Timeout,
    /// The transport failed.
    TransportFailed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Calling { interval: Duration },
    Proceeding,
    Abandoned,
    Completed { ack: Bytes },
    Accepted,
    Terminated,
}

/// One INVITE of ours.
#[derive(Clone, Debug)]
pub(crate) struct InviteClient {
    state: State,
    request: Bytes,
    reliability: Reliability,
    /// Its deadlines.
    pub(crate) timers: Timers<Timer>,
}

type Actions = Vec<Action<Tell>>;

impl InviteClient {
    /// Sends `request`.
    pub(crate) fn start(request: Bytes, reliability: Reliability, now: Instant) -> (InviteClient, Actions) {
        let mut timers = Timers::default();
        if reliability == Reliability::Unreliable {
            timers.set(Timer::A, now + T1);
        }
        timers.set(Timer::B, now + GIVE_UP);
        let state = State::Calling { interval: T1 };
        let actions = vec![Action::Transmit(request.clone())];
        (
            InviteClient {
                state,
                request,
                reliability,
                timers,
            },
            actions,
        )
    }

    /// Takes one event.
    pub(crate) fn on(&mut self, event: Event, now: Instant) -> Actions {
        match std::mem::replace(&mut self.state, State::Terminated) {
            State::Calling { interval } => self.calling(interval, event, now),
            State::Proceeding => self.proceeding(event, now),
            State::Abandoned => self.abandoned(event, now),
            State::Completed { ack } => self.completed(ack, event),
            State::Accepted => self.accepted(event),
            State::Terminated => Vec::new(),
        }
    }

    fn calling(&mut self, interval: Duration, event: Event, now: Instant) -> Actions {
        match event {
            Event::Timer(Timer::A) => {
                // Doubles without a cap; timer B ends it (RFC 3261 17.1.1.2).
                let interval = interval * 2;
                self.timers.set(Timer::A, now + interval);
                self.stay(
                    State::Calling { interval },
                    vec![Action::Transmit(self.request.clone())],
                )
            }
            Event::Timer(Timer::B) => self.end(Some(Tell::Timeout)),
            Event::TransportFailed => self.end(Some(Tell::TransportFailed)),
            Event::Provisional => {
                self.timers.clear();
                self.stay(State::Proceeding, vec![Action::Tell(Tell::Provisional)])
            }
            Event::Success => self.accept(now),
            Event::Failure { ack } => self.complete(ack, now),
            Event::Abandon => {
                self.timers.stop(Timer::A);
                self.stay(State::Abandoned, vec![])
            }
            Event::Timer(Timer::D | Timer::M) => self.stay(State::Calling { interval }, vec![]),
        }
    }

    fn proceeding(&mut self, event: Event, now: Instant) -> Actions {
        match event {
            Event::Provisional => self.stay(State::Proceeding, vec![Action::Tell(Tell::Provisional)]),
            Event::Success => self.accept(now),
            Event::Failure { ack } => self.complete(ack, now),
            Event::Abandon => {
                self.timers.set(Timer::B, now + GIVE_UP);
                self.stay(State::Abandoned, vec![])
            }
            // Nothing is being sent here: a failure is one of the CANCEL's or of an earlier copy.
            Event::TransportFailed | Event::Timer(Timer::A | Timer::B | Timer::D | Timer::M) => {
                self.stay(State::Proceeding, vec![])
            }
        }
    }

    fn abandoned(&mut self, event: Event, now: Instant) -> Actions {
        match event {
            Event::Provisional => self.stay(State::Abandoned, vec![Action::Tell(Tell::Provisional)]),
            Event::Success => self.accept(now),
            Event::Failure { ack } => self.complete(ack, now),
            Event::Timer(Timer::B) => self.end(Some(Tell::Timeout)),
            Event::TransportFailed => self.end(Some(Tell::TransportFailed)),
            Event::Abandon | Event::Timer(Timer::A | Timer::D | Timer::M) => {
                self.stay(State::Abandoned, vec![])
            }
        }
    }

    fn completed(&mut self, ack: Bytes, event: Event) -> Actions {
        match event {
            Event::Failure { ack: _ } => {
                let again = Action::Transmit(ack.clone());
                self.stay(State::Completed { ack }, vec![again])
            }
            Event::Timer(Timer::D) => self.end(None),
            // The call has its final already; an ACK that cannot be sent is repeated with the next copy.
            Event::Provisional
            | Event::Success
            | Event::Abandon
            | Event::TransportFailed
            | Event::Timer(Timer::A | Timer::B | Timer::M) => self.stay(State::Completed { ack }, vec![]),
        }
    }

    fn accepted(&mut self, event: Event) -> Actions {
        match event {
            Event::Success => self.stay(State::Accepted, vec![Action::Tell(Tell::Success)]),
            Event::Timer(Timer::M) => self.end(None),
            Event::Provisional
            | Event::Failure { .. }
            | Event::Abandon
            | Event::TransportFailed
            | Event::Timer(Timer::A | Timer::B | Timer::D) => self.stay(State::Accepted, vec![]),
        }
    }

    fn accept(&mut self, now: Instant) -> Actions {
        self.timers.clear();
        self.timers.set(Timer::M, now + GIVE_UP);
        self.stay(State::Accepted, vec![Action::Tell(Tell::Success)])
    }

    fn complete(&mut self, ack: Bytes, now: Instant) -> Actions {
        let mut actions = vec![Action::Transmit(ack.clone()), Action::Tell(Tell::Failure)];
        self.timers.clear();
        match self.reliability {
            Reliability::Unreliable => {
                self.timers.set(Timer::D, now + WAIT_D);
                self.state = State::Completed { ack };
            }
            Reliability::Reliable => actions.push(Action::Done),
        }
        actions
    }

    fn stay(&mut self, state: State, actions: Actions) -> Actions {
        self.state = state;
        actions
    }

    fn end(&mut self, tell: Option<Tell>) -> Actions {
        self.timers.clear();
        tell.map(Action::Tell).into_iter().chain([Action::Done]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::transaction::tests::{reliability, words};
    use crate::sip::transcript::{Machine, check, exhaust};

    fn event(word: &str) -> Option<Event> {
        Some(match word {
            "< 180" => Event::Provisional,
            "< 200" => Event::Success,
            "< 486" => Event::Failure {
                ack: Bytes::from_static(b"ACK"),
            },
            "abandon" => Event::Abandon,
            "transport failed" => Event::TransportFailed,
            _ => return None,
        })
    }

    const WORDS: &[&str] = &["< 180", "< 200", "< 486", "abandon", "transport failed"];

    impl Machine for InviteClient {
        fn start(setup: &str, now: Instant) -> (InviteClient, Vec<String>) {
            let (client, actions) =
                InviteClient::start(Bytes::from_static(b"INVITE"), reliability(setup), now);
            (client, words(actions))
        }
        fn say(&mut self, word: &str, now: Instant) -> Option<Vec<String>> {
            Some(words(self.on(event(word)?, now)))
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
    fn repeats_until_answered() {
        check::<InviteClient>(
            "udp",
            "start => > INVITE
             +500ms => timer A; > INVITE
             +1000ms => timer A; > INVITE
             +2000ms => timer A; > INVITE
             < 180 => Provisional
             +60s =>
             < 180 => Provisional
             < 200 => Success
             < 200 => Success
             +32s => timer M; done",
        );
    }

    #[test]
    fn gives_up_after_64_t1() {
        check::<InviteClient>(
            "udp",
            "start => > INVITE
             +31500ms => timer A; > INVITE; timer A; > INVITE; timer A; > INVITE; timer A; > INVITE; timer A; > INVITE; timer A; > INVITE
             +500ms => timer B; Timeout; done",
        );
        check::<InviteClient>(
            "tcp",
            "start => > INVITE
             +32s => timer B; Timeout; done",
        );
    }

    #[test]
    fn acknowledges_every_copy_of_a_failure() {
        check::<InviteClient>(
            "udp",
            "start => > INVITE
             < 486 => > ACK; Failure
             < 486 => > ACK
             +31s =>
             < 486 => > ACK
             < 200 =>
             +1s => timer D; done",
        );
        check::<InviteClient>(
            "tcp",
            "start => > INVITE
             < 486 => > ACK; Failure; done",
        );
    }

    #[test]
    fn abandoned_it_waits_for_a_late_answer_in_silence() {
        check::<InviteClient>(
            "udp",
            "start => > INVITE
             +500ms => timer A; > INVITE
             abandon =>
             +20s =>
             < 180 => Provisional
             < 200 => Success
             +32s => timer M; done",
        );
        check::<InviteClient>(
            "udp",
            "start => > INVITE
             < 180 => Provisional
             +100s =>
             abandon =>
             +31s =>
             < 180 => Provisional
             +1s => timer B; Timeout; done",
        );
    }

    #[test]
    fn transport_failure_ends_it_while_calling() {
        check::<InviteClient>(
            "tcp",
            "start => > INVITE
             transport failed => TransportFailed; done",
        );
    }

    #[test]
    fn any_order_of_events_ends_with_at_most_one_final() {
        exhaust::<InviteClient>(&["udp", "tcp"], WORDS, 5, |said| {
            let ends = ["Failure", "Timeout", "TransportFailed", "Success"].into_iter();
            let told = ends.filter(|end| said.iter().any(|s| s == end)).count();
            assert!(
                told <= 1,
                "two ends:
{}",
                said.join(
                    "
"
                )
            );
        });
    }
}
