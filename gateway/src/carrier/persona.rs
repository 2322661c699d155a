//! A far end as a person: what they do when their telephone rings, and what they do about what they hear.
//!
//! Its clock is the frame: [`Event::Frame`] comes every 20 ms from the first ring to the end.
//!
//! ```text
//! caller   rings ─► answers ─► listens ─ a second of quiet ─► * ─► follows ─ target heard long enough, or long quiet ─► * ─► …
//! target   rings ─► answers ─► talks ─► (hangs up)        busy: 486        lets it ring: until CANCEL
//! ```

use std::time::Duration;

use trunkline_media::dtmf::Digit;

use super::ear::Heard;

/// The length of a frame.
pub const FRAME: Duration = Duration::from_millis(20);

/// How somebody behaves on the telephone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// A supporter: answers, presses `*` when the first words are over, and `*` again to go on.
    Caller(Caller),
    /// An office that answers.
    Answers {
        /// Rings for so long.
        ring: Duration,
        /// Hangs up after so long; `None` never.
        talk: Option<Duration>,
    },
    /// An office whose line is busy: 486.
    Busy,
    /// An office that lets it ring for ever.
    LetsItRing,
    /// Says no with this status at once (404, 503, 603, …).
    Refuses(u16),
}

/// A supporter's patience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Rings for so long before the call is answered.
    pub ring: Duration,
    /// After something was heard, quiet of this length means that a key is waited for.
    pub quiet: Duration,
    /// Has talked with a target for so long: `*`.
    pub talk: Duration,
    /// Has heard nothing for so long while a target should be on the line: `*`.
    pub patience: Duration,
    /// Hangs up after so many `*`; `None` stays to the end.
    pub hang_up_after: Option<u32>,
}

impl Default for Caller {
    fn default() -> Caller {
        Caller {
            ring: Duration::from_millis(600),
            quiet: Duration::from_millis(1_000),
            talk: Duration::from_secs(3),
            patience: Duration::from_secs(4),
            hang_up_after: None,
        }
    }
}

/// What happens to a person on the telephone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The telephone rings.
    Invited,
    /// A call that they made was answered.
    Answered,
    /// 20 ms have gone by; what was heard in them (quiet while it rings).
    Frame(Heard),
    /// The other side has hung up, or given up.
    Ended,
}

/// What a person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// 180.
    Ring,
    /// 200.
    Answer,
    /// A final response of 400 to 699.
    Refuse(u16),
    /// Presses a key.
    Press(Digit),
    /// BYE.
    HangUp,
}

/// One person in one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Persona {
    habit: Habit,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing yet.
    Idle,
    /// Rings, for so long already.
    Ringing(Duration),
    /// A target that has answered, and for how long.
    Talking(Duration),
    /// A caller hears the first words.
    Listening {
        /// Something was heard.
        spoken: bool,
        /// Quiet at the end.
        quiet: Duration,
    },
    /// A caller who has pressed `*` so many times is led from target to target.
    Following {
        /// `*` so far.
        pressed: u32,
        /// A target's tone was heard for so long since the last `*`.
        target: Duration,
        /// Quiet at the end.
        quiet: Duration,
    },
    /// No call any more.
    Over,
}

impl Persona {
    /// Somebody with this habit, at rest.
    pub fn new(habit: Habit) -> Persona {
        Persona {
            habit,
            state: State::Idle,
        }
    }

    /// Takes one event and says what the person does.
    pub fn on(&mut self, event: Event) -> Vec<Act> {
        let (state, act) = match (self.state, event) {
            (State::Idle, Event::Invited) => self.invited(),
            (State::Idle, Event::Answered) => (self.on_the_line(), None),
            (State::Ringing(rung), Event::Frame(_)) => self.rings(rung + FRAME),
            (State::Talking(talked), Event::Frame(_)) => self.talks(talked + FRAME),
            (State::Listening { spoken, quiet }, Event::Frame(heard)) => self.listens(spoken, quiet, heard),
            (
                State::Following {
                    pressed,
                    target,
                    quiet,
                },
                Event::Frame(heard),
            ) => self.follows(pressed, target, quiet, heard),
            (State::Over, Event::Invited | Event::Answered | Event::Frame(_) | Event::Ended)
            | (_, Event::Ended) => (State::Over, None),
            (State::Idle, Event::Frame(_))
            | (
                State::Ringing(_) | State::Talking(_) | State::Listening { .. } | State::Following { .. },
                Event::Invited | Event::Answered,
            ) => (self.state, None),
        };
        self.state = state;
        act.into_iter().collect()
    }

