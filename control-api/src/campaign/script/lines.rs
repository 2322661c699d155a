//! The lines of a session: every sound that its flow can ask for, with the values of its template's variables.

use serde_json::{Value, json};
use trunkline_gateway::flow::ClipName;
use trunkline_prompts::key::PromptKey;

use super::said::PRONUNCIATION;
use crate::campaign::flow::{LocateKeys, clip, counted, numbered};
use crate::campaign::located;
use crate::store::campaigns::{Campaign, CampaignStatus, SegmentBy};
use crate::store::sessions::{Direction, Session, SessionTarget};

/// One sound.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) clip: ClipName,
    pub(super) key: PromptKey,
    pub(super) values: Value,
}

impl Line {
    fn plain(key: PromptKey, values: Value) -> Line {
        Line {
            clip: clip(key.as_str()),
            key,
            values,
        }
    }

    fn about(key: PromptKey, index: usize, values: Value) -> Line {
        Line {
            clip: numbered(key.as_str(), index),
            key,
            values,
        }
    }

    fn between(left: usize) -> Line {
        let key = PromptKey::BetweenCalls;
        Line {
            clip: counted(key.as_str(), left),
            key,
            values: json!({ "calls_left": left, "one": left == 1, "many": left > 1 }),
        }
    }
}

/// Daily calls as a session speaks of them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DailyCalls {
    /// The date of the next one, as `trunkline_prompts::words` has it; null when it is not known.
    pub(crate) day: Value,
}

/// `daily`: the session speaks of daily calls.
pub(super) fn lines(campaign: &Campaign, session: &Session, daily: Option<&DailyCalls>) -> Vec<Line> {
    match (session.direction, campaign.status) {
        (Direction::Inbound, CampaignStatus::Paused) => {
            vec![Line::plain(PromptKey::CampaignPaused, json!({}))]
        }
        (Direction::Inbound, CampaignStatus::Archived) => {
            vec![Line::plain(PromptKey::CampaignComplete, json!({}))]
        }
        // A session that was queued while the campaign was live is played as one.
        (Direction::Inbound, CampaignStatus::Live)
        | (Direction::Outbound, CampaignStatus::Live | CampaignStatus::Paused | CampaignStatus::Archived) => {
            whole(campaign, session, daily)
        }
    }
}

fn whole(campaign: &Campaign, session: &Session, daily: Option<&DailyCalls>) -> Vec<Line> {
    let callable = session.targets.iter().filter(|t| !t.offices.is_empty()).count();
    let mut keys = vec![
        PromptKey::Intro,
        PromptKey::IntroConfirm,
        PromptKey::FinalThanks,
        PromptKey::Goodbye,
    ];
    if daily.is_some() {
        keys.extend([
            PromptKey::PromptSchedule,
            PromptKey::AlterSchedule,
            PromptKey::ScheduleStop,
        ]);
    }
    let mut lines: Vec<Line> = keys.into_iter().map(|key| Line::plain(key, json!({}))).collect();
    lines.extend(daily.map(|daily| Line::plain(PromptKey::ScheduleStart, json!({ "day": daily.day }))));
    if callable == 0 {
        lines.extend(location_lines(campaign, session));
        return lines;
    }
    let block = json!({ "n_targets": callable, "many": callable > 1 });
    lines.push(Line::plain(PromptKey::CallBlockIntro, block));
    for (index, target) in session
        .targets
        .iter()
        .enumerate()
        .filter(|(_, t)| !t.offices.is_empty())
    {
        lines.push(Line::about(PromptKey::TargetIntro, index, introduction(target)));
        lines.push(Line::about(PromptKey::TargetBusy, index, person(target)));
    }
    lines.extend((1..callable).map(Line::between));
    lines
}

/// What is played when the caller is asked for a location, or nobody was found for the one that was given.
fn location_lines(campaign: &Campaign, session: &Session) -> Vec<Line> {
    let invalid = Line::plain(
        PromptKey::InvalidLocation,
        json!({ "location": session.location }),
    );
    match campaign.segment_by {
        SegmentBy::Custom => vec![invalid],
        SegmentBy::Location => {
            let letters = matches!(located::keys(campaign), Some(LocateKeys::Keypad(_)));
            let organization = json!({ "organization": campaign.settings.organization });
            vec![
                Line::plain(PromptKey::IntroLocation, organization),
                Line::plain(PromptKey::Location, json!({ "letters": letters })),
                Line::plain(PromptKey::UnparsedLocation, json!({})),
                invalid,
            ]
        }
    }
}

fn introduction(target: &SessionTarget) -> Value {
    let first_is_main = target.offices.first().is_none_or(|office| office.uid.is_empty());
    let mut values = person(target);
    values["location"] = json!(target.location);
    values["district"] = json!(target.district);
    values["office_type"] = json!(if first_is_main { "main" } else { "district" });
    values
}

fn person(target: &SessionTarget) -> Value {
    json!({ "title": target.title, "name": target.name, PRONUNCIATION: target.pronunciation })
}
