//! Watches a leg for one-way audio: it was answered, the far end is sent to, and nothing comes back. The far end is asked once, by a
//! re-INVITE with our whole offer; a leg that stays mute is given up by whoever can do better.
//!
//! ```text
//! Waiting ─answered─► Listening ─3 s─► Offering ─answered or refused─► Listening again ─3 s─► OneWay
//!                       │   ▲ resumed      └──────────────────6 s────────────────────────────────▲
//!                       │   └── Held ◄── held, in any state                    heard, in any state: Heard
//! ```

use std::time::Duration;

use crate::sip::transaction::T2;

/// Who has heard nothing for so long after the answer is asked again (OPERATIONS.md, one-way media).
pub const LISTEN: Duration = Duration::from_secs(3);
/// An offer that is not answered by then will not mend anything: as long as the longest wait after a 491 (RFC 3261 section 14.1), and
/// what a repeated request takes.
pub const OFFER: Duration = Duration::from_secs(6);

/// What happens to a leg's audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The leg was answered. `held` when by agreement not both speak.
    Answered {
        /// Not both speak.
        held: bool,
    },
    /// It repeats its answer: it has not had our ACK, and may say nothing before that.
    AnsweredAgain,
    /// Offer and answer were agreed on, for the first time or anew.
    Agreed {
        /// Not both speak.
        held: bool,
    },
    /// A packet of the far end was accepted, the first since the engine was asked to listen.
    Heard,
    /// Our re-INVITE was answered or refused.
    Offered,
    /// The timer has fired.
    Due,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Have the engine tell of the next packet.
    Listen,
    /// Start the timer, or start it again.
    Wait(Duration),
    /// Stop the timer.
    Stop,
    /// Send a re-INVITE with our whole offer.
    Offer,
    /// It is a one-way leg: use another one if there is one.
    GiveUp,
}

/// Whether our re-INVITE was sent already: there is one for a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    NotYet,
    Once,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Not answered.
    Waiting,
    /// Something should come.
    Listening(Asked),
    /// Nothing came; our re-INVITE is on its way.
    Offering,
    /// Nothing need come.
    Held(Asked),
    /// Something came.
    Heard,
    /// Nothing came, whatever we did.
    OneWay,
}

/// One leg's sentinel.
#[derive(Clone, Copy, Debug)]
pub struct Sentinel(State);

impl Default for Sentinel {
    fn default() -> Sentinel {
        Sentinel(State::Waiting)
    }
}

impl Sentinel {
    /// Takes one event.
    pub fn on(&mut self, event: Event) -> Vec<Action> {
        match (self.0, event) {
            (State::Waiting, Event::Answered { held: false }) => self.listen(Asked::NotYet),
            (State::Waiting, Event::Answered { held: true }) => self.to(State::Held(Asked::NotYet), vec![]),
            (State::Held(asked), Event::Agreed { held: false }) => self.listen(asked),
            // Their media may come from elsewhere now: it has its time again.
            (State::Listening(_), Event::Agreed { held: false }) => vec![Action::Wait(LISTEN)],
            // Should this ACK be lost too, the answer comes again after no more than T2 (RFC 3261 section 13.3.1.4).
            (State::Listening(_), Event::AnsweredAgain) => vec![Action::Wait(LISTEN + T2)],
            (State::Listening(asked), Event::Agreed { held: true }) => {
                self.to(State::Held(asked), vec![Action::Stop])
            }
            (State::Offering, Event::Agreed { held: true }) => {
                self.to(State::Held(Asked::Once), vec![Action::Stop])
            }
            (State::Listening(_) | State::Offering, Event::Heard) => {
                self.to(State::Heard, vec![Action::Stop])
            }
            (State::Held(_) | State::OneWay, Event::Heard) => self.to(State::Heard, vec![]),
            (State::Listening(Asked::NotYet), Event::Due) => {
                self.to(State::Offering, vec![Action::Offer, Action::Wait(OFFER)])
            }
            (State::Offering, Event::Offered) => self.listen(Asked::Once),
            (State::Listening(Asked::Once) | State::Offering, Event::Due) => {
                self.to(State::OneWay, vec![Action::GiveUp])
            }
            (
                State::Waiting,
                Event::AnsweredAgain | Event::Agreed { .. } | Event::Heard | Event::Offered | Event::Due,
            )
            | (State::Listening(_), Event::Answered { .. } | Event::Offered)
            | (
                State::Offering,
                Event::Answered { .. } | Event::AnsweredAgain | Event::Agreed { held: false },
            )
            | (
                State::Held(_),
                Event::Answered { .. }
                | Event::AnsweredAgain
                | Event::Agreed { held: true }
                | Event::Offered
                | Event::Due,
            )
            | (
                State::Heard | State::OneWay,
                Event::Answered { .. }
                | Event::AnsweredAgain
                | Event::Agreed { .. }
                | Event::Offered
                | Event::Due,
            )
            | (State::Heard, Event::Heard) => vec![],
        }
    }

    /// The leg was found to be one-way, and nothing has come since.
    pub fn is_one_way(&self) -> bool {
        match self.0 {
            State::Offering | State::Listening(Asked::Once) | State::OneWay => true,
            State::Waiting | State::Listening(Asked::NotYet) | State::Held(_) | State::Heard => false,
        }
    }

    fn listen(&mut self, asked: Asked) -> Vec<Action> {
        self.to(
            State::Listening(asked),
            vec![Action::Listen, Action::Wait(LISTEN)],
        )
    }

