//! Names of a session's sounds: the prompt's key, and `#` with the number of the target where the sound tells of one, or of the calls left.

use trunkline_gateway::flow::ClipName;

pub(super) const INTRO: &str = "msg_intro";
pub(super) const INTRO_CONFIRM: &str = "msg_intro_confirm";
pub(super) const INTRO_LOCATION: &str = "msg_intro_location";
pub(super) const LOCATION: &str = "msg_location";
pub(super) const INVALID_LOCATION: &str = "msg_invalid_location";
pub(super) const UNPARSED_LOCATION: &str = "msg_unparsed_location";
pub(super) const PROMPT_SCHEDULE: &str = "msg_prompt_schedule";
pub(super) const ALTER_SCHEDULE: &str = "msg_alter_schedule";
pub(super) const SCHEDULE_START: &str = "msg_schedule_start";
pub(super) const SCHEDULE_STOP: &str = "msg_schedule_stop";
pub(super) const CALL_BLOCK_INTRO: &str = "msg_call_block_intro";
pub(super) const TARGET_INTRO: &str = "msg_target_intro";
pub(super) const TARGET_BUSY: &str = "msg_target_busy";
pub(super) const BETWEEN_CALLS: &str = "msg_between_calls";
pub(super) const FINAL_THANKS: &str = "msg_final_thanks";
pub(super) const GOODBYE: &str = "msg_goodbye";
pub(super) const CAMPAIGN_COMPLETE: &str = "msg_campaign_complete";
pub(super) const CAMPAIGN_PAUSED: &str = "msg_campaign_paused";

/// A sound that is the same for the whole session: `msg_intro`.
pub fn clip(key: &str) -> ClipName {
    ClipName::from(key)
}

/// A sound about target `index` (from 0): `msg_target_intro#1` for the first.
pub fn numbered(key: &str, index: usize) -> ClipName {
    ClipName::from(format!("{key}#{}", index + 1))
}

/// A sound while so many calls are to come: `msg_between_calls#1` before the last. A full office changes the order of the calls on the way,
/// so that nobody knows beforehand which target it is played after.
pub fn counted(key: &str, left: usize) -> ClipName {
    ClipName::from(format!("{key}#{left}"))
}
