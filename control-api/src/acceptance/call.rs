//! The flows of a test: who calls, who answers where the call comes back to us, and who only lets it ring.
//!
//! ```text
//! Tester: ring ─► speak ─► press all keys ─► listen for keys ─► hold ─► take back ─► hang up
//! Answerer: answer ─► hear keys ─► 2 s after the last press them back
//! ```

use std::sync::Arc;
use std::time::Duration;

use trunkline_gateway::flow::{Action, CallStatus, Flow, FlowEvent, Timer};
use trunkline_media::dtmf::Digit;

use super::facts::KEYS;

/// The sound that asks for keys.
pub(super) const ASK: &str = "ask";
/// How long the telephone may ring.
const RING: Duration = Duration::from_secs(45);
/// Sixteen keys take three seconds, and as long to come back; somebody who has to find them takes longer.
const KEYS_BACK: Duration = Duration::from_secs(11);
/// A key that comes this late after the others belongs to nothing.
const LAST_KEY: Duration = Duration::from_secs(2);
/// How long a hold lasts, and how long is listened after it.
const HOLD: Duration = Duration::from_secs(2);
/// A call that only rings.
const BRIEF: Duration = Duration::from_secs(1);

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Rings,
    Asks,
    Listens,
    Holds,
    TakesBack,
    Over,
}

/// The caller of the test.
pub(super) struct Tester(State);

impl Tester {
    pub(super) fn new() -> Tester {
        Tester(State::Rings)
    }

    fn to(&mut self, state: State, actions: Vec<Action>) -> Vec<Action> {
        self.0 = state;
        actions
    }
}

impl Flow for Tester {
    fn on(&mut self, event: FlowEvent) -> Vec<Action> {
        let wait = |after| Action::StartTimer(Timer::Input, after);
        match (self.0, event) {
            (State::Rings, FlowEvent::Start) => vec![Action::RingCaller { ring: RING }],
            (State::Rings, FlowEvent::CallerAnswered) => {
                self.to(State::Asks, vec![Action::Play(vec![Arc::from(ASK)])])
            }
            (State::Asks, FlowEvent::PlayDone) => {
                let keys = KEYS.chars().filter_map(Digit::from_char).collect();
                self.to(
                    State::Listens,
                    vec![Action::SendCallerDigits(keys), wait(KEYS_BACK)],
                )
            }
            (State::Listens, FlowEvent::TimerFired(Timer::Input)) => {
                self.to(State::Holds, vec![Action::HoldCaller(true), wait(HOLD)])
            }
            (State::Holds, FlowEvent::TimerFired(Timer::Input)) => {
                self.to(State::TakesBack, vec![Action::HoldCaller(false), wait(HOLD)])
            }
            (State::TakesBack, FlowEvent::TimerFired(Timer::Input)) | (_, FlowEvent::CallerHungUp) => {
                self.to(State::Over, vec![Action::HangUp(CallStatus::Completed)])
            }
            (_, FlowEvent::CallerFailed(_)) => self.to(State::Over, vec![Action::HangUp(CallStatus::Failed)]),
            (
                _,
                FlowEvent::Start
                | FlowEvent::CallerAnswered
                | FlowEvent::Digit(_)
                | FlowEvent::PlayDone
                | FlowEvent::TimerFired(_)
                | FlowEvent::TargetRinging(_)
                | FlowEvent::TargetAnswered(_)
                | FlowEvent::TargetRetried(_)
                | FlowEvent::TargetEnded(..)
                | FlowEvent::OfficeFull(_)
                | FlowEvent::Located(_),
            ) => vec![],
        }
    }

    fn step(&self) -> String {
        format!("{:?}", self.0)
    }
}

/// Who answers where the call comes back.
#[derive(Default)]
pub(super) struct Answerer {
    heard: Vec<Digit>,
}

impl Flow for Answerer {
    fn on(&mut self, event: FlowEvent) -> Vec<Action> {
        match event {
            FlowEvent::Start => vec![Action::AnswerCaller],
            // Something to be heard from the first moment on.
            FlowEvent::CallerAnswered => vec![Action::Play(vec![Arc::from(ASK)])],
            FlowEvent::Digit(digit) => {
                if self.heard.len() < KEYS.len() {
                    self.heard.push(digit);
                }
                vec![Action::StartTimer(Timer::Pause, LAST_KEY)]
            }
            FlowEvent::TimerFired(Timer::Pause) => {
                vec![Action::SendCallerDigits(std::mem::take(&mut self.heard))]
            }
            FlowEvent::CallerHungUp | FlowEvent::CallerFailed(_) => {
                vec![Action::HangUp(CallStatus::Completed)]
            }
            FlowEvent::PlayDone
            | FlowEvent::TimerFired(Timer::Input | Timer::Talk | Timer::Ring)
            | FlowEvent::TargetRinging(_)
            | FlowEvent::TargetAnswered(_)
            | FlowEvent::TargetRetried(_)
            | FlowEvent::TargetEnded(..)
            | FlowEvent::OfficeFull(_)
            | FlowEvent::Located(_) => vec![],
        }
    }

    fn step(&self) -> String {
        "answers".to_owned()
    }
}

/// A call that only rings.
pub(super) struct Ringer;

impl Flow for Ringer {
    fn on(&mut self, event: FlowEvent) -> Vec<Action> {
        match event {
            FlowEvent::Start => vec![Action::RingCaller { ring: BRIEF }],
            FlowEvent::CallerAnswered | FlowEvent::CallerHungUp | FlowEvent::CallerFailed(_) => {
                vec![Action::HangUp(CallStatus::Completed)]
            }
            FlowEvent::Digit(_)
            | FlowEvent::PlayDone
            | FlowEvent::TimerFired(_)
            | FlowEvent::TargetRinging(_)
            | FlowEvent::TargetAnswered(_)
            | FlowEvent::TargetRetried(_)
            | FlowEvent::TargetEnded(..)
            | FlowEvent::OfficeFull(_)
            | FlowEvent::Located(_) => vec![],
        }
    }

    fn step(&self) -> String {
        "rings".to_owned()
    }
}
