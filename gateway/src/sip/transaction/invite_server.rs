//! INVITE server transaction (RFC 3261 17.2.1, RFC 6026 7.1): answers repeated INVITEs, repeats a final failure until its
//! ACK comes. A 2xx is repeated by the call, for only the call sees that ACK.
//!
//! ```text
//! Proceeding ─300..699─► Completed ─ACK─► Confirmed ─I─► end
//!     └────── 2xx ─────► Accepted ─L─► end
//! ```

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{Action, GIVE_UP, Reliability, T1, T2, T4};
use crate::sip::timers::Timers;

/// When each timer fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// T1 after a final failure, then after twice as long each time up to T2: repeat it (UDP only).
    G,
    /// 64 × T1 after a final failure without an ACK: give up.
    H,
    /// T4 after the ACK (at once over TCP): no copy of it is under way any more.
    I,
    /// 64 × T1 after the 2xx: no copy of the INVITE will come any more (RFC 6026).
    L,
}

/// What happens to it.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// The INVITE came again.
    Repeated,
    /// The call answers 1xx.
    Provisional(Bytes),
    /// The call answers 2xx, or repeats it.
    Success(Bytes),
    /// The call answers 300 to 699.
    Failure(Bytes),
    /// An ACK with the branch of the INVITE came.
    Ack,
    /// A timer fired.
    Timer(Timer),
}

/// What the call hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tell {
    /// An ACK to our 2xx that carries the branch of the INVITE; it should not, but some do.
    Ack,
    /// Our final failure was never acknowledged. The call is over all the same.
    Timeout,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Proceeding { last: Option<Bytes> },
    Completed { last: Bytes, interval: Duration },
    Confirmed,
    Accepted,
    Terminated,
}

/// One INVITE of the far end.
#[derive(Clone, Debug)]
pub(crate) struct InviteServer {
    state: State,
    reliability: Reliability,
    /// Its deadlines.
    pub(crate) timers: Timers<Timer>,
}

type Actions = Vec<Action<Tell>>;

impl InviteServer {
    /// An INVITE has come. The user answers 100 at once, so the transaction need not (RFC 3261 17.2.1).
    pub(crate) fn new(reliability: Reliability) -> InviteServer {
        InviteServer {
            state: State::Proceeding { last: None },
            reliability,
            timers: Timers::default(),
        }
    }

    /// Takes one event.
    pub(crate) fn on(&mut self, event: Event, now: Instant) -> Actions {
        match std::mem::replace(&mut self.state, State::Terminated) {
            State::Proceeding { last } => self.proceeding(last, event, now),
            State::Completed { last, interval } => self.completed(last, interval, event, now),
            State::Confirmed => self.confirmed(event),
            State::Accepted => self.accepted(event),
            State::Terminated => Vec::new(),
        }
    }

    fn proceeding(&mut self, last: Option<Bytes>, event: Event, now: Instant) -> Actions {
        match event {
            Event::Repeated => {
                let again = last.iter().cloned().map(Action::Transmit).collect();
                self.stay(State::Proceeding { last }, again)
            }
            Event::Provisional(bytes) => {
                let last = Some(bytes.clone());
                self.stay(State::Proceeding { last }, vec![Action::Transmit(bytes)])
            }
            Event::Success(bytes) => {
                self.timers.set(Timer::L, now + GIVE_UP);
                self.stay(State::Accepted, vec![Action::Transmit(bytes)])
            }
            Event::Failure(bytes) => {
                if self.reliability == Reliability::Unreliable {
                    self.timers.set(Timer::G, now + T1);
                }
                self.timers.set(Timer::H, now + GIVE_UP);
                let state = State::Completed {
                    last: bytes.clone(),
                    interval: T1,
                };
                self.stay(state, vec![Action::Transmit(bytes)])
            }
            Event::Ack | Event::Timer(Timer::G | Timer::H | Timer::I | Timer::L) => {
                self.stay(State::Proceeding { last }, vec![])
            }
        }
    }

