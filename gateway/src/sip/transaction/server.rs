//! Server transaction of every request but INVITE and ACK (RFC 3261 17.2.2): gives the same answer to every copy.
//!
//! ```text
//! Trying ─1xx─► Proceeding ─200..699─► Completed ─J─► end
//! ```

use std::time::Instant;

use bytes::Bytes;

use super::{Action, GIVE_UP, Reliability};
use crate::sip::timers::Timers;

/// When its timer fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// 64 × T1 after the final (at once over TCP): no copy of the request is under way any more.
    J,
}

/// What happens to it.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// The request came again.
    Repeated,
    /// The user answers 1xx.
    Provisional(Bytes),
    /// The user answers 200 to 699.
    Final(Bytes),
    /// The timer fired.
    Timer(Timer),
}

/// The user has nothing to hear: once it has answered, all is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tell {}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Trying,
    Proceeding { last: Bytes },
    Completed { last: Bytes },
    Terminated,
}

/// One request of the far end.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    state: State,
    reliability: Reliability,
    /// Its deadline.
    pub(crate) timers: Timers<Timer>,
}

type Actions = Vec<Action<Tell>>;

impl Server {
    /// A request has come.
    pub(crate) fn new(reliability: Reliability) -> Server {
        Server {
            state: State::Trying,
            reliability,
            timers: Timers::default(),
        }
    }

    /// Takes one event.
    pub(crate) fn on(&mut self, event: Event, now: Instant) -> Actions {
        match (&self.state, event) {
            (State::Trying | State::Proceeding { .. }, Event::Provisional(bytes)) => {
                self.state = State::Proceeding { last: bytes.clone() };
                vec![Action::Transmit(bytes)]
            }
            (State::Trying | State::Proceeding { .. }, Event::Final(bytes)) => self.complete(bytes, now),
            (State::Proceeding { last } | State::Completed { last }, Event::Repeated) => {
                vec![Action::Transmit(last.clone())]
            }
            (State::Completed { .. }, Event::Timer(Timer::J)) => {
                self.state = State::Terminated;
                vec![Action::Done]
            }
            (State::Trying, Event::Repeated)
            | (State::Trying | State::Proceeding { .. }, Event::Timer(Timer::J))
            | (State::Completed { .. }, Event::Provisional(_) | Event::Final(_))
            | (
                State::Terminated,
                Event::Repeated | Event::Provisional(_) | Event::Final(_) | Event::Timer(Timer::J),
            ) => vec![],
        }
    }

    fn complete(&mut self, bytes: Bytes, now: Instant) -> Actions {
        match self.reliability {
            Reliability::Unreliable => {
                self.timers.set(Timer::J, now + GIVE_UP);
                self.state = State::Completed { last: bytes.clone() };
                vec![Action::Transmit(bytes)]
            }
            Reliability::Reliable => {
                self.state = State::Terminated;
                vec![Action::Transmit(bytes), Action::Done]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::transaction::tests::{reliability, words};
    use crate::sip::transcript::{Machine, check, exhaust};

    const WORDS: &[&str] = &["< BYE", "100", "200", "481"];

    impl Machine for Server {
        fn start(setup: &str, _: Instant) -> (Server, Vec<String>) {
            (Server::new(reliability(setup)), vec![])
        }
        fn say(&mut self, word: &str, now: Instant) -> Option<Vec<String>> {
            let bytes = || Bytes::copy_from_slice(word.as_bytes());
            let event = match word {
                "< BYE" => Event::Repeated,
                "100" => Event::Provisional(bytes()),
                "200" | "481" => Event::Final(bytes()),
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
    fn every_copy_gets_the_same_answer() {
        check::<Server>(
            "udp",
            "start =>
             < BYE =>
             200 => > 200
             < BYE => > 200
             481 =>
             < BYE => > 200
             +32s => timer J; done",
        );
        check::<Server>(
            "udp",
            "start =>
             100 => > 100
             < BYE => > 100
             481 => > 481
             +32s => timer J; done",
        );
    }

    #[test]
    fn over_tcp_the_answer_ends_it() {
        check::<Server>(
            "tcp",
            "start =>
             200 => > 200; done",
        );
    }

    #[test]
    fn any_order_of_events_gives_one_final() {
        exhaust::<Server>(&["udp", "tcp"], WORDS, 6, |said| {
            let sent = |what: &str| said.iter().any(|s| s == what);
            assert!(
                !(sent("> 200") && sent("> 481")),
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
