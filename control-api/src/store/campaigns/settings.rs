//! A campaign's settings: one JSON object, every field with the default of CAMPAIGNS.md.

use serde::{Deserialize, Serialize};

use super::super::types::words;
use super::embed::{Embed, or_default};

words!(
    /// Order of targets (CAMPAIGNS.md 4). Which of them mean something depends on the campaign's kind.
    Ordering {
        /// As arranged.
        InOrder = "in-order",
        /// Mixed for each caller, fixed when the session is created.
        Shuffle = "shuffle",
        /// Senators first.
        UpperFirst = "upper-first",
        /// Representatives first.
        LowerFirst = "lower-first",
        /// By party.
        DemocratsFirst = "democrats-first",
        /// By party.
        RepublicansFirst = "republicans-first",
        /// One party alone.
        DemocratsOnly = "democrats-only",
        /// One party alone.
        RepublicansOnly = "republicans-only",
    }
);

words!(
    /// Which officials of a place are called, where they sit in chambers (CAMPAIGNS.md 4).
    Subtype {
        /// Every chamber; for executive and local campaigns the heads of the executive too.
        Both = "both",
        /// The upper chamber alone.
        Upper = "upper",
        /// The lower chamber alone.
        Lower = "lower",
        /// The head of the executive: the governor.
        Exec = "exec",
    }
);

words!(
    /// Which of a target's numbers are called.
    TargetOffices {
        /// The main number.
        Main = "main",
        /// A district office at random.
        District = "district",
        /// The main number, then the nearest open office when it is busy, unreachable or rings out.
        Busy = "busy",
        /// The nearest first.
        Closest = "closest",
    }
);

words!(
    /// What becomes of a campaign's own targets when a location gives others.
    IncludeSpecial {
        /// Own targets, then those of the location.
        Before = "before",
        /// Those of the location, then own targets.
        After = "after",
        /// Own targets that match the location.
        Only = "only",
        /// Those that match first, then the rest of the own targets.
        First = "first",
        /// Those that match, or the location's when none does.
        Fallback = "fallback",
    }
);

/// Everything about a campaign that is not searched for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Settings {
    /// Which officials of the caller's place are called.
    pub subtype: Subtype,
    /// Order of targets.
    pub target_ordering: Ordering,
    /// Mix within each chamber, for each caller.
    pub target_shuffle_chamber: bool,
    /// Which offices are called.
    pub target_offices: TargetOffices,
    /// Own targets beside those of the location.
    pub include_special: Option<IncludeSpecial>,
    /// Most targets of one session; none is no limit.
    pub call_maximum: Option<u32>,
    /// Callers from other countries are called from any number of ours.
    pub allow_intl_calls: bool,
    /// Countries whose callers may be called, lower case; empty is the campaign's own.
    pub allowed_countries: Vec<String>,
    /// E.164 prefixes that are never called.
    pub denied_prefixes: Vec<String>,
    /// Show a proved caller's own number to targets.
    pub show_caller_number: bool,
    /// Ask callers whether they want to be called daily.
    pub prompt_schedule: bool,
    /// IANA time zone of callers for whom neither number nor location says one; empty is the zone of the campaign's country.
    pub time_zone: String,
    /// Record what the caller hears and says.
    pub record: bool,
    /// Dial a session again that was lost with its node.
    pub redial_lost: bool,
    /// Call a target again over the next trunk of its route when it was answered, and neither at once nor after a re-INVITE anything is
    /// heard of it (one-way audio). The telephone rings a second time then.
    pub retry_one_way: bool,
    /// `organization` of `msg_intro_location`.
    pub organization: String,
    /// Voice of the spoken prompts that name none themselves, as the speech engine calls it; empty is the configured one.
    pub voice: String,
    /// What the caller is to say; returned by `/call/create`.
    pub script: String,
    /// Where the form goes afterwards; returned by `/call/create`.
    pub redirect: String,
    /// Options of the form on the organisation's own page (CAMPAIGNS.md 8).
    #[serde(deserialize_with = "or_default")]
    pub embed: Embed,
    /// Pages that may start sessions from a browser; `*` is all.
    pub origins: Vec<String>,
    /// Times a location is asked for.
    pub locate_tries: u32,
    /// Most calls that we ring one number with at once, over all campaigns.
    pub max_per_number: u32,
    /// Days that callers' numbers are kept for, after the session's end.
    pub retention_days: u32,
    /// Caps and rates.
    pub limits: Limits,
    /// Every timer.
    pub timers: Timers,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            subtype: Subtype::Both,
            target_ordering: Ordering::InOrder,
            target_shuffle_chamber: true,
            target_offices: TargetOffices::Main,
            include_special: None,
            call_maximum: None,
            allow_intl_calls: false,
            allowed_countries: Vec::new(),
            denied_prefixes: Vec::new(),
            show_caller_number: true,
            prompt_schedule: false,
            time_zone: String::new(),
            record: false,
            redial_lost: false,
            retry_one_way: true,
            organization: String::new(),
            voice: String::new(),
            script: String::new(),
            redirect: String::new(),
            embed: Embed::default(),
            origins: vec!["*".to_owned()],
            locate_tries: 3,
            max_per_number: 4,
            retention_days: 90,
            limits: Limits::default(),
            timers: Timers::default(),
        }
    }
}

/// How often a session may be started (CAMPAIGNS.md 5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Limits {
    /// One phone in this campaign, an hour.
    pub phone_per_hour: u32,
    /// One phone over all campaigns, a day.
    pub phone_per_day: u32,
    /// One address, an hour.
    pub ip_per_hour: u32,
    /// Sessions of this campaign, a day; none is no cap.
    pub sessions_per_day: Option<u32>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            phone_per_hour: 2,
            phone_per_day: 5,
            ip_per_hour: 10,
            sessions_per_day: None,
        }
    }
}

/// Every timer of CAMPAIGNS.md 2, in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Timers {
    /// The caller's telephone rings.
    pub ring_caller_ms: u64,
    /// Wait for the key that confirms.
    pub confirm_ms: u64,
    /// Wait for a keyed location.
    pub locate_ms: u64,
    /// Wait for the key about daily calls.
    pub schedule_ms: u64,
    /// A target's telephone rings.
    pub ring_target_ms: u64,
    /// A target talks.
    pub talk_ms: u64,
    /// Between a target's answer and its extension's first digit.
    pub extension_pause_ms: u64,
    /// A whole session, behind every other limit.
    pub session_ms: u64,
}

impl Default for Timers {
    fn default() -> Timers {
        Timers {
            ring_caller_ms: 60_000,
            confirm_ms: 10_000,
            locate_ms: 10_000,
            schedule_ms: 3_000,
            ring_target_ms: 60_000,
            talk_ms: 3_600_000,
            extension_pause_ms: 1_000,
            session_ms: 4 * 3_600_000,
        }
    }
}
