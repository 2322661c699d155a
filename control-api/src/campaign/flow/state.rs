//! The states of a session, and what is the same in all of them.

use trunkline_gateway::flow::{Action, CallStatus, FlowEvent};

use super::confirm::Confirm;
use super::entry;
use super::goodbye;
use super::locate::Locate;
use super::plan::{FlowPlan, Turn};
use super::schedule::Schedule;
use super::target::{Dialling, Leaving, Talking, between, block_intro, intro};

/// Where a session stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Built, not begun.
    Idle,
    /// The caller's telephone rings, or the inbound call is being answered.
    Entering,
    /// Asked for a key that proves a person is there.
    Confirm(Confirm),
    /// Asked for a location.
    Locate(Locate),
    /// Offered daily calls.
    Schedule(Schedule),
    /// `msg_call_block_intro` plays.
    BlockIntro,
    /// `msg_target_intro` plays for this target.
    TargetIntro(Turn),
    /// A target's telephone is being called.
    Dialling(Dialling),
    /// Caller and target hear each other.
    Talking(Talking),
    /// The target's leg was dropped and has not ended yet.
    Leaving(Leaving),
    /// The sounds after a target play; the next one is this.
    Between {
        /// The target that is over.
        done: usize,
        /// The next turn.
        next: usize,
    },
    /// The last sounds play, then we hang up.
    Goodbye {
        /// Where the session came to.
        step: String,
    },
    /// Over.
    Ended {
        /// Where.
        step: String,
    },
}

/// The next state and what is to be done on the way there.
pub(super) type Next = (State, Vec<Action>);

impl State {
    pub(super) fn on(self, event: FlowEvent, plan: &mut FlowPlan) -> Next {
        match self {
            State::Idle => entry::idle(event, plan),
            State::Entering => entry::entering(event, plan),
            State::Confirm(confirm) => confirm.on(event, plan),
            State::Locate(locate) => locate.on(event, plan),
            State::Schedule(schedule) => schedule.on(event, plan),
            State::BlockIntro => block_intro(event, plan),
            State::TargetIntro(at) => intro(at, event, plan),
            State::Dialling(dialling) => dialling.on(event, plan),
            State::Talking(talking) => talking.on(event, plan),
            State::Leaving(leaving) => leaving.on(event, plan),
            State::Between { done, next } => between(done, next, event, plan),
            State::Goodbye { step } => goodbye::on(step, event),
            State::Ended { step } => (State::Ended { step }, Vec::new()),
        }
    }

    /// The word for the funnel; targets count from 1.
    pub(super) fn step(&self) -> String {
        match self {
            State::Idle | State::Entering => "start".into(),
            State::Confirm(_) => "confirm".into(),
            State::Locate(_) => "locate".into(),
            State::Schedule(_) => "schedule".into(),
            State::BlockIntro => "calls".into(),
            State::TargetIntro(at) => format!("target {}", at.index + 1),
            State::Dialling(dialling) => format!("target {}", dialling.index() + 1),
            State::Talking(talking) => format!("talking {}", talking.index() + 1),
            State::Leaving(leaving) => format!("target {}", leaving.index() + 1),
            State::Between { done, .. } => format!("done {}", done + 1),
            State::Goodbye { step } | State::Ended { step } => step.clone(),
        }
    }
}

/// The session is over; [`super::CampaignFlow`] notes the step.
pub(super) fn end(status: CallStatus, mut before: Vec<Action>) -> Next {
    before.push(Action::HangUp(status));
    (State::Ended { step: String::new() }, before)
}

/// The caller is gone from a step that has no target leg. They had answered: the session is `completed`, wherever it ended.
pub(super) fn caller_gone() -> Next {
    end(CallStatus::Completed, Vec::new())
}

/// Nothing changes.
pub(super) fn stay(state: State) -> Next {
    (state, Vec::new())
}
