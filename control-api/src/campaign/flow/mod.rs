//! The campaign's rules for one session (CAMPAIGNS.md 2), a leaf machine: an event in, actions out, and nothing done by itself.
//!
//! ```text
//!  ring caller ─► confirm ─► schedule ─► calls ─► target 1 ─► dial ─► talking ─► done ─► target 2 … ─► goodbye ─► ended
//!  inbound ─────► locate  ─┘                       ▲                              │
//!                                                   └──────── msg_between_calls ◄──┘
//! ```
//! One file a state; each matches every event. `*` and digits confirm, `#` alone does not.

mod clips;
mod confirm;
mod entry;
mod goodbye;
mod locate;
mod plan;
mod schedule;
mod state;
mod target;

#[cfg(test)]
mod tests;

use trunkline_gateway::flow::{Action, Flow, FlowEvent};

pub use clips::{clip, counted, numbered};
pub use plan::{Entry, FlowPlan, FlowTimers, Inbound, LocateKeys, MAX_TARGETS, Proof};
use state::State;

/// One session's flow.
#[derive(Clone, Debug)]
pub struct CampaignFlow {
    plan: FlowPlan,
    state: State,
}

impl CampaignFlow {
    /// A flow that waits for [`FlowEvent::Start`].
    pub fn new(plan: FlowPlan) -> CampaignFlow {
        CampaignFlow {
            plan: plan.cut(),
            state: State::Idle,
        }
    }
}

impl Flow for CampaignFlow {
    fn on(&mut self, event: FlowEvent) -> Vec<Action> {
        let step = self.state.step();
        let state = std::mem::replace(&mut self.state, State::Ended { step: step.clone() });
        let (next, actions) = state.on(event, &mut self.plan);
        // An end keeps the step where it came: the funnel counts it.
        let ended = matches!(next, State::Ended { .. });
        self.state = if ended { State::Ended { step } } else { next };
        actions
    }

    fn step(&self) -> String {
        self.state.step()
    }
}
