//! Where does the caller live? Keys are collected, looked up outside, and asked for again when nobody knows the place.
//!
//! ```text
//!  msg_intro_location msg_location │ keys … │ Locate ─► Located(targets) ─► schedule or calls
//!                                   │ silence │ msg_unparsed_location,                        └ none: msg_invalid_location,
//!                                               asked once more                                 asked again, 3 times in all
//! ```

use trunkline_gateway::flow::{Action, FlowEvent, FlowTarget, Timer};
use trunkline_media::dtmf::Digit;

use super::clips::{GOODBYE, INTRO, INTRO_LOCATION, INVALID_LOCATION, LOCATION, UNPARSED_LOCATION, clip};
use super::confirm::Hears;
use super::entry::failed_later;
use super::goodbye;
use super::plan::{FlowPlan, LocateKeys};
use super::schedule::Schedule;
use super::state::{Next, State, caller_gone, stay};

/// The question for a location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Locate {
    keys: LocateKeys,
    /// Locations that were not found.
    not_found: u8,
    /// Whether silence was answered once already.
    silent_before: bool,
    stage: Stage,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    /// Keys so far; none while the prompt plays.
    Collecting(String, Hears),
    /// The look-up is out.
    Looking,
}

impl Locate {
    /// Plays the introduction and asks.
    pub(super) fn enter(keys: LocateKeys, plan: &FlowPlan) -> Next {
        let intro = if plan.intro_location {
            INTRO_LOCATION
        } else {
            INTRO
        };
        let locate = Locate {
            keys,
            not_found: 0,
            silent_before: false,
            stage: Stage::Looking,
        };
        locate.ask(vec![intro, LOCATION])
    }

    pub(super) fn on(mut self, event: FlowEvent, plan: &mut FlowPlan) -> Next {
        match (self.stage.clone(), event) {
            (Stage::Collecting(keys, hears), FlowEvent::Digit(digit)) => self.key(keys, hears, digit, plan),
            (Stage::Collecting(keys, Hears::Prompt), FlowEvent::PlayDone) => {
                self.stage = Stage::Collecting(keys, Hears::Silence);
                let timer = Action::StartTimer(Timer::Input, plan.timers.locate);
                (State::Locate(self), vec![timer])
            }
            (Stage::Collecting(keys, Hears::Silence), FlowEvent::TimerFired(Timer::Input)) => {
                self.paused(keys)
            }
            (Stage::Looking, FlowEvent::Located(targets)) => self.located(targets, plan),
            (_, FlowEvent::CallerHungUp) => caller_gone(),
            (_, FlowEvent::CallerFailed(outcome)) => failed_later(outcome),
            (
                Stage::Collecting(..) | Stage::Looking,
                FlowEvent::Digit(_)
                | FlowEvent::PlayDone
                | FlowEvent::TimerFired(_)
                | FlowEvent::Start
                | FlowEvent::CallerAnswered
                | FlowEvent::TargetRinging(_)
                | FlowEvent::TargetAnswered(_)
                | FlowEvent::TargetRetried(_)
                | FlowEvent::TargetEnded(..)
                | FlowEvent::OfficeFull(_)
                | FlowEvent::Located(_),
            ) => stay(State::Locate(self)),
        }
    }

    fn ask(mut self, clips: Vec<&str>) -> Next {
        self.stage = Stage::Collecting(String::new(), Hears::Prompt);
        let clips = clips.into_iter().map(clip).collect();
        (State::Locate(self), vec![Action::Play(clips)])
    }

    fn key(mut self, mut keys: String, hears: Hears, digit: Digit, plan: &mut FlowPlan) -> Next {
        if digit == Digit::POUND {
            if keys.is_empty() {
                return stay(State::Locate(self));
            }
            return self.look_up(keys, hears.cut());
        }
        if !digit.as_char().is_ascii_digit() {
            return stay(State::Locate(self));
        }
        plan.key_pressed();
        keys.push(digit.as_char());
        let (LocateKeys::Digits(most) | LocateKeys::Keypad(most)) = self.keys;
        if keys.len() >= most {
            return self.look_up(keys, hears.cut());
        }
        let mut actions = match hears {
            Hears::Prompt => vec![Action::StopPlay],
            Hears::Silence => Vec::new(),
        };
        actions.push(Action::StartTimer(Timer::Input, plan.timers.locate));
        self.stage = Stage::Collecting(keys, Hears::Silence);
        (State::Locate(self), actions)
    }

    fn look_up(mut self, keys: String, cut: Action) -> Next {
        self.stage = Stage::Looking;
        (State::Locate(self), vec![cut, Action::Locate(keys)])
    }

    /// No key for the whole time: a postal code on the keypad is complete, anything else is asked for once more.
    fn paused(mut self, keys: String) -> Next {
        match self.keys {
            LocateKeys::Keypad(_) if !keys.is_empty() => {
                self.stage = Stage::Looking;
                (State::Locate(self), vec![Action::Locate(keys)])
            }
            LocateKeys::Keypad(_) | LocateKeys::Digits(_) if self.silent_before => {
                goodbye::play("locate".into(), vec![clip(GOODBYE)])
            }
            LocateKeys::Keypad(_) | LocateKeys::Digits(_) => {
                self.silent_before = true;
                self.ask(vec![UNPARSED_LOCATION, LOCATION])
            }
        }
    }

    fn located(mut self, targets: Option<Vec<FlowTarget>>, plan: &mut FlowPlan) -> Next {
        match targets {
            Some(targets) => {
                plan.located(targets);
                Schedule::enter(plan)
            }
            None => {
                self.not_found += 1;
                if self.not_found >= plan.timers.locate_tries {
                    return goodbye::play("locate".into(), vec![clip(INVALID_LOCATION), clip(GOODBYE)]);
                }
                self.ask(vec![INVALID_LOCATION, LOCATION])
            }
        }
    }
}
