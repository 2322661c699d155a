//! The prompts that a campaign can have, and the variables that their templates may use.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One prompt of a campaign's script. The names are fixed: campaigns are moved between systems by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum PromptKey {
    /// The first words to a caller.
    Intro,
    /// Asks for a key, so that no voicemail is ever connected to a target.
    IntroConfirm,
    /// The first words to a caller whose place must be asked for.
    IntroLocation,
    /// Asks for the place.
    Location,
    /// The place is not known, or nobody can be called for it.
    InvalidLocation,
    /// Nothing was keyed.
    UnparsedLocation,
    /// Offers daily calls.
    PromptSchedule,
    /// The caller has daily calls: offers to go on or to end them.
    AlterSchedule,
    /// Daily calls begin.
    ScheduleStart,
    /// Daily calls end.
    ScheduleStop,
    /// How many targets there are, and what `*` does.
    CallBlockIntro,
    /// Who is called next.
    TargetIntro,
    /// The target is busy.
    TargetBusy,
    /// Between two targets.
    BetweenCalls,
    /// After the last target.
    FinalThanks,
    /// The caller pressed nothing: we hang up.
    Goodbye,
    /// The campaign is over.
    CampaignComplete,
    /// The campaign is paused.
    CampaignPaused,
}

/// A name that is no prompt's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no prompt; the prompts are msg_intro, msg_intro_confirm, … (see the list of prompt keys)")]
pub struct NotAKey(pub String);

impl PromptKey {
    /// All of them, in the order of a call.
    pub const ALL: [PromptKey; 18] = [
        PromptKey::Intro,
        PromptKey::IntroConfirm,
        PromptKey::IntroLocation,
        PromptKey::Location,
        PromptKey::InvalidLocation,
        PromptKey::UnparsedLocation,
        PromptKey::PromptSchedule,
        PromptKey::AlterSchedule,
        PromptKey::ScheduleStart,
        PromptKey::ScheduleStop,
        PromptKey::CallBlockIntro,
        PromptKey::TargetIntro,
        PromptKey::TargetBusy,
        PromptKey::BetweenCalls,
        PromptKey::FinalThanks,
        PromptKey::Goodbye,
        PromptKey::CampaignComplete,
        PromptKey::CampaignPaused,
    ];

    /// Its name, for example `msg_intro`.
    pub const fn as_str(self) -> &'static str {
        match self {
            PromptKey::Intro => "msg_intro",
            PromptKey::IntroConfirm => "msg_intro_confirm",
            PromptKey::IntroLocation => "msg_intro_location",
            PromptKey::Location => "msg_location",
            PromptKey::InvalidLocation => "msg_invalid_location",
            PromptKey::UnparsedLocation => "msg_unparsed_location",
            PromptKey::PromptSchedule => "msg_prompt_schedule",
            PromptKey::AlterSchedule => "msg_alter_schedule",
            PromptKey::ScheduleStart => "msg_schedule_start",
            PromptKey::ScheduleStop => "msg_schedule_stop",
            PromptKey::CallBlockIntro => "msg_call_block_intro",
            PromptKey::TargetIntro => "msg_target_intro",
            PromptKey::TargetBusy => "msg_target_busy",
            PromptKey::BetweenCalls => "msg_between_calls",
            PromptKey::FinalThanks => "msg_final_thanks",
            PromptKey::Goodbye => "msg_goodbye",
            PromptKey::CampaignComplete => "msg_campaign_complete",
            PromptKey::CampaignPaused => "msg_campaign_paused",
        }
    }

    /// The key with this name.
    pub fn parse(name: &str) -> Result<PromptKey, NotAKey> {
        let found = PromptKey::ALL.into_iter().find(|key| key.as_str() == name);
        found.ok_or_else(|| NotAKey(name.chars().take(60).collect()))
    }

    /// The variables that a template of this prompt may use.
    pub const fn variables(self) -> &'static [&'static str] {
        match self {
            PromptKey::CallBlockIntro => &["n_targets", "many"],
            PromptKey::TargetIntro => &["title", "name", "location", "office_type", "district"],
            PromptKey::TargetBusy => &["title", "name"],
            PromptKey::BetweenCalls => &["calls_left", "one", "many"],
            // The day of the next call, a date.
            PromptKey::ScheduleStart => &["day"],
            PromptKey::InvalidLocation => &["location"],
            PromptKey::IntroLocation => &["organization"],
            // Whether the place is a code with letters, which keys stand for; else it has five digits.
            PromptKey::Location => &["letters"],
            PromptKey::Intro
            | PromptKey::IntroConfirm
            | PromptKey::UnparsedLocation
            | PromptKey::PromptSchedule
            | PromptKey::AlterSchedule
            | PromptKey::ScheduleStop
            | PromptKey::FinalThanks
            | PromptKey::Goodbye
            | PromptKey::CampaignComplete
            | PromptKey::CampaignPaused => &[],
        }
    }
}

impl fmt::Display for PromptKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for PromptKey {
    type Error = NotAKey;
    fn try_from(name: String) -> Result<PromptKey, NotAKey> {
        PromptKey::parse(&name)
    }
}

impl From<PromptKey> for &'static str {
    fn from(key: PromptKey) -> &'static str {
        key.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_by_its_name() {
        for key in PromptKey::ALL {
            assert_eq!(PromptKey::parse(key.as_str()), Ok(key));
            let json = serde_json::to_string(&key).expect("a string");
            assert_eq!(serde_json::from_str::<PromptKey>(&json).expect("a key"), key);
        }
        assert!(PromptKey::parse("msg_nothing").is_err());
        assert!(serde_json::from_str::<PromptKey>("\"MSG_INTRO\"").is_err());
    }
}
