//! Every sequence of events, however long: the flow's states are explored until there are no new ones, and every action of every step is
//! held against what must never happen.

use std::collections::{BTreeSet, HashSet};

use trunkline_gateway::flow::{LegOutcome, Timer};
use trunkline_gateway::ids::CallId;
use trunkline_media::dtmf::Digit;

use super::*;

/// What the world knows of a session, to judge its actions by.
#[derive(Clone, Debug, Default)]
pub(super) struct Witness {
    leg: Option<(CallId, Dropped)>,
    calls_open: BTreeSet<CallId>,
    calls_done: BTreeSet<CallId>,
    full: Option<CallId>,
    dialled_now: Option<CallId>,
    over: bool,
}

type Dropped = bool;

impl Witness {
    /// Plays `event` into the flow and judges what it does.
    pub(super) fn step(&mut self, flow: &mut CampaignFlow, event: &FlowEvent) -> Result<(), String> {
        if let FlowEvent::TargetEnded(call, _) = event {
            self.leg = self.leg.filter(|(live, _)| live != call);
        }
        let dialled_now = self.dialled_now.take();
        self.full = None;
        if let FlowEvent::OfficeFull(call) = event {
            // It is the answer to a dial, or it does not come.
            if dialled_now != Some(*call) {
                return Ok(());
            }
            // It was not dialled: its call may begin again, be written as busy, or never be.
            self.leg = None;
            self.calls_open.remove(call);
            self.full = Some(*call);
        }
        let was_over = self.over;
        let actions = flow.on(event.clone());
        if was_over && !actions.is_empty() {
            return Err(format!("after the end: {actions:?}"));
        }
        for action in &actions {
            self.judge(action)?;
        }
        Ok(())
    }

    fn judge(&mut self, action: &Action) -> Result<(), String> {
        if self.over {
            return Err(format!("{action:?} after HangUp"));
        }
        match action {
            Action::DialTarget { call, office, .. } => {
                if let Some(leg) = self.leg {
                    return Err(format!("a second target leg beside {leg:?}"));
                }
                if self.calls_done.contains(call) {
                    return Err(format!("call {call} began again"));
                }
                if office.phone.as_str().is_empty() {
                    return Err("a target without a number was dialled".into());
                }
                self.leg = Some((*call, false));
                self.calls_open.insert(*call);
                self.dialled_now = Some(*call);
            }
            Action::DropTarget(call) => match self.leg {
                Some((live, false)) if live == *call => self.leg = Some((live, true)),
                other => return Err(format!("dropped {call} while {other:?}")),
            },
            Action::Bridge(call) | Action::SendDigits(call, _) => match self.leg {
                Some((live, false)) if live == *call => {}
                other => return Err(format!("{action:?} while {other:?}")),
            },
            Action::SendCallerDigits(_) | Action::HoldCaller(_) => {
                return Err(format!("{action:?} is nothing that a campaign does"));
            }
            Action::CallDone { call, .. } => {
                let was_open = self.calls_open.remove(call) || self.full == Some(*call);
                if !was_open || !self.calls_done.insert(*call) {
                    return Err(format!("a row for {call}, which is not open"));
                }
            }
            Action::HangUp(_) => {
                self.over = true;
                if matches!(self.leg, Some((_, false))) {
                    return Err("a target leg was left behind".into());
                }
                if !self.calls_open.is_empty() {
                    return Err(format!("no row for {:?}", self.calls_open));
                }
            }
            Action::Play(_)
            | Action::StopPlay
            | Action::StartTimer(..)
            | Action::CancelTimer(_)
            | Action::RingCaller { .. }
            | Action::AnswerCaller
            | Action::TargetSkipped { .. }
            | Action::Locate(_)
            | Action::Subscribe(_) => {}
        }
        Ok(())
    }
}

