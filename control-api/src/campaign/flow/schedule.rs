//! Daily calls, offered once a session: `1` subscribes, `9` ends it, anything else and silence go on. Then the calls begin.

use trunkline_gateway::flow::{Action, FlowEvent, Timer};

use super::clips::{
    ALTER_SCHEDULE, CALL_BLOCK_INTRO, INVALID_LOCATION, PROMPT_SCHEDULE, SCHEDULE_START, SCHEDULE_STOP, clip,
};
use super::confirm::Hears;
use super::entry::failed_later;
use super::goodbye;
use super::plan::FlowPlan;
use super::state::{Next, State, caller_gone, stay};

/// Where the offer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Schedule {
    /// The question was put.
    Asked(Hears),
    /// `msg_schedule_start` or `msg_schedule_stop` plays.
    Told,
}

impl Schedule {
    /// Offers daily calls when the campaign does, else goes on to the calls.
    pub(super) fn enter(plan: &mut FlowPlan) -> Next {
        match plan.schedule.take() {
            None => calls(plan),
            Some(subscribed) => {
                let key = if subscribed {
                    ALTER_SCHEDULE
                } else {
                    PROMPT_SCHEDULE
                };
                let asked = State::Schedule(Schedule::Asked(Hears::Prompt));
                (asked, vec![Action::Play(vec![clip(key)])])
            }
        }
    }

    pub(super) fn on(self, event: FlowEvent, plan: &FlowPlan) -> Next {
        match (self, event) {
            (Schedule::Asked(hears), FlowEvent::Digit(digit)) => {
                let (next, mut actions) = match digit.as_char() {
                    '1' => told(true),
                    '9' => told(false),
                    _ => calls(plan),
                };
                actions.insert(0, hears.cut());
                (next, actions)
            }
            (Schedule::Asked(Hears::Prompt), FlowEvent::PlayDone) => {
                let timer = Action::StartTimer(Timer::Input, plan.timers.schedule);
                (State::Schedule(Schedule::Asked(Hears::Silence)), vec![timer])
            }
            (Schedule::Asked(Hears::Silence), FlowEvent::TimerFired(Timer::Input))
            | (Schedule::Told, FlowEvent::PlayDone) => calls(plan),
            (_, FlowEvent::CallerHungUp) => caller_gone(),
            (_, FlowEvent::CallerFailed(outcome)) => failed_later(outcome),
            (
                state,
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
            ) => stay(State::Schedule(state)),
        }
    }
}

fn told(on: bool) -> Next {
    let key = if on { SCHEDULE_START } else { SCHEDULE_STOP };
    let actions = vec![Action::Subscribe(on), Action::Play(vec![clip(key)])];
    (State::Schedule(Schedule::Told), actions)
}

/// Step `calls`: tells how many there will be; without a target that has a number there is nothing to tell but that.
pub(super) fn calls(plan: &FlowPlan) -> Next {
    let (first, skipped) = plan.callable_from(0);
    if first.is_none() {
        let (state, goodbye) = goodbye::play("calls".into(), vec![clip(INVALID_LOCATION)]);
        let skipped = skipped.into_iter().map(|index| Action::TargetSkipped { index });
        return (state, skipped.chain(goodbye).collect());
    }
    (
        State::BlockIntro,
        vec![Action::Play(vec![clip(CALL_BLOCK_INTRO)])],
    )
}
