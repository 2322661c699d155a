//! Whom a campaign calls: nobody, people without a number, offices that never open.

use jiff::tz::TimeZone;
use serde_json::Value;

use super::{Finding, Loaded, error, warning};
use crate::places::Missing;
use crate::store::campaigns::{CampaignStatus, SegmentBy, TargetOffices};
use crate::store::targets::{Office, Target};

/// Days as opening hours name them.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

pub(super) fn look(loaded: &Loaded, findings: &mut Vec<Finding>) {
    let campaign = &loaded.campaign;
    if let Some(missing) = loaded.missing {
        findings.push(unresolvable(missing));
    }
    if loaded.targets.is_empty() && campaign.segment_by == SegmentBy::Custom {
        findings.push(match campaign.status {
            CampaignStatus::Live => error(
                "no-targets",
                "targets",
                "the campaign is live and has nobody to call",
                "list targets, or pause it",
            ),
            CampaignStatus::Paused | CampaignStatus::Archived => warning(
                "no-targets",
                "targets",
                "the campaign has nobody to call",
                "list targets before it is launched",
            ),
        });
    }
    for (target, offices) in &loaded.targets {
        of_target(target, offices, campaign.settings.target_offices, findings);
    }
    if !loaded.targets.is_empty() && loaded.has_own_list_alone() && loaded.callable() == 0 {
        findings.push(error(
            "no-targets",
            "targets",
            "none of the targets can ever be called",
            "give them numbers, or list others",
        ));
    }
}

impl Loaded {
    /// How many of the campaign's own targets can be called at all.
    pub(super) fn callable(&self) -> usize {
        let which = self.campaign.settings.target_offices;
        let can = |(target, offices): &&(Target, Vec<Office>)| {
            target.phone.is_some() || offices.iter().any(|office| is_called(office, which))
        };
        self.targets.iter().filter(can).count()
    }
}

fn unresolvable(missing: Missing) -> Finding {
    let (key, what, todo) = match missing {
        Missing::Officials => (
            "type",
            "nobody of the campaign's type is known in its country",
            "bring the data in (trunkline import)",
        ),
        Missing::PostalCodes => (
            "locate_by",
            "no postal codes of the campaign's country are known",
            "bring them in (trunkline import), or use district",
        ),
        Missing::Geocoder => (
            "locate_by",
            "addresses and points need a geocoder, and there is none",
            "set [geocoder] url, or use postal or district",
        ),
        Missing::Place => (
            "locate_by",
            "the officials differ from place to place, and no place is asked for",
            "use postal, district, address or latlon",
        ),
    };
    error("no-look-up", key, what, todo)
}

fn of_target(target: &Target, offices: &[Office], which: TargetOffices, findings: &mut Vec<Finding>) {
    let reachable = |office: &&Office| office.phone.is_some();
    if target.phone.is_none() && !offices.iter().any(|office| reachable(&office)) {
        findings.push(warning(
            "no-target-number",
            &target.key,
            format!("{} has no number, and is passed over", target.name),
            "give the target or one of its offices a phone, or take it off the list",
        ));
        return;
    }
    // With `main`, offices are called whatever the hour.
    if which == TargetOffices::Main {
        return;
    }
    for office in offices.iter().filter(reachable) {
        let key = format!("{} office {}", target.key, office.uid);
        if never_opens(office) {
            findings.push(warning(
                "closed-office",
                key,
                "its opening hours have no hour in the whole week, so it is never called as an open office",
                "mend its hours ({\"mon\": [\"09:00-17:00\"]}; days are mon tue wed thu fri sat sun), or leave them out",
            ));
        } else if office.hours.is_object() && TimeZone::get(&office.time_zone).is_err() {
            findings.push(warning(
                "hours-without-zone",
                key,
                "it has opening hours and no time zone, so they are not kept",
                "give it a time_zone, for example America/New_York",
            ));
        }
    }
    if target.phone.is_none() && !offices.iter().any(|office| is_called(office, which)) {
        findings.push(error(
            "closed-office",
            &target.key,
            format!(
                "every office of {} is always closed, and there is no main number",
                target.name
            ),
            "mend the offices' hours, or give the target a phone",
        ));
    }
}

/// Whether the rule of the campaign ever takes this office.
fn is_called(office: &Office, which: TargetOffices) -> bool {
    let closed = match which {
        // Any of them, when none is open.
        TargetOffices::Main | TargetOffices::District => false,
        TargetOffices::Busy | TargetOffices::Closest => never_opens(office),
    };
    office.phone.is_some() && !closed
}

/// Hours that are known, and are none. What cannot be read counts as open, as it does for a call.
fn never_opens(office: &Office) -> bool {
    let Some(week) = office.hours.as_object() else {
        return false;
    };
    if TimeZone::get(&office.time_zone).is_err() {
        return false;
    }
    let spans = |day: &&str| week.get(*day).and_then(Value::as_array);
    !DAYS.iter().filter_map(spans).flatten().any(may_be_open)
}

fn may_be_open(span: &Value) -> bool {
    let Some((from, to)) = span.as_str().and_then(|span| span.split_once('-')) else {
        return span.is_string();
    };
    match (minutes(from), minutes(to)) {
        (Some(from), Some(to)) => from < to,
        (None, _) | (_, None) => true,
    }
}

fn minutes(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    Some(hours.trim().parse::<u32>().ok()? * 60 + minutes.trim().parse::<u32>().ok()?)
}
