//! Flow and book together: whatever happens in a session, every sound that its flow asks for is in its book.

use std::collections::{BTreeSet, HashSet};

use trunkline_gateway::flow::{Action, ClipName, Flow, FlowEvent, LegOutcome, Timer};
use trunkline_gateway::ids::CallId;
use trunkline_media::dtmf::Digit;

use super::lines::{DailyCalls, lines};
use super::tests::{campaign, session};
use crate::campaign::flow::CampaignFlow;
use crate::campaign::session_plan::{OwnIntro, Vouched, plan};
use crate::clock::Clock;
use crate::store::campaigns::{Campaign, CampaignStatus, LocateBy, SegmentBy};
use crate::store::sessions::{Direction, Session};

/// What can happen; `located` is whom a keyed location leads to.
fn events(calls: &[CallId], located: &Session) -> Vec<FlowEvent> {
    let key = |c| FlowEvent::Digit(Digit::from_char(c).expect("a key"));
    let targets = located.targets.iter().map(|t| t.flow_target()).collect();
    let mut events = vec![
        FlowEvent::Start,
        FlowEvent::CallerAnswered,
        key('*'),
        key('#'),
        key('1'),
        key('9'),
        FlowEvent::PlayDone,
        FlowEvent::TimerFired(Timer::Input),
        FlowEvent::Located(None),
        FlowEvent::Located(Some(targets)),
    ];
    for call in calls {
        events.push(FlowEvent::TargetAnswered(*call));
        events.push(FlowEvent::TargetRetried(*call));
        events.push(FlowEvent::OfficeFull(*call));
        events.push(FlowEvent::TargetEnded(*call, LegOutcome::Busy));
        events.push(FlowEvent::TargetEnded(*call, LegOutcome::HungUp));
    }
    events
}

/// Tries every sequence of events. Answers what was played.
fn played(
    campaign: &Campaign,
    session: &Session,
    located: &Session,
    daily: Option<bool>,
) -> BTreeSet<ClipName> {
    let spoken_of = daily.map(|_| DailyCalls {
        day: serde_json::Value::Null,
    });
    let books = lines(campaign, session, spoken_of.as_ref())
        .into_iter()
        .chain(lines(campaign, located, None));
    let book: HashSet<ClipName> = books.map(|line| line.clip).collect();
    let mut plan = plan(
        campaign,
        session,
        Vouched::Yes,
        daily,
        OwnIntro::Location,
        &Clock::moving(0, 1),
    );
    plan.call_ids.truncate(4);
    let events = events(&plan.call_ids, located);
    let mut played = BTreeSet::new();
    let mut seen = HashSet::new();
    let mut open = vec![CampaignFlow::new(plan)];
    while let Some(flow) = open.pop() {
        for event in &events {
            let mut flow = flow.clone();
            for action in flow.on(event.clone()) {
                let Action::Play(clips) = action else { continue };
                for clip in clips {
                    assert!(book.contains(&clip), "{clip} is not in the book of {session:?}");
                    played.insert(clip);
                }
            }
            if seen.insert(format!("{flow:?}")) {
                open.push(flow);
            }
        }
    }
    played
}

#[track_caller]
fn check(campaign: &Campaign, session: &Session, located: &Session, expect: &str) {
    let mut all = BTreeSet::new();
    for daily in [None, Some(false), Some(true)] {
        all.append(&mut played(campaign, session, located, daily));
    }
    // What every caller can hear goes without saying.
    let common = ["msg_intro", "msg_goodbye", "msg_final", "schedule"];
    let rest: Vec<String> = all
        .iter()
        .map(|clip| clip.to_string())
        .filter(|clip| !common.iter().any(|word| clip.contains(word)))
        .collect();
    assert_eq!(rest.join(" "), expect);
}

#[test]
fn targets_of_whom_some_are_deferred_and_some_have_no_number() {
    check(
        &campaign("en"),
        &session("A -B C D"),
        &session(""),
        "msg_between_calls#1 msg_between_calls#2 msg_call_block_intro msg_target_busy#1 msg_target_busy#3 \
         msg_target_busy#4 msg_target_intro#1 msg_target_intro#3 msg_target_intro#4",
    );
}

#[test]
fn nobody_who_can_be_called() {
    for nobody in ["", "-A -B"] {
        check(
            &campaign("en"),
            &session(nobody),
            &session(""),
            "msg_invalid_location",
        );
    }
}

#[test]
fn a_location_that_is_keyed() {
    let by_place = Campaign {
        segment_by: SegmentBy::Location,
        locate_by: LocateBy::Postal,
        ..campaign("en")
    };
    check(
        &by_place,
        &session(""),
        &session("A B"),
        "msg_between_calls#1 msg_call_block_intro msg_invalid_location msg_location msg_target_busy#1 \
         msg_target_busy#2 msg_target_intro#1 msg_target_intro#2 msg_unparsed_location",
    );
    check(
        &by_place,
        &session(""),
        &session("-A"),
        "msg_invalid_location msg_location msg_unparsed_location",
    );
}

#[test]
fn inbound_callers_of_every_status() {
    for (status, expect) in [
        (
            CampaignStatus::Live,
            "msg_call_block_intro msg_target_busy#1 msg_target_intro#1",
        ),
        (CampaignStatus::Paused, "msg_campaign_paused"),
        (CampaignStatus::Archived, "msg_campaign_complete"),
    ] {
        let dialled = Campaign {
            status,
            ..campaign("en")
        };
        let inbound = Session {
            direction: Direction::Inbound,
            ..session("A")
        };
        check(&dialled, &inbound, &session(""), expect);
    }
}
