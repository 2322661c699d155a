//! One target after the other: introduction, dialling (office by office), talking, and what is said afterwards.
//!
//! ```text
//!  msg_target_intro ─► dial ─► rings ─► answered: bridge ─► over ─► [msg_target_busy] msg_between_calls ─► next
//!                       │ * cancels       │ * drops the target                       msg_final_thanks ─► hang up
//!                       ├ busy, unreachable, rings out: next office of the same target, within the same call
//!                       └ full: behind the others, once
//! ```

mod dialling;
mod done;
mod leaving;
mod talking;

use trunkline_gateway::flow::{Action, FlowEvent};

pub(super) use dialling::Dialling;
pub(super) use leaving::Leaving;
pub(super) use talking::Talking;

use super::clips::{FINAL_THANKS, TARGET_INTRO, clip, numbered};
use super::entry::failed_later;
use super::goodbye;
use super::plan::{FlowPlan, Turn};
use super::state::{Next, State, caller_gone, stay};

/// Plays the introduction of the first target from this turn on that has a number; past the last one there is only thanks.
fn introduce(turn: usize, step: String, plan: &FlowPlan) -> Next {
    let (next, skipped) = plan.callable_from(turn);
    let mut actions: Vec<Action> = skipped
        .into_iter()
        .map(|index| Action::TargetSkipped { index })
        .collect();
    let (state, more) = match next {
        Some(at) => (
            State::TargetIntro(at),
            vec![Action::Play(vec![numbered(TARGET_INTRO, at.index)])],
        ),
        None => goodbye::play(step, vec![clip(FINAL_THANKS)]),
    };
    actions.extend(more);
    (state, actions)
}

/// `msg_call_block_intro` plays.
pub(super) fn block_intro(event: FlowEvent, plan: &FlowPlan) -> Next {
    match event {
        FlowEvent::PlayDone => introduce(0, "calls".into(), plan),
        FlowEvent::CallerHungUp => caller_gone(),
        FlowEvent::CallerFailed(outcome) => failed_later(outcome),
        FlowEvent::Start
        | FlowEvent::CallerAnswered
        | FlowEvent::Digit(_)
        | FlowEvent::TimerFired(_)
        | FlowEvent::TargetRinging(_)
        | FlowEvent::TargetAnswered(_)
        | FlowEvent::TargetRetried(_)
        | FlowEvent::TargetEnded(..)
        | FlowEvent::OfficeFull(_)
        | FlowEvent::Located(_) => stay(State::BlockIntro),
    }
}

/// `msg_target_intro` plays.
pub(super) fn intro(at: Turn, event: FlowEvent, plan: &FlowPlan) -> Next {
    match event {
        FlowEvent::PlayDone => Dialling::enter(at, plan),
        FlowEvent::CallerHungUp => caller_gone(),
        FlowEvent::CallerFailed(outcome) => failed_later(outcome),
        FlowEvent::Start
        | FlowEvent::CallerAnswered
        | FlowEvent::Digit(_)
        | FlowEvent::TimerFired(_)
        | FlowEvent::TargetRinging(_)
        | FlowEvent::TargetAnswered(_)
        | FlowEvent::TargetRetried(_)
        | FlowEvent::TargetEnded(..)
        | FlowEvent::OfficeFull(_)
        | FlowEvent::Located(_) => stay(State::TargetIntro(at)),
    }
}

/// The sounds between two targets play.
pub(super) fn between(done: usize, next: usize, event: FlowEvent, plan: &FlowPlan) -> Next {
    match event {
        FlowEvent::PlayDone => introduce(next, format!("done {}", done + 1), plan),
        FlowEvent::CallerHungUp => caller_gone(),
        FlowEvent::CallerFailed(outcome) => failed_later(outcome),
        FlowEvent::Start
        | FlowEvent::CallerAnswered
        | FlowEvent::Digit(_)
        | FlowEvent::TimerFired(_)
        | FlowEvent::TargetRinging(_)
        | FlowEvent::TargetAnswered(_)
        | FlowEvent::TargetRetried(_)
        | FlowEvent::TargetEnded(..)
        | FlowEvent::OfficeFull(_)
        | FlowEvent::Located(_) => stay(State::Between { done, next }),
    }
}
