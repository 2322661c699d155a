//! Longer sequences at random, on random plans; and sessions whose far ends behave, which must all come to an end.

use proptest::prelude::*;
use trunkline_gateway::flow::{LegOutcome, Timer};
use trunkline_media::dtmf::Digit;

use super::every_sequence::{Witness, alphabet};
use super::*;

fn any_plan() -> impl Strategy<Value = FlowPlan> {
    let offices = prop::collection::vec((0usize..3, any::<bool>()), 0..4);
    (
        offices,
        0usize..5,
        any::<bool>(),
        0u8..4,
        prop::option::of(any::<bool>()),
    )
        .prop_map(|(offices, maximum, located, entry, schedule)| {
            let words: Vec<String> = offices
                .iter()
                .map(|(n, extension)| {
                    if *extension {
                        format!("{n}x9,#")
                    } else {
                        n.to_string()
                    }
                })
                .collect();
            FlowPlan {
                entry: [
                    Entry::Outbound,
                    Entry::Inbound(Inbound::Live),
                    Entry::Inbound(Inbound::Paused),
                    Entry::Inbound(Inbound::Archived),
                ][usize::from(entry)],
                locate: located.then_some(LocateKeys::Digits(2)),
                schedule,
                call_maximum: (maximum > 0).then_some(maximum),
                ..plan(&words.join(" "))
            }
        })
}

/// A world that answers as a gateway would, choosing at random among what can happen next.
fn possible(waits: &[Action]) -> Vec<FlowEvent> {
    let mut events = Vec::new();
    for action in waits {
        match action {
            Action::RingCaller { .. } => {
                events.push(FlowEvent::CallerAnswered);
                events.push(FlowEvent::CallerFailed(LegOutcome::NoAnswer));
            }
            Action::AnswerCaller => events.push(FlowEvent::CallerAnswered),
            Action::Play(_) => events.push(FlowEvent::PlayDone),
            Action::StartTimer(timer, _) => events.push(FlowEvent::TimerFired(*timer)),
            Action::DialTarget { call, .. } => {
                events.push(FlowEvent::TargetAnswered(*call));
                events.push(FlowEvent::TargetEnded(*call, LegOutcome::Busy));
                events.push(FlowEvent::TargetEnded(*call, LegOutcome::NoAnswer));
                events.push(FlowEvent::OfficeFull(*call));
            }
            Action::DropTarget(call) => events.push(FlowEvent::TargetEnded(*call, LegOutcome::Canceled)),
            Action::Bridge(call) => events.push(FlowEvent::TargetEnded(*call, LegOutcome::HungUp)),
            Action::Locate(_) => {
                events.push(FlowEvent::Located(None));
                events.push(FlowEvent::Located(Some(targets("1 2"))));
            }
            Action::StopPlay
            | Action::CancelTimer(_)
            | Action::SendDigits(..)
            | Action::SendCallerDigits(_)
            | Action::HoldCaller(_)
            | Action::CallDone { .. }
            | Action::TargetSkipped { .. }
            | Action::Subscribe(_)
            | Action::HangUp(_) => {}
        }
    }
    events
}

/// What the world still owes the flow after `event` and the flow's `actions`.
fn owed(mut waits: Vec<Action>, event: &FlowEvent, actions: Vec<Action>) -> Vec<Action> {
    let same_timer = |a: &Action, t: &Timer| matches!(a, Action::StartTimer(timer, _) if timer == t);
    match event {
        FlowEvent::PlayDone => waits.retain(|a| !matches!(a, Action::Play(_))),
        FlowEvent::TimerFired(timer) => waits.retain(|a| !same_timer(a, timer)),
        FlowEvent::CallerAnswered | FlowEvent::CallerFailed(_) => {
            waits.retain(|a| !matches!(a, Action::RingCaller { .. } | Action::AnswerCaller));
        }
        FlowEvent::TargetAnswered(_) | FlowEvent::OfficeFull(_) => {
            waits.retain(|a| !matches!(a, Action::DialTarget { .. }))
        }
        FlowEvent::TargetEnded(..) => waits.retain(|a| {
            !matches!(
                a,
                Action::DialTarget { .. } | Action::DropTarget(_) | Action::Bridge(_)
            )
        }),
        FlowEvent::Located(_) => waits.retain(|a| !matches!(a, Action::Locate(_))),
        FlowEvent::Start
        | FlowEvent::CallerHungUp
        | FlowEvent::Digit(_)
        | FlowEvent::TargetRinging(_)
        | FlowEvent::TargetRetried(_) => {}
    }
    for action in actions {
        match &action {
            Action::Play(_) | Action::StopPlay => waits.retain(|a| !matches!(a, Action::Play(_))),
            Action::StartTimer(timer, _) | Action::CancelTimer(timer) => {
                waits.retain(|a| !same_timer(a, timer));
            }
            Action::RingCaller { .. }
            | Action::AnswerCaller
            | Action::DialTarget { .. }
            | Action::Bridge(_)
            | Action::SendDigits(..)
            | Action::SendCallerDigits(_)
            | Action::HoldCaller(_)
            | Action::DropTarget(_)
            | Action::CallDone { .. }
            | Action::TargetSkipped { .. }
            | Action::Locate(_)
            | Action::Subscribe(_)
            | Action::HangUp(_) => {}
        }
        waits.push(action);
    }
    waits
}

proptest! {
    #[test]
    fn nothing_that_must_never_happen(plan in any_plan(), events in prop::collection::vec(0..alphabet().len(), 0..300)) {
        let alphabet = alphabet();
        let mut flow = CampaignFlow::new(plan);
        let mut witness = Witness::default();
        for event in events {
            prop_assert_eq!(witness.step(&mut flow, &alphabet[event]), Ok(()));
        }
    }

    /// A session ends by itself: whatever the world chooses, it never comes to where nothing more can happen, and it ends in bounded time.
    #[test]
    fn every_session_comes_to_its_end(plan in any_plan(), choices in prop::collection::vec((any::<u8>(), any::<bool>()), 400)) {
        let mut flow = CampaignFlow::new(plan);
        let mut waits = owed(Vec::new(), &FlowEvent::Start, flow.on(FlowEvent::Start));
        let mut over = false;
        for (choice, key) in choices {
            over = waits.iter().any(|a| matches!(a, Action::HangUp(_)));
            if over {
                break;
            }
            let next = possible(&waits);
            prop_assert!(!next.is_empty(), "stuck at {} with {waits:?}", flow.step());
            let event = if key && choice % 4 == 0 {
                FlowEvent::Digit(Digit::STAR)
            } else {
                next[usize::from(choice) % next.len()].clone()
            };
            let actions = flow.on(event.clone());
            waits = owed(waits, &event, actions);
        }
        prop_assert!(over, "no end, at {}", flow.step());
    }
}
