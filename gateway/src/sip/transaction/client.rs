//! Client transaction of every request but INVITE and ACK (RFC 3261 17.1.2): repeats it until a final response comes.
//!
//! ```text
//! Trying ─1xx─► Proceeding ─200..699─► Completed ─K─► end
//! ```

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{Action, GIVE_UP, Reliability, T1, T2, T4};
use crate::sip::timers::Timers;

/// When each timer fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// T1 after the request, then after twice as long each time up to T2; every T2 once a 1xx came: repeat it (UDP only).
    E,
    /// 64 × T1 after the request: give up.
    F,
    /// T4 after the final (at once over TCP): no copy of it is under way any more.
    K,
}

/// What happens to it.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A 1xx came.
    Provisional,
    /// 200 to 699 came.
    Final,
    /// The transport could not send.
    TransportFailed,
    /// A timer fired.
    Timer(Timer),
}

/// What the user hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tell {
    /// Hand on this final response.
    Final,
    /// Nothing came in time.
    Timeout,
    /// The transport failed.
    TransportFailed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Trying { interval: Duration },
    Proceeding,
    Completed,
    Terminated,
}

/// One request of ours.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    state: State,
    request: Bytes,
    reliability: Reliability,
    /// Its deadlines.
    pub(crate) timers: Timers<Timer>,
}

type Actions = Vec<Action<Tell>>;

impl Client {
    /// Sends `request`.
    pub(crate) fn start(request: Bytes, reliability: Reliability, now: Instant) -> (Client, Actions) {
        let mut timers = Timers::default();
        if reliability == Reliability::Unreliable {
            timers.set(Timer::E, now + T1);
        }
        timers.set(Timer::F, now + GIVE_UP);
        let state = State::Trying { interval: T1 };
        let actions = vec![Action::Transmit(request.clone())];
        (
            Client {
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
        match (self.state, event) {
            (State::Trying { interval }, Event::Timer(Timer::E)) => {
                let interval = (interval * 2).min(T2);
                self.state = State::Trying { interval };
                self.repeat(interval, now)
            }
            (State::Proceeding, Event::Timer(Timer::E)) => self.repeat(T2, now),
            (State::Trying { .. }, Event::Provisional) => {
                self.state = State::Proceeding;
                vec![]
            }
            (State::Trying { .. } | State::Proceeding, Event::Final) => self.complete(now),
            (State::Trying { .. } | State::Proceeding, Event::Timer(Timer::F)) => {
                self.end(Some(Tell::Timeout))
            }
            (State::Trying { .. } | State::Proceeding, Event::TransportFailed) => {
                self.end(Some(Tell::TransportFailed))
            }
            (State::Completed, Event::Timer(Timer::K)) => self.end(None),
            (State::Proceeding, Event::Provisional)
            | (State::Trying { .. } | State::Proceeding, Event::Timer(Timer::K))
            | (State::Completed, Event::Provisional | Event::Final | Event::TransportFailed)
            | (State::Completed, Event::Timer(Timer::E | Timer::F))
            | (
                State::Terminated,
                Event::Provisional | Event::Final | Event::TransportFailed | Event::Timer(_),
            ) => vec![],
        }
    }

    fn repeat(&mut self, interval: Duration, now: Instant) -> Actions {
        self.timers.set(Timer::E, now + interval);
        vec![Action::Transmit(self.request.clone())]
    }

    fn complete(&mut self, now: Instant) -> Actions {
        self.timers.clear();
        match self.reliability {
            Reliability::Unreliable => {
                self.state = State::Completed;
                self.timers.set(Timer::K, now + T4);
                vec![Action::Tell(Tell::Final)]
            }
            Reliability::Reliable => self.end(Some(Tell::Final)),
        }
    }

    fn end(&mut self, tell: Option<Tell>) -> Actions {
        self.state = State::Terminated;
        self.timers.clear();
        tell.map(Action::Tell).into_iter().chain([Action::Done]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::transaction::tests::{reliability, words};
    use crate::sip::transcript::{Machine, check, exhaust};

    const WORDS: &[&str] = &["< 100", "< 200", "transport failed"];

    impl Machine for Client {
        fn start(setup: &str, now: Instant) -> (Client, Vec<String>) {
            let (client, actions) = Client::start(Bytes::from_static(b"BYE"), reliability(setup), now);
            (client, words(actions))
        }
        fn say(&mut self, word: &str, now: Instant) -> Option<Vec<String>> {
            let event = match word {
                "< 100" => Event::Provisional,
                "< 200" => Event::Final,
                "transport failed" => Event::TransportFailed,
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
    fn repeats_up_to_every_four_seconds() {
        check::<Client>(
            "udp",
            "start => > BYE
             +500ms => timer E; > BYE
             +1s => timer E; > BYE
             +2s => timer E; > BYE
             +4s => timer E; > BYE
             +4s => timer E; > BYE
             < 100 =>
             +4s => timer E; > BYE
             < 200 => Final
             < 200 =>
             +5s => timer K; done",
        );
    }

    #[test]
    fn gives_up_after_64_t1() {
        check::<Client>(
            "tcp",
            "start => > BYE
             < 100 =>
             +32s => timer F; Timeout; done",
        );
    }

    #[test]
    fn over_tcp_the_final_ends_it() {
        check::<Client>(
            "tcp",
            "start => > BYE
             < 200 => Final; done",
        );
        check::<Client>(
            "tcp",
            "start => > BYE
             transport failed => TransportFailed; done",
        );
    }

    #[test]
    fn any_order_of_events_tells_exactly_one_end() {
        exhaust::<Client>(&["udp", "tcp"], WORDS, 6, |said| {
            let told = said
                .iter()
                .filter(|s| ["Final", "Timeout", "TransportFailed"].contains(&s.as_str()))
                .count();
            assert_eq!(
                told,
                1,
                "one end, no more and no less:
{}",
                said.join(
                    "
"
                )
            );
        });
    }
}
