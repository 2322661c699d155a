//! From a campaign and a session's row to the plan that its flow runs by.

use std::time::Duration;

use trunkline_gateway::ids::CallId;

use super::flow::{CampaignFlow, Entry, FlowPlan, FlowTimers, Inbound, LocateKeys, MAX_TARGETS, Proof};
use super::located;
use crate::clock::Clock;
use crate::store::campaigns::{Campaign, CampaignStatus, Settings};
use crate::store::sessions::{Direction, Session};

/// What the trunk says about an inbound caller's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vouched {
    /// It vouches for it.
    Yes,
    /// It does not, or the call is outbound.
    No,
}

/// What callers hear first who are asked for their location (CAMPAIGNS.md 2, locate).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnIntro {
    /// `msg_intro_location`: somebody has selected a version of it.
    Location,
    /// `msg_intro`.
    Plain,
}

/// Builds the flow of a session. `daily`: whether daily calls are spoken of, and then whether the caller has them already.
pub fn flow(
    campaign: &Campaign,
    session: &Session,
    vouched: Vouched,
    daily: Option<bool>,
    own_intro: OwnIntro,
    clock: &Clock,
) -> CampaignFlow {
    CampaignFlow::new(plan(campaign, session, vouched, daily, own_intro, clock))
}

pub(super) fn plan(
    campaign: &Campaign,
    session: &Session,
    vouched: Vouched,
    daily: Option<bool>,
    own_intro: OwnIntro,
    clock: &Clock,
) -> FlowPlan {
    let settings = &campaign.settings;
    let entry = match session.direction {
        Direction::Outbound => Entry::Outbound,
        Direction::Inbound => Entry::Inbound(match campaign.status {
            CampaignStatus::Live => Inbound::Live,
            CampaignStatus::Paused => Inbound::Paused,
            CampaignStatus::Archived => Inbound::Archived,
        }),
    };
    // Targets that are found during the call need ids too.
    let locate =
        located::keys(campaign).filter(|_| session.targets.is_empty() && session.location.is_empty());
    let calls = match locate {
        Some(LocateKeys::Digits(_) | LocateKeys::Keypad(_)) => MAX_TARGETS,
        None => session.targets.len(),
    };
    FlowPlan {
        entry,
        locate,
        intro_location: own_intro == OwnIntro::Location,
        schedule: daily,
        targets: session.targets.iter().map(|t| t.flow_target()).collect(),
        deferred: Vec::new(),
        call_maximum: settings.call_maximum.and_then(|most| usize::try_from(most).ok()),
        call_ids: (0..calls).map(|_| CallId(clock.new_id())).collect(),
        proof: proof(settings, session.direction, vouched),
        timers: timers(settings),
    }
}

/// What may show the caller's own number to targets (CAMPAIGNS.md 2, target i): the campaign has a word in it.
fn proof(settings: &Settings, direction: Direction, vouched: Vouched) -> Proof {
    match (settings.show_caller_number, direction, vouched) {
        (false, Direction::Outbound | Direction::Inbound, Vouched::Yes | Vouched::No) => Proof::Never,
        (true, Direction::Outbound, Vouched::Yes | Vouched::No) => Proof::AwaitsKey,
        (true, Direction::Inbound, Vouched::Yes) => Proof::Given,
        (true, Direction::Inbound, Vouched::No) => Proof::Never,
    }
}

fn timers(settings: &Settings) -> FlowTimers {
    let ms = Duration::from_millis;
    let timers = &settings.timers;
    FlowTimers {
        caller_ring: ms(timers.ring_caller_ms),
        confirm: ms(timers.confirm_ms),
        locate: ms(timers.locate_ms),
        locate_tries: u8::try_from(settings.locate_tries).unwrap_or(u8::MAX),
        schedule: ms(timers.schedule_ms),
        target_ring: ms(timers.ring_target_ms),
        talk: ms(timers.talk_ms),
        extension_pause: ms(timers.extension_pause_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stores_defaults_are_the_flows() {
        assert_eq!(timers(&Settings::default()), FlowTimers::default());
    }

    #[test]
    fn a_campaign_may_show_callers_or_not() {
        let of = |show_caller_number, direction, vouched| {
            let settings = Settings {
                show_caller_number,
                ..Settings::default()
            };
            proof(&settings, direction, vouched)
        };
        assert_eq!(of(true, Direction::Inbound, Vouched::Yes), Proof::Given);
        assert_eq!(of(true, Direction::Inbound, Vouched::No), Proof::Never);
        assert_eq!(of(true, Direction::Outbound, Vouched::No), Proof::AwaitsKey);
        for direction in [Direction::Inbound, Direction::Outbound] {
            for vouched in [Vouched::Yes, Vouched::No] {
                assert_eq!(
                    of(false, direction, vouched),
                    Proof::Never,
                    "{direction:?} {vouched:?}"
                );
            }
        }
    }
}