    /// Whether the call is over for this person.
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    fn invited(&self) -> (State, Option<Act>) {
        match self.habit {
            Habit::Caller(_) | Habit::Answers { .. } | Habit::LetsItRing => {
                (State::Ringing(Duration::ZERO), Some(Act::Ring))
            }
            Habit::Busy => (State::Over, Some(Act::Refuse(486))),
            Habit::Refuses(status) => (State::Over, Some(Act::Refuse(status))),
        }
    }

    fn on_the_line(&self) -> State {
        match self.habit {
            Habit::Caller(_) => State::Listening {
                spoken: false,
                quiet: Duration::ZERO,
            },
            Habit::Answers { .. } | Habit::LetsItRing | Habit::Busy | Habit::Refuses(_) => {
                State::Talking(Duration::ZERO)
            }
        }
    }

    fn rings(&self, rung: Duration) -> (State, Option<Act>) {
        match self.habit {
            Habit::Caller(Caller { ring, .. }) | Habit::Answers { ring, .. } if rung >= ring => {
                (self.on_the_line(), Some(Act::Answer))
            }
            Habit::Caller(_)
            | Habit::Answers { .. }
            | Habit::LetsItRing
            | Habit::Busy
            | Habit::Refuses(_) => (State::Ringing(rung), None),
        }
    }

    fn talks(&self, talked: Duration) -> (State, Option<Act>) {
        match self.habit {
            Habit::Answers { talk: Some(talk), .. } if talked >= talk => (State::Over, Some(Act::HangUp)),
            Habit::Answers { .. }
            | Habit::Caller(_)
            | Habit::LetsItRing
            | Habit::Busy
            | Habit::Refuses(_) => (State::Talking(talked), None),
        }
    }

    fn listens(&self, spoken: bool, quiet: Duration, heard: Heard) -> (State, Option<Act>) {
        let quiet = still(quiet, heard);
        let spoken = spoken || heard != Heard::Quiet;
        if spoken && quiet >= self.caller().quiet {
            (
                State::Following {
                    pressed: 1,
                    target: Duration::ZERO,
                    quiet: Duration::ZERO,
                },
                Some(STAR),
            )
        } else {
            (State::Listening { spoken, quiet }, None)
        }
    }

    fn follows(&self, pressed: u32, target: Duration, quiet: Duration, heard: Heard) -> (State, Option<Act>) {
        let caller = self.caller();
        let quiet = still(quiet, heard);
        let target = if heard == Heard::Tone {
            target + FRAME
        } else {
            target
        };
        if target < caller.talk && quiet < caller.patience {
            return (
                State::Following {
                    pressed,
                    target,
                    quiet,
                },
                None,
            );
        }
        if caller.hang_up_after.is_some_and(|most| pressed >= most) {
            return (State::Over, Some(Act::HangUp));
        }
        let next = State::Following {
            pressed: pressed + 1,
            target: Duration::ZERO,
            quiet: Duration::ZERO,
        };
        (next, Some(STAR))
    }

    fn caller(&self) -> Caller {
        match self.habit {
            Habit::Caller(caller) => caller,
            Habit::Answers { .. } | Habit::LetsItRing | Habit::Busy | Habit::Refuses(_) => Caller::default(),
        }
    }
}

const STAR: Act = Act::Press(Digit::STAR);

