//! A call to a target is over: its row, and what the caller hears next.

use trunkline_gateway::flow::{Action, CallStatus, LegOutcome, Outcome};
use trunkline_gateway::ids::CallId;

use crate::campaign::flow::clips::{BETWEEN_CALLS, FINAL_THANKS, TARGET_BUSY, clip, counted, numbered};
use crate::campaign::flow::goodbye;
use crate::campaign::flow::plan::{FlowPlan, Turn};
use crate::campaign::flow::state::{Next, State, end};

/// One call to one target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::campaign::flow) struct Call {
    pub(super) id: CallId,
    pub(super) at: Turn,
}

/// How a call went, in both vocabularies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Went {
    pub(super) status: CallStatus,
    pub(super) outcome: Outcome,
}

impl Call {
    /// What control-api writes into the call's row.
    pub(super) fn row(self, went: Went) -> Action {
        Action::CallDone {
            call: self.id,
            index: self.at.index,
            status: went.status,
            outcome: went.outcome,
        }
    }

    /// On to the next target, or to the thanks after the last.
    pub(super) fn done(self, went: Went, before: Vec<Action>, plan: &FlowPlan) -> Next {
        let mut clips = match went.status {
            CallStatus::Busy => vec![numbered(TARGET_BUSY, self.at.index)],
            CallStatus::Queued
            | CallStatus::Ringing
            | CallStatus::InProgress
            | CallStatus::Completed
            | CallStatus::Failed
            | CallStatus::NoAnswer
            | CallStatus::Canceled
            | CallStatus::Unknown => Vec::new(),
        };
        let (next, skipped) = plan.callable_from(self.at.turn + 1);
        let mut actions = before;
        actions.push(self.row(went));
        let (state, more) = match next {
            // Targets without a number between here and `next` are noted when the session comes to them.
            Some(_) => {
                clips.push(counted(BETWEEN_CALLS, plan.calls_left(self.at.turn + 1)));
                let state = State::Between {
                    done: self.at.index,
                    next: self.at.turn + 1,
                };
                (state, vec![Action::Play(clips)])
            }
            None => {
                actions.extend(skipped.into_iter().map(|index| Action::TargetSkipped { index }));
                clips.push(clip(FINAL_THANKS));
                goodbye::play(format!("done {}", self.at.index + 1), clips)
            }
        };
        actions.extend(more);
        (state, actions)
    }

    /// The caller is gone while the target's leg lives: it is ended, and the session with it.
    pub(super) fn caller_gone(self, answered: bool, mut before: Vec<Action>) -> Next {
        let status = if answered {
            CallStatus::Completed
        } else {
            CallStatus::Canceled
        };
        before.push(Action::DropTarget(self.id));
        before.push(self.row(Went {
            status,
            outcome: Outcome::CallerHungUp,
        }));
        end(CallStatus::Completed, before)
    }
}

/// How a target leg that ended by itself went. `Completed` is a leg that was answered, whoever ended it (CAMPAIGNS.md 1).
pub(super) fn by_itself(leg: LegOutcome) -> Went {
    let (status, outcome) = match leg {
        LegOutcome::HungUp | LegOutcome::Dropped | LegOutcome::Lost => {
            (CallStatus::Completed, Outcome::Talked)
        }
        LegOutcome::Busy => (CallStatus::Busy, Outcome::Busy),
        LegOutcome::NoAnswer => (CallStatus::NoAnswer, Outcome::NoAnswer),
        LegOutcome::Rejected => (CallStatus::Failed, Outcome::Rejected),
        LegOutcome::Unreachable => (CallStatus::Failed, Outcome::Unreachable),
        LegOutcome::Canceled => (CallStatus::Canceled, Outcome::NoAnswer),
    };
    Went { status, outcome }
}
