//! A target's telephone is being called, one office after the other.

use trunkline_gateway::flow::{Action, FlowEvent, LegOutcome, Timer};
use trunkline_media::dtmf::Digit;

use super::done::{Call, by_itself};
use super::leaving::{Leaving, Why};
use super::talking::Talking;
use crate::campaign::flow::plan::{FlowPlan, Proof, Turn};
use crate::campaign::flow::state::{Next, State, stay};

/// The call and the office that is being rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::campaign::flow) struct Dialling {
    call: Call,
    office: usize,
}

impl Dialling {
    /// Rings the target's first office. It has one, as `callable_from` found.
    pub(super) fn enter(at: Turn, plan: &FlowPlan) -> Next {
        match plan.call_ids.get(at.index) {
            Some(id) => Dialling {
                call: Call { id: *id, at },
                office: 0,
            }
            .dial(plan),
            // `FlowPlan::cut` keeps no target without an id.
            None => super::introduce(at.turn + 1, format!("target {}", at.index + 1), plan),
        }
    }

    /// An office that is being rung again, behind the flow's back: a leg to it was of no use.
    pub(super) fn again(call: Call, office: usize) -> Dialling {
        Dialling { call, office }
    }

    pub(in crate::campaign::flow) fn index(&self) -> usize {
        self.call.at.index
    }

    fn dial(self, plan: &FlowPlan) -> Next {
        let at = self.call.at;
        let target = plan.targets.get(at.index);
        let Some((target, office)) = target.and_then(|t| Some((t, t.offices.get(self.office)?))) else {
            return super::introduce(at.turn + 1, format!("target {}", at.index + 1), plan);
        };
        let dial = Action::DialTarget {
            call: self.call.id,
            index: at.index,
            key: target.key.clone(),
            office: office.clone(),
            caller_proved: plan.proof == Proof::Given,
            ring: plan.timers.target_ring,
        };
        (State::Dialling(self), vec![dial])
    }

    pub(in crate::campaign::flow) fn on(self, event: FlowEvent, plan: &mut FlowPlan) -> Next {
        match event {
            FlowEvent::TargetAnswered(id) if id == self.call.id => {
                Talking::enter(self.call, self.office, plan)
            }
            FlowEvent::TargetEnded(id, leg) if id == self.call.id => self.ended(leg, plan),
            FlowEvent::OfficeFull(id) if id == self.call.id => self.full(plan),
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
            | FlowEvent::TargetRetried(_)
            | FlowEvent::TargetEnded(..)
            | FlowEvent::OfficeFull(_)
            | FlowEvent::Located(_) => stay(State::Dialling(self)),
        }
    }

    /// Another office of the same target, else another target; when neither is left, it is busy.
    fn full(self, plan: &mut FlowPlan) -> Next {
        let at = self.call.at;
        let offices = plan.targets.get(at.index).map_or(0, |t| t.offices.len());
        if self.office + 1 < offices {
            let office = self.office + 1;
            return Dialling { office, ..self }.dial(plan);
        }
        // It has begun with an office that was rung: that was its call.
        if self.office == 0 && plan.defer(at) {
            return super::introduce(at.turn + 1, format!("target {}", at.index + 1), plan);
        }
        self.call.done(by_itself(LegOutcome::Busy), Vec::new(), plan)
    }

    fn ended(self, leg: LegOutcome, plan: &FlowPlan) -> Next {
        let next = self.office + 1;
        let offices = plan
            .targets
            .get(self.call.at.index)
            .map_or(0, |t| t.offices.len());
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