    fn to(&mut self, state: State, actions: Vec<Action>) -> Vec<Action> {
        self.0 = state;
        actions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(word: &str) -> Event {
        match word {
            "answered" => Event::Answered { held: false },
            "answered-held" => Event::Answered { held: true },
            "answered-again" => Event::AnsweredAgain,
            "agreed" => Event::Agreed { held: false },
            "held" => Event::Agreed { held: true },
            "heard" => Event::Heard,
            "offered" => Event::Offered,
            "due" => Event::Due,
            _ => panic!("no such word: {word}"),
        }
    }

    fn words(actions: &[Action]) -> String {
        let word = |action: &Action| match action {
            Action::Listen => "listen".to_owned(),
            Action::Wait(time) => format!("wait {}", time.as_secs()),
            Action::Stop => "stop".into(),
            Action::Offer => "offer".into(),
            Action::GiveUp => "give up".into(),
        };
        actions.iter().map(word).collect::<Vec<_>>().join(", ")
    }

    /// One line an event; the last one says what the record will say.
    fn check(transcript: &str) {
        let mut sentinel = Sentinel::default();
        let mut got = String::new();
        for line in transcript.lines().map(str::trim).filter(|l| !l.is_empty()) {
            let word = line.split(':').next().unwrap_or_default();
            let said = match word {
                "record" if sentinel.is_one_way() => "one way".to_owned(),
                "record" => "fine".to_owned(),
                word => words(&sentinel.on(event(word))),
            };
            got.push_str(format!("{word}: {said}").trim_end());
            got.push('\n');
        }
        let expect: String = transcript
            .lines()
            .map(str::trim)
            .filter(|l| !l.is_empty())
            .map(|l| format!("{l}\n"))
            .collect();
        assert_eq!(got, expect);
    }

    #[test]
    fn a_leg_that_is_heard_is_left_alone() {
        check(
            "agreed:
             answered: listen, wait 3
             heard: stop
             held:
             agreed:
             due:
             record: fine",
        );
    }

    /// What came before the answer may have been another one's announcement.
    #[test]
    fn early_media_is_no_proof() {
        check(
            "agreed:
             heard:
             answered: listen, wait 3
             due: offer, wait 6
             record: one way",
        );
    }

    #[test]
    fn a_mute_leg_is_asked_once_and_given_up() {
        check(
            "answered: listen, wait 3
             due: offer, wait 6
             agreed:
             offered: listen, wait 3
             due: give up
             due:
             record: one way",
        );
    }

    #[test]
    fn one_that_repeats_its_answer_may_not_speak_yet() {
        check(
            "answered: listen, wait 3
             answered-again: wait 7
             answered-again: wait 7
             heard: stop
             answered-again:
             due:
             record: fine",
        );
    }

    #[test]
    fn an_offer_that_nobody_answers() {
        check(
            "answered: listen, wait 3
             due: offer, wait 6
             due: give up
             offered:
             record: one way",
        );
    }

    #[test]
    fn a_leg_that_speaks_after_our_offer_is_kept() {
        check(
            "answered: listen, wait 3
             due: offer, wait 6
             offered: listen, wait 3
             heard: stop
             due:
             record: fine",
        );
    }

    #[test]
    fn one_that_was_given_up_and_speaks_after_all() {
        check(
            "answered: listen, wait 3
             due: offer, wait 6
             due: give up
             heard:
             record: fine",
        );
    }

    #[test]
    fn a_hold_is_no_one_way_leg() {
        check(
            "answered: listen, wait 3
             held: stop
             due:
             record: fine
             agreed: listen, wait 3
             due: offer, wait 6
             held: stop
             record: fine
             agreed: listen, wait 3
             due: give up
             record: one way",
        );
        check(
            "answered-held:
             due:
             held:
             heard:
             record: fine",
        );
    }

    #[test]
    fn media_that_moves_has_its_time_again() {
        check(
            "answered: listen, wait 3
             agreed: wait 3
             due: offer, wait 6
             offered: listen, wait 3
             agreed: wait 3
             due: give up
             record: one way",
        );
    }

    /// Every sequence of seven events: one offer at most, nothing after the giving up, and a timer wherever something is awaited.
    #[test]
    fn every_short_sequence_keeps_the_rules() {
        let all = [
            Event::Answered { held: false },
            Event::Answered { held: true },
            Event::Agreed { held: false },
            Event::Agreed { held: true },
            Event::Heard,
            Event::Offered,
            Event::Due,
        ];
        let mut open = vec![(Sentinel::default(), 0, false, false, 0)];
        while let Some((sentinel, offers, waits, gave_up, depth)) = open.pop() {
            for event in all {
                let (mut sentinel, mut offers, mut waits, mut gave_up) = (sentinel, offers, waits, gave_up);
                if event == Event::Due {
                    waits = false;
                }
                for action in sentinel.on(event) {
                    assert!(!gave_up, "{action:?} after giving up");
                    match action {
                        Action::Offer => offers += 1,
                        Action::Wait(_) => waits = true,
                        Action::Stop => waits = false,
                        Action::GiveUp => gave_up = true,
                        Action::Listen => {}
                    }
                }
                assert!(offers <= 1, "asked twice");
                match sentinel.0 {
                    State::Listening(_) | State::Offering => {
                        assert!(waits || event == Event::Due, "{sentinel:?}")
                    }
                    State::Waiting | State::Held(_) | State::Heard | State::OneWay => {
                        assert!(!waits, "{sentinel:?} waits for nothing");
                    }
                }
                if depth < 6 {
                    open.push((sentinel, offers, waits, gave_up, depth + 1));
                }
            }
        }
    }
}
