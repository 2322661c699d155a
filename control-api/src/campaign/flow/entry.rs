//! How a session begins: ringing the caller, or taking an inbound call by the campaign's status.

use trunkline_gateway::flow::{Action, CallStatus, FlowEvent, LegOutcome};

use super::clips::{CAMPAIGN_COMPLETE, CAMPAIGN_PAUSED, clip};
use super::confirm::Confirm;
use super::goodbye;
use super::locate::Locate;
use super::plan::{Entry, FlowPlan, Inbound};
use super::state::{Next, State, caller_gone, end, stay};

pub(super) fn idle(event: FlowEvent, plan: &FlowPlan) -> Next {
    match event {
        FlowEvent::Start => {
            let action = match plan.entry {
                Entry::Outbound => Action::RingCaller {
                    ring: plan.timers.caller_ring,
                },
                Entry::Inbound(Inbound::Live | Inbound::Paused | Inbound::Archived) => Action::AnswerCaller,
            };
            (State::Entering, vec![action])
        }
        FlowEvent::CallerFailed(outcome) => end(never_answered(outcome), Vec::new()),
        FlowEvent::CallerHungUp => end(CallStatus::Canceled, Vec::new()),
        FlowEvent::CallerAnswered
        | FlowEvent::Digit(_)
        | FlowEvent::PlayDone
        | FlowEvent::TimerFired(_)
        | FlowEvent::TargetRinging(_)
        | FlowEvent::TargetAnswered(_)
        | FlowEvent::TargetRetried(_)
        | FlowEvent::TargetEnded(..)
        | FlowEvent::OfficeFull(_)
        | FlowEvent::Located(_) => stay(State::Idle),
    }
}

pub(super) fn entering(event: FlowEvent, plan: &FlowPlan) -> Next {
    match event {
        FlowEvent::CallerAnswered => match plan.entry {
            Entry::Outbound | Entry::Inbound(Inbound::Live) => answered(plan),
            Entry::Inbound(Inbound::Paused) => goodbye::play("inbound".into(), vec![clip(CAMPAIGN_PAUSED)]),
            Entry::Inbound(Inbound::Archived) => {
                goodbye::play("inbound".into(), vec![clip(CAMPAIGN_COMPLETE)])
            }
        },
        FlowEvent::CallerFailed(outcome) => end(never_answered(outcome), Vec::new()),
        // Before the answer: nobody was there to complete anything.
        FlowEvent::CallerHungUp => end(CallStatus::Canceled, Vec::new()),
        FlowEvent::Start
        | FlowEvent::Digit(_)
        | FlowEvent::PlayDone
        | FlowEvent::TimerFired(_)
        | FlowEvent::TargetRinging(_)
        | FlowEvent::TargetAnswered(_)
        | FlowEvent::TargetRetried(_)
        | FlowEvent::TargetEnded(..)
        | FlowEvent::OfficeFull(_)
        | FlowEvent::Located(_) => stay(State::Entering),
    }
}

fn answered(plan: &FlowPlan) -> Next {
    match plan.locate {
        Some(keys) => Locate::enter(keys, plan),
        None => Confirm::enter(),
    }
}

/// A caller who could not be reached after all; also from later steps, where `caller_gone` is the usual way.
pub(super) fn failed_later(outcome: LegOutcome) -> Next {
    match outcome {
        LegOutcome::HungUp | LegOutcome::Dropped | LegOutcome::Lost => caller_gone(),
        LegOutcome::Busy
        | LegOutcome::NoAnswer
        | LegOutcome::Rejected
        | LegOutcome::Unreachable
        | LegOutcome::Canceled => end(never_answered(outcome), Vec::new()),
    }
}

/// The session's status when the caller never came on the line.
fn never_answered(outcome: LegOutcome) -> CallStatus {
    match outcome {
        LegOutcome::Busy => CallStatus::Busy,
        LegOutcome::NoAnswer => CallStatus::NoAnswer,
        LegOutcome::Canceled | LegOutcome::Dropped => CallStatus::Canceled,
        LegOutcome::Rejected | LegOutcome::Unreachable | LegOutcome::HungUp => CallStatus::Failed,
        LegOutcome::Lost => CallStatus::Unknown,
    }
}
