//! Caller and target hear each other; first the extension's keys are sent, where the office has one.

use trunkline_gateway::flow::{Action, FlowEvent, LegOutcome, Timer};
use trunkline_media::dtmf::Digit;

use super::dialling::Dialling;
use super::done::{Call, by_itself};
use super::leaving::{Leaving, Why};
use crate::campaign::flow::plan::FlowPlan;
use crate::campaign::flow::state::{Next, State, stay};

/// The call, and what is left to be sent of the extension (`0-9 * #`, `,` for a pause).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::campaign::flow) struct Talking {
    call: Call,
    office: usize,
    extension: String,
}

impl Talking {
    pub(super) fn enter(call: Call, office: usize, plan: &FlowPlan) -> Next {
        let extension = plan
            .targets
            .get(call.at.index)
            .and_then(|target| target.offices.get(office))
            .map_or_else(String::new, |office| office.extension.clone());
        let mut actions = vec![
            Action::Bridge(call.id),
            Action::StartTimer(Timer::Talk, plan.timers.talk),
        ];
        if !extension.is_empty() {
            actions.push(pause(plan));
        }
        let talking = Talking {
            call,
            office,
            extension,
        };
        (State::Talking(talking), actions)
    }

    pub(in crate::campaign::flow) fn index(&self) -> usize {
        self.call.at.index
    }

    pub(in crate::campaign::flow) fn on(self, event: FlowEvent, plan: &FlowPlan) -> Next {
        match event {
            FlowEvent::Digit(Digit::STAR) => {
                let quiet = self.quiet();
                Leaving::enter(self.call, Why::SkippedWhileTalking, quiet)
            }
            FlowEvent::TimerFired(Timer::Talk) => {
                let quiet = self.quiet();
                Leaving::enter(self.call, Why::TalkedToTheLimit, quiet)
            }
            FlowEvent::TimerFired(Timer::Pause) => self.send(plan),
            FlowEvent::TargetEnded(id, leg) if id == self.call.id => {
                let quiet = self.quiet();
                self.call.done(by_itself(answered(leg)), quiet, plan)
            }
            // Nobody was heard: the same office is rung over another trunk.
            FlowEvent::TargetRetried(id) if id == self.call.id => {
                let quiet = self.quiet();
                (State::Dialling(Dialling::again(self.call, self.office)), quiet)
            }
            FlowEvent::CallerHungUp | FlowEvent::CallerFailed(_) => {
                let quiet = self.quiet();
                self.call.caller_gone(true, quiet)
            }
            FlowEvent::Start
            | FlowEvent::CallerAnswered
            | FlowEvent::Digit(_)
            | FlowEvent::PlayDone
            | FlowEvent::TimerFired(Timer::Input | Timer::Ring)
            | FlowEvent::TargetRinging(_)
            | FlowEvent::TargetAnswered(_)
            | FlowEvent::TargetRetried(_)
            | FlowEvent::TargetEnded(..)
            | FlowEvent::OfficeFull(_)
            | FlowEvent::Located(_) => stay(State::Talking(self)),
        }
    }

    /// Keys up to the next pause, and that pause when more follows it.
    fn send(mut self, plan: &FlowPlan) -> Next {
        let (now, later) = match self.extension.split_once(',') {
            Some((now, later)) => (now.to_owned(), later.to_owned()),
            None => (std::mem::take(&mut self.extension), String::new()),
        };
        let digits: Vec<Digit> = now.chars().filter_map(Digit::from_char).collect();
        let mut actions = Vec::new();
        if !digits.is_empty() {
            actions.push(Action::SendDigits(self.call.id, digits));
        }
        if !later.is_empty() {
            actions.push(pause(plan));
        }
        self.extension = later;
        (State::Talking(self), actions)
    }

    /// Ends the timers that run.
    fn quiet(&self) -> Vec<Action> {
        let mut actions = vec![Action::CancelTimer(Timer::Talk)];
        if !self.extension.is_empty() {
            actions.push(Action::CancelTimer(Timer::Pause));
        }
        actions
    }
}

fn pause(plan: &FlowPlan) -> Action {
    Action::StartTimer(Timer::Pause, plan.timers.extension_pause)
}

/// A leg that was answered cannot have been busy: whatever ended it, it was talked on.
fn answered(leg: LegOutcome) -> LegOutcome {
    match leg {
        LegOutcome::Dropped | LegOutcome::Lost => leg,
        LegOutcome::HungUp
        | LegOutcome::Busy
        | LegOutcome::NoAnswer
        | LegOutcome::Rejected
        | LegOutcome::Unreachable
        | LegOutcome::Canceled => LegOutcome::HungUp,
    }
}