fn still(quiet: Duration, heard: Heard) -> Duration {
    match heard {
        Heard::Quiet => quiet + FRAME,
        Heard::Tone | Heard::Sound => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays a day: `invited`, `ended`, or so many milliseconds of `quiet`, `sound` or `tone`. Says when what was done.
    fn day(habit: Habit, events: &str) -> String {
        let mut persona = Persona::new(habit);
        let mut at = Duration::ZERO;
        let mut done = Vec::new();
        for line in events.split(',').map(str::trim) {
            let (times, event) = match line.split_once(' ') {
                None if line == "ended" => (1, Event::Ended),
                None => (1, Event::Invited),
                Some((ms, what)) => {
                    let heard = match what {
                        "sound" => Heard::Sound,
                        "tone" => Heard::Tone,
                        _ => Heard::Quiet,
                    };
                    (ms.parse::<u32>().expect("milliseconds") / 20, Event::Frame(heard))
                }
            };
            for _ in 0..times {
                if matches!(event, Event::Frame(_)) {
                    at += FRAME;
                }
                for act in persona.on(event) {
                    done.push(format!("{} {act:?}", at.as_millis()));
                }
            }
        }
        done.join(", ")
    }

    #[test]
    fn a_caller_waits_for_the_question_and_goes_on_after_each_target() {
        let caller = Habit::Caller(Caller::default());
        assert_eq!(
            day(
                caller,
                "invited, 1000 quiet, 3000 sound, 400 quiet, 2000 sound, 1000 quiet, 5000 sound, 3000 tone, 1000 sound"
            ),
            "0 Ring, 600 Answer, 7400 Press(*), 15400 Press(*)"
        );
    }

    #[test]
    fn a_caller_does_not_press_before_anything_was_said() {
        assert_eq!(
            day(Habit::Caller(Caller::default()), "invited, 30000 quiet"),
            "0 Ring, 600 Answer"
        );
    }

    #[test]
    fn a_caller_gives_up_on_a_target_that_does_not_answer() {
        assert_eq!(
            day(
                Habit::Caller(Caller::default()),
                "invited, 600 quiet, 100 sound, 1000 quiet, 2000 sound, 9000 quiet"
            ),
            "0 Ring, 600 Answer, 1700 Press(*), 7700 Press(*), 11700 Press(*)"
        );
    }

    #[test]
    fn a_caller_may_hang_up() {
        let caller = Caller {
            hang_up_after: Some(1),
            ..Caller::default()
        };
        assert_eq!(
            day(
                Habit::Caller(caller),
                "invited, 600 quiet, 100 sound, 1000 quiet, 4000 tone"
            ),
            "0 Ring, 600 Answer, 1700 Press(*), 4700 HangUp"
        );
    }

    #[test]
    fn a_caller_who_dials_in_listens_from_the_answer_on() {
        let mut persona = Persona::new(Habit::Caller(Caller::default()));
        assert_eq!(persona.on(Event::Answered), []);
        let acts: Vec<Act> = [Heard::Sound]
            .into_iter()
            .chain([Heard::Quiet; 50])
            .flat_map(|h| persona.on(Event::Frame(h)))
            .collect();
        assert_eq!(acts, [STAR]);
    }

    #[test]
    fn targets_answer_or_are_busy_or_let_it_ring() {
        let ring = Duration::from_secs(1);
        assert_eq!(
            day(Habit::Answers { ring, talk: None }, "invited, 60000 quiet, ended"),
            "0 Ring, 1000 Answer"
        );
        let talk = Some(Duration::from_secs(2));
        assert_eq!(
            day(Habit::Answers { ring, talk }, "invited, 60000 sound"),
            "0 Ring, 1000 Answer, 3000 HangUp"
        );
        assert_eq!(
            day(Habit::LetsItRing, "invited, 60000 quiet, ended, 100 quiet"),
            "0 Ring"
        );
        assert_eq!(day(Habit::Busy, "invited, 100 quiet"), "0 Refuse(486)");
        assert_eq!(day(Habit::Refuses(603), "invited, 100 quiet"), "0 Refuse(603)");
    }

    #[test]
    fn nothing_is_done_after_the_end() {
        for habit in [Habit::Caller(Caller::default()), Habit::LetsItRing, Habit::Busy] {
            let mut persona = Persona::new(habit);
            persona.on(Event::Invited);
            persona.on(Event::Ended);
            assert!(persona.is_over());
            for event in [Event::Invited, Event::Frame(Heard::Tone), Event::Ended] {
                assert_eq!(persona.on(event), []);
            }
        }
    }
}
