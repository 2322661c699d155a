//! The target's leg was dropped by us; the next target waits until it has ended, so that there are never two.

use trunkline_gateway::flow::{Action, CallStatus, FlowEvent, LegOutcome, Outcome};

use super::done::{Call, Went};
use crate::campaign::flow::plan::FlowPlan;
use crate::campaign::flow::state::{Next, State, stay};

/// The call and why it is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::campaign::flow) struct Leaving {
    call: Call,
    why: Why,
}

/// Why we dropped the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// `*` before the answer.
    SkippedWhileRinging,
    /// `*` after it.
    SkippedWhileTalking,
    /// The ring limit.
    RangOut,
    /// The talk limit.
    TalkedToTheLimit,
}

impl Leaving {
    pub(super) fn enter(call: Call, why: Why, mut before: Vec<Action>) -> Next {
        before.push(Action::DropTarget(call.id));
        (State::Leaving(Leaving { call, why }), before)
    }

    pub(in crate::campaign::flow) fn index(&self) -> usize {
        self.call.at.index
    }

    pub(in crate::campaign::flow) fn on(mut self, event: FlowEvent, plan: &FlowPlan) -> Next {
        match event {
            FlowEvent::TargetEnded(id, leg) if id == self.call.id => {
                let went = self.why.went(leg);
                self.call.done(went, Vec::new(), plan)
            }
            // Its 200 crossed our CANCEL: it was answered after all (RFC 3261 section 15), and is being hung up.
            FlowEvent::TargetAnswered(id) if id == self.call.id => {
                self.why = self.why.answered();
                stay(State::Leaving(self))
            }
            FlowEvent::CallerHungUp | FlowEvent::CallerFailed(_) => {
                let went = self.why.went(LegOutcome::Canceled);
                let end = vec![self.call.row(went)];
                crate::campaign::flow::state::end(CallStatus::Completed, end)
            }
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
            | FlowEvent::Located(_) => stay(State::Leaving(self)),
        }
    }
}

impl Why {
    fn answered(self) -> Why {
        match self {
            Why::SkippedWhileRinging => Why::SkippedWhileTalking,
            Why::RangOut => Why::TalkedToTheLimit,
            Why::SkippedWhileTalking | Why::TalkedToTheLimit => self,
        }
    }

    fn went(self, leg: LegOutcome) -> Went {
        let was_answered = match leg {
            LegOutcome::HungUp | LegOutcome::Dropped | LegOutcome::Lost => true,
            LegOutcome::Busy
            | LegOutcome::NoAnswer
            | LegOutcome::Rejected
            | LegOutcome::Unreachable
            | LegOutcome::Canceled => false,
        };
        let why = if was_answered { self.answered() } else { self };
        let (status, outcome) = match why {
            Why::SkippedWhileRinging => (CallStatus::Canceled, Outcome::Skipped),
            Why::SkippedWhileTalking => (CallStatus::Completed, Outcome::Skipped),
            Why::RangOut => (CallStatus::NoAnswer, Outcome::NoAnswer),
            Why::TalkedToTheLimit => (CallStatus::Completed, Outcome::Talked),
        };
        Went { status, outcome }
    }
}
