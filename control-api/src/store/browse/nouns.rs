//! What can be looked through, by which columns, and the rows that come of it. The first column of each is its id.

use std::collections::HashMap;

use sqlx::FromRow;

use super::super::grants::Reach;
use super::super::{Db, Result, on_read};
use super::{Column, Counters, Kind, Noun};

macro_rules! column {
    ($name:literal, $kind:ident, $sql:literal) => {
        Column {
            name: $name,
            kind: Kind::$kind,
            sql: $sql,
            is_nullable: false,
        }
    };
    ($name:literal, $kind:ident, $sql:literal, null) => {
        Column {
            name: $name,
            kind: Kind::$kind,
            sql: $sql,
            is_nullable: true,
        }
    };
}

/// Calls to targets.
pub static CALL: Noun = Noun {
    name: "call",
    columns: &[
        column!("id", Text, "c.id"),
        column!("timestamp", Time, "c.started_at"),
        column!("campaign_id", Text, "c.campaign_id"),
        column!("target_id", Text, "t.id", null),
        column!("call_id", Text, "c.id"),
        column!("status", Text, "c.status"),
        column!("duration", Seconds, "c.duration_ms", null),
        column!("outcome", Text, "c.outcome", null),
        column!("session_id", Text, "c.session_id"),
        column!("target_key", Text, "c.target_key"),
    ],
    select: "c.id, c.started_at, c.campaign_id, c.session_id, c.target_key, c.status, c.outcome, c.duration_ms, \
             t.id as target_id, t.title, t.name",
    from: "calls c",
    join: " left join targets t on t.key = c.target_key",
    within: "c.campaign_id in (select g.campaign_id from grants g where g.owner = $owner)",
    counters: Some(Counters {
        columns: &["c.campaign_id", "c.status", "c.outcome"],
        sources: &[
            "select campaign_id, status, nullif(outcome, '') as outcome, calls as n from stats_calls where series = 'all'",
            "select campaign_id, status, outcome, 1 as n from calls where ended_at is null",
        ],
    }),
};

/// A call, with its target as it is now.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
#[expect(missing_docs, reason = "each field is that of `Call` or `Target`")]
pub struct CallRow {
    pub id: String,
    pub started_at: i64,
    pub campaign_id: String,
    pub session_id: String,
    pub target_key: String,
    pub status: String,
    pub outcome: Option<String>,
    pub duration_ms: Option<i64>,
    pub target_id: Option<String>,
    pub title: Option<String>,
    pub name: Option<String>,
}

/// Campaigns. The rows are ids only; a campaign has more than a row.
pub static CAMPAIGN: Noun = Noun {
    name: "campaign",
    columns: &[
        column!("id", Text, "c.id"),
        column!("name", Text, "c.name"),
        column!("status", Text, "c.status"),
        column!("country_code", Text, "c.country"),
        column!("campaign_type", Text, "c.kind"),
        column!("segment_by", Text, "c.segment_by"),
        column!("locate_by", Text, "c.locate_by"),
        column!("campaign_language", Text, "c.language"),
        column!("created_time", Time, "c.created_at"),
    ],
    select: "c.id",
    from: "campaigns c",
    join: "",
    within: "c.id in (select g.campaign_id from grants g where g.owner = $owner)",
    counters: None,
};

/// Targets.
pub static TARGET: Noun = Noun {
    name: "target",
    columns: &[
        column!("id", Text, "t.id"),
        column!("uid", Text, "t.key"),
        column!("name", Text, "t.name"),
        column!("title", Text, "t.title"),
        column!("district", Text, "t.district"),
        column!("location", Text, "t.location"),
        column!("phone_number", Text, "t.phone", null),
    ],
    select: "t.id, t.key, t.name, t.title, t.district, t.location, t.phone",
    from: "targets t",
    join: "",
    within: "(not exists (select 1 from target_makers m where m.target_id = t.id and m.owner <> $owner) \
             or exists (select 1 from campaign_targets l join grants g on g.campaign_id = l.campaign_id \
             where l.target_id = t.id and g.owner = $owner))",
    counters: None,
};

/// A target.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
#[expect(missing_docs, reason = "each field is that of `Target`")]
pub struct TargetRow {
    pub id: String,
    pub key: String,
    pub name: String,
    pub title: String,
    pub district: String,
    pub location: String,
    pub phone: Option<String>,
}

/// Versions of prompts.
pub static AUDIO_RECORDING: Noun = Noun {
    name: "audiorecording",
    columns: &[
        column!("id", Text, "p.id"),
        column!("key", Text, "p.key"),
        column!("version", Integer, "p.version"),
        column!("description", Text, "p.description"),
        column!("text_to_speech", Text, "p.text", null),
        column!("hidden", Boolean, "p.hidden"),
        column!("language", Text, "p.language"),
    ],
    select: "p.id, p.key, p.version, p.description, p.text, p.hidden, p.language, p.audio_hash, c.id as campaign_id, \
             c.name as campaign_name",
    from: "prompts p left join campaigns c on c.id = p.campaign_id",
    join: "",
    within: "(p.campaign_id = '' or p.campaign_id in (select g.campaign_id from grants g where g.owner = $owner))",
    counters: None,
};

/// A version of a prompt.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
#[expect(
    missing_docs,
    reason = "each field is that of `Prompt`; the campaign is its own"
)]
pub struct AudioRow {
    pub id: String,
    pub key: String,
    pub version: i64,
    pub description: String,
    pub text: Option<String>,
    pub hidden: bool,
    pub language: String,
    pub audio_hash: Option<String>,
    pub campaign_id: Option<String>,
    pub campaign_name: Option<String>,
}

/// Subscriptions to daily calls.
pub static SCHEDULE: Noun = Noun {
    name: "schedule",
    columns: &[
        column!("id", Text, "s.id"),
        column!("created_at", Time, "s.created_at"),
        column!("subscribed", Boolean, "(s.status = 'active')"),
        column!("campaign_id", Text, "s.campaign_id"),
        column!("status", Text, "s.status"),
        column!("time_zone", Text, "s.time_zone"),
    ],
    select: "s.id, s.created_at, s.status, s.campaign_id, s.phone_last2, s.time_zone, s.minute_of_day, s.last_called_on",
    from: "schedules s",
    join: "",
    within: "s.campaign_id in (select g.campaign_id from grants g where g.owner = $owner)",
    counters: None,
};

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
#[expect(missing_docs, reason = "each field is that of the subscription")]
pub struct ScheduleRow {
    pub id: String,
    pub created_at: i64,
    pub status: String,
    pub campaign_id: String,
    pub phone_last2: String,
    pub time_zone: String,
    pub minute_of_day: i64,
    pub last_called_on: Option<String>,
}

/// Which campaigns within reach have selected which versions: ids and names, by version.
pub async fn selections(db: &Db, reach: &Reach) -> Result<HashMap<String, Vec<(String, String)>>> {
    let sql = "select distinct s.prompt_id, c.id, c.name from prompt_selections s join campaigns c on c.id = s.campaign_id \
               where ($1 is null or c.id in (select campaign_id from grants where owner = $1)) order by s.prompt_id, c.id";
    let rows: Vec<(String, String, String)> =
        on_read!(db, |x| sqlx::query_as(sql).bind(reach.owner()).fetch_all(x).await)?;
    let mut selected: HashMap<String, Vec<(String, String)>> = HashMap::new();
    for (prompt, campaign, name) in rows {
        selected.entry(prompt).or_default().push((campaign, name));
    }
    Ok(selected)
}
