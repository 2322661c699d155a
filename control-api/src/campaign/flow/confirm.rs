//! Is a person there? `*` or any digit says so; this is what keeps voicemail from being connected to a target.
//!
//! ```text
//!  msg_intro msg_intro_confirm │ 10 s │ msg_intro_confirm │ 10 s │ msg_goodbye │ hang up
//!  └────────────── * or 0–9: on to schedule or calls ───────────┘
//! ```

use trunkline_gateway::flow::{Action, FlowEvent, Timer};
use trunkline_media::dtmf::Digit;

use super::clips::{GOODBYE, INTRO, INTRO_CONFIRM, clip};
use super::entry::failed_later;
use super::goodbye;
use super::plan::FlowPlan;
use super::schedule::Schedule;
use super::state::{Next, State, caller_gone, stay};

/// Which asking it is, and whether its sounds are over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Confirm {
    asked: Asked,
    hears: Hears,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Once,
    Again,
}

/// What the caller hears while a key is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hears {
    /// The prompt.
    Prompt,
    /// Nothing; the timer runs.
    Silence,
}

impl Hears {
    /// What ends it when a key has come.
    pub(super) fn cut(self) -> Action {
        match self {
            Hears::Prompt => Action::StopPlay,
            Hears::Silence => Action::CancelTimer(Timer::Input),
        }
    }
}

impl Confirm {
    /// Plays the introduction and asks.
    pub(super) fn enter() -> Next {
        let confirm = Confirm {
            asked: Asked::Once,
            hears: Hears::Prompt,
        };
        let clips = vec![clip(INTRO), clip(INTRO_CONFIRM)];
        (State::Confirm(confirm), vec![Action::Play(clips)])
    }

    pub(super) fn on(self, event: FlowEvent, plan: &mut FlowPlan) -> Next {
        match event {
            FlowEvent::Digit(digit) if confirms(digit) => {
                plan.key_pressed();
                let (next, mut actions) = Schedule::enter(plan);
                actions.insert(0, self.hears.cut());
                (next, actions)
            }
            FlowEvent::PlayDone => match self.hears {
                Hears::Prompt => {
                    let waits = Confirm {
                        hears: Hears::Silence,
                        ..self
                    };
                    let timer = Action::StartTimer(Timer::Input, plan.timers.confirm);
                    (State::Confirm(waits), vec![timer])
                }
                Hears::Silence => stay(State::Confirm(self)),
            },
            FlowEvent::TimerFired(Timer::Input) => self.silence(),
            FlowEvent::CallerHungUp => caller_gone(),
            FlowEvent::CallerFailed(outcome) => failed_later(outcome),
            FlowEvent::Digit(_)
            | FlowEvent::TimerFired(Timer::Talk | Timer::Ring | Timer::Pause)
            | FlowEvent::Start
            | FlowEvent::CallerAnswered
            | FlowEvent::TargetRinging(_)
            | FlowEvent::TargetAnswered(_)
            | FlowEvent::TargetRetried(_)
            | FlowEvent::TargetEnded(..)
            | FlowEvent::OfficeFull(_)
            | FlowEvent::Located(_) => stay(State::Confirm(self)),
        }
    }

    fn silence(self) -> Next {
        match (self.hears, self.asked) {
            (Hears::Prompt, Asked::Once | Asked::Again) => stay(State::Confirm(self)),
            (Hears::Silence, Asked::Once) => {
                let again = Confirm {
                    asked: Asked::Again,
                    hears: Hears::Prompt,
                };
                (
                    State::Confirm(again),
                    vec![Action::Play(vec![clip(INTRO_CONFIRM)])],
                )
            }
            (Hears::Silence, Asked::Again) => goodbye::play("confirm".into(), vec![clip(GOODBYE)]),
        }
    }
}

/// `*` or a digit; `#` alone confirms nothing, nor do `A` to `D`.
fn confirms(digit: Digit) -> bool {
    digit == Digit::STAR || digit.as_char().is_ascii_digit()
}