pub(super) fn alphabet() -> Vec<FlowEvent> {
    let key = |c| FlowEvent::Digit(Digit::from_char(c).expect("a key"));
    let mut events = vec![
        FlowEvent::Start,
        FlowEvent::CallerAnswered,
        FlowEvent::CallerFailed(LegOutcome::Busy),
        FlowEvent::CallerFailed(LegOutcome::Lost),
        FlowEvent::CallerHungUp,
        key('*'),
        key('#'),
        key('1'),
        FlowEvent::PlayDone,
        FlowEvent::TimerFired(Timer::Input),
        FlowEvent::TimerFired(Timer::Talk),
        FlowEvent::TimerFired(Timer::Ring),
        FlowEvent::TimerFired(Timer::Pause),
        FlowEvent::Located(None),
        FlowEvent::Located(Some(targets("1 0"))),
    ];
    for call in (0..3).map(call_id) {
        events.push(FlowEvent::TargetRinging(call));
        events.push(FlowEvent::TargetAnswered(call));
        events.push(FlowEvent::TargetRetried(call));
        events.push(FlowEvent::OfficeFull(call));
        for outcome in [
            LegOutcome::HungUp,
            LegOutcome::Busy,
            LegOutcome::Rejected,
            LegOutcome::Canceled,
        ] {
            events.push(FlowEvent::TargetEnded(call, outcome));
        }
    }
    events
}

/// Explores until nothing new is found. Answers how many situations there are, and how many of them are over.
fn explore(plan: FlowPlan) -> (usize, usize) {
    let mut seen = HashSet::new();
    let mut open = vec![(CampaignFlow::new(plan), Witness::default(), Vec::new())];
    let mut over = 0;
    while let Some((flow, witness, path)) = open.pop() {
        for event in alphabet() {
            let (mut flow, mut witness, mut path): (_, _, Vec<FlowEvent>) =
                (flow.clone(), witness.clone(), path.clone());
            path.push(event.clone());
            if let Err(wrong) = witness.step(&mut flow, &event) {
                panic!("{wrong}\nafter {path:#?}");
            }
            if seen.insert(format!("{flow:?} {witness:?}")) {
                over += usize::from(witness.over);
                open.push((flow, witness, path));
            }
        }
    }
    (seen.len(), over)
}

#[test]
fn two_targets_one_with_two_offices() {
    let (situations, over) = explore(plan("2x1,2 1"));
    assert!(
        situations > 40 && over >= 10,
        "{situations} situations, {over} of them over"
    );
}

#[test]
fn schedule_and_targets_without_a_number() {
    let with_schedule = FlowPlan {
        schedule: Some(true),
        ..plan("0 1 0")
    };
    let (situations, over) = explore(with_schedule);
    assert!(
        situations > 20 && over >= 10,
        "{situations} situations, {over} of them over"
    );
}

#[test]
fn locate() {
    let with_locate = FlowPlan {
        locate: Some(LocateKeys::Digits(3)),
        ..plan("")
    };
    let (situations, over) = explore(with_locate);
    assert!(
        situations > 50 && over >= 10,
        "{situations} situations, {over} of them over"
    );
}

#[test]
fn inbound_of_every_status() {
    for status in [Inbound::Live, Inbound::Paused, Inbound::Archived] {
        let inbound = FlowPlan {
            entry: Entry::Inbound(status),
            proof: Proof::Never,
            ..plan("1")
        };
        let (situations, over) = explore(inbound);
        assert!(
            situations > 4 && over > 1,
            "{status:?}: {situations} situations, {over} of them over"
        );
    }
}

/// The judge itself can fail.
#[test]
fn the_witness_sees_a_second_leg() {
    let mut witness = Witness::default();
    let dial = Action::DialTarget {
        call: call_id(0),
        index: 0,
        key: String::new(),
        office: targets("1")[0].offices[0].clone(),
        caller_proved: false,
        ring: std::time::Duration::ZERO,
    };
    assert_eq!(witness.judge(&dial), Ok(()));
    assert!(witness.judge(&dial).is_err(), "two legs at once");
    let end = Action::HangUp(trunkline_gateway::flow::CallStatus::Completed);
    assert!(witness.clone().judge(&end).is_err(), "a leg left behind");
    assert_eq!(witness.judge(&Action::DropTarget(call_id(0))), Ok(()));
    assert!(witness.judge(&end).is_err(), "a call without a row");
}
