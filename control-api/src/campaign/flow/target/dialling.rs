//! A target's telephone is being called, one office after the other.

use trunkline_gateway::flow::{Action, FlowEvent, LegOutcome, Timer};
use trunkline_media::dtmf::Digit;

use super::done::{Call, by_itself};
use super::leaving::{Leaving, Why};
use super::talking::Talking;
use crate::campaign::flow::plan::{FlowPlan, Proof};
use crate::campaign::flow::state::{Next, State, stay};

/// The call and the office that is being rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::campaign::flow) struct Dialling {
    call: Call,
    office: usize,
}

impl Dialling {
    /// Rings the target's first office. `index` has one, as `callable_from` found.
    pub(super) fn enter(index: usize, plan: &FlowPlan) -> Next {
        match plan.call_ids.get(index) {
            Some(id) => Dialling {
                call: Call { id: *id, index },
                office: 0,
            }
            .dial(plan),
            // `FlowPlan::cut` keeps no target without an id.
            None => super::introduce(index + 1, format!("target {}", index + 1), plan),
        }
    }

    pub(in crate::campaign::flow) fn index(&self) -> usize {
        self.call.index
    }

    fn dial(self, plan: &FlowPlan) -> Next {
        let target = plan.targets.get(self.call.index);
        let Some((target, office)) = target.and_then(|t| Some((t, t.offices.get(self.office)?))) else {
            return super::introduce(
                self.call.index + 1,
                format!("target {}", self.call.index + 1),
                plan,
            );
        };
        let dial = Action::DialTarget {
            call: self.call.id,
            index: self.call.index,
            key: target.key.clone(),
            office: office.clone(),
            caller_proved: plan.proof == Proof::Given,
            ring: plan.timers.target_ring,
        };
        (State::Dialling(self), vec![dial])
    }

    pub(in crate::campaign::flow) fn on(self, event: FlowEvent, plan: &FlowPlan) -> Next {
        match event {
            FlowEvent::TargetAnswered(id) if id == self.call.id => {
                Talking::enter(self.call, self.office, plan)
            }
            FlowEvent::TargetEnded(id, leg) if id == self.call.id => self.ended(leg, plan),
            FlowEvent::Digit(Digit::STAR) => Leaving::enter(self.call, Why::SkippedWhileRinging, Vec::new()),
            FlowEvent::TimerFired(Timer::Ring) => Leaving::enter(self.call, Why::RangOut, Vec::new()),
            FlowEvent::CallerHungUp | FlowEvent::CallerFailed(_) => self.call.caller_gone(false, Vec::new()),
            FlowEvent::Start
            | FlowEvent::CallerAnswered
            | FlowEvent::Digit(_)
            | FlowEvent::PlayDone
            | FlowEvent::TimerFired(Timer::Input | Timer::Talk | Timer::Pause)
            | FlowEvent::TargetRinging(_)
            | FlowEvent::TargetAnswered(_)
            | FlowEvent::TargetEnded(..)
            | FlowEvent::Located(_) => stay(State::Dialling(self)),
        }
    }

    fn ended(self, leg: LegOutcome, plan: &FlowPlan) -> Next {
        let next = self.office + 1;
        let offices = plan.targets.get(self.call.index).map_or(0, |t| t.offices.len());
        match leg {
            LegOutcome::Busy | LegOutcome::NoAnswer | LegOutcome::Unreachable if next < offices => {
                Dialling { office: next, ..self }.dial(plan)
            }
            LegOutcome::Busy
            | LegOutcome::NoAnswer
            | LegOutcome::Unreachable
            | LegOutcome::HungUp
            | LegOutcome::Dropped
            | LegOutcome::Rejected
            | LegOutcome::Canceled
            | LegOutcome::Lost => self.call.done(by_itself(leg), Vec::new(), plan),
        }
    }
}