    fn completed(&mut self, last: Bytes, interval: Duration, event: Event, now: Instant) -> Actions {
        match event {
            Event::Repeated => {
                let again = Action::Transmit(last.clone());
                self.stay(State::Completed { last, interval }, vec![again])
            }
            Event::Timer(Timer::G) => {
                let interval = (interval * 2).min(T2);
                self.timers.set(Timer::G, now + interval);
                let again = Action::Transmit(last.clone());
                self.stay(State::Completed { last, interval }, vec![again])
            }
            Event::Timer(Timer::H) => self.end(Some(Tell::Timeout)),
            Event::Ack => {
                self.timers.clear();
                match self.reliability {
                    Reliability::Unreliable => {
                        self.timers.set(Timer::I, now + T4);
                        self.stay(State::Confirmed, vec![])
                    }
                    Reliability::Reliable => self.end(None),
                }
            }
            Event::Provisional(_)
            | Event::Success(_)
            | Event::Failure(_)
            | Event::Timer(Timer::I | Timer::L) => self.stay(State::Completed { last, interval }, vec![]),
        }
    }

    fn confirmed(&mut self, event: Event) -> Actions {
        match event {
            Event::Timer(Timer::I) => self.end(None),
            Event::Repeated
            | Event::Provisional(_)
            | Event::Success(_)
            | Event::Failure(_)
            | Event::Ack
            | Event::Timer(Timer::G | Timer::H | Timer::L) => self.stay(State::Confirmed, vec![]),
        }
    }

    fn accepted(&mut self, event: Event) -> Actions {
        match event {
            // The call repeats the 2xx by its own clock until the ACK comes.
            Event::Success(bytes) => self.stay(State::Accepted, vec![Action::Transmit(bytes)]),
            Event::Ack => self.stay(State::Accepted, vec![Action::Tell(Tell::Ack)]),
            Event::Timer(Timer::L) => self.end(None),
            Event::Repeated
            | Event::Provisional(_)
            | Event::Failure(_)
            | Event::Timer(Timer::G | Timer::H | Timer::I) => self.stay(State::Accepted, vec![]),
        }
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

    const WORDS: &[&str] = &["< INVITE", "180", "200", "486", "< ACK"];

    impl Machine for InviteServer {
        fn start(setup: &str, now: Instant) -> (InviteServer, Vec<String>) {
            let mut server = InviteServer::new(reliability(setup));
            let actions = server.on(Event::Provisional(Bytes::from_static(b"100")), now);
            (server, words(actions))
        }
        fn say(&mut self, word: &str, now: Instant) -> Option<Vec<String>> {
            let bytes = || Bytes::copy_from_slice(word.as_bytes());
            let event = match word {
                "< INVITE" => Event::Repeated,
                "180" => Event::Provisional(bytes()),
                "200" => Event::Success(bytes()),
                "486" => Event::Failure(bytes()),
                "< ACK" => Event::Ack,
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
    fn a_repeated_invite_gets_the_last_18x_again() {
        check::<InviteServer>(
            "udp",
            "start => > 100
             < INVITE => > 100
             180 => > 180
             < INVITE => > 180
             +100s =>
             < INVITE => > 180",
        );
    }

    #[test]
    fn a_failure_is_repeated_until_its_ack() {
        check::<InviteServer>(
            "udp",
            "start => > 100
             486 => > 486
             +500ms => timer G; > 486
             +1s => timer G; > 486
             < INVITE => > 486
             +2s => timer G; > 486
             +4s => timer G; > 486
             +4s => timer G; > 486
             < ACK =>
             < INVITE =>
             < ACK =>
             +5s => timer I; done",
        );
        check::<InviteServer>(
            "tcp",
            "start => > 100
             486 => > 486
             +5s =>
             < ACK => done",
        );
    }

    #[test]
    fn without_ack_it_gives_up_after_64_t1() {
        check::<InviteServer>(
            "tcp",
            "start => > 100
             486 => > 486
             +32s => timer H; Timeout; done",
        );
    }

    #[test]
    fn a_2xx_swallows_repeated_invites_and_lets_acks_through() {
        check::<InviteServer>(
            "udp",
            "start => > 100
             200 => > 200
             < INVITE =>
             200 => > 200
             < ACK => Ack
             486 =>
             +32s => timer L; done",
        );
    }

    #[test]
    fn any_order_of_events_gives_one_kind_of_final() {
        exhaust::<InviteServer>(&["udp", "tcp"], WORDS, 5, |said| {
            let sent = |what: &str| said.iter().any(|s| s == what);
            assert!(
                !(sent("> 200") && sent("> 486")),
                "two finals:
{}",
                said.join(
                    "
"
                )
            );
        });
    }
}
