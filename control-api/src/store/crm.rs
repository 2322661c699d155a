//! What a campaign tells a CRM. What is to be told are jobs of the kind [`KIND`]: lane is the campaign, key the session; they are written
//! by the transaction that ends the session, so that none is lost and none is there twice.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::types::{JsonText, words};
use super::{Db, Result, in_transaction, on_read, on_write, one};

/// The kind of the jobs.
pub const KIND: &str = "crm";

words!(
    /// Which CRM.
    CrmKind {
        /// ActionKit, by its REST API.
        ActionKit = "action_kit",
        /// Upland Mobile Commons, by its REST API.
        MobileCommons = "mobile_commons",
        /// Any other: a CSV file that people fetch.
        Csv = "csv",
    }
);

words!(
    /// When sessions are told.
    Schedule {
        /// As each ends.
        Immediate = "immediate",
        /// At every full hour.
        Hourly = "hourly",
        /// Once a day, at an hour of the campaign's choice.
        Nightly = "nightly",
    }
);

/// What one CRM needs beside its address and login; each kind reads what is its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Options {
    /// ActionKit: short name of the page that actions are counted on.
    pub page: String,
    /// ActionKit: a session's `ref` is the caller's `akid`.
    pub ref_is_akid: bool,
    /// ActionKit: the e-mail address of the user that stands for callers whom it does not know; empty for none.
    pub unknown_email: String,
    /// Mobile Commons: the opt-in path that callers are subscribed by; empty for none.
    pub opt_in_path_id: String,
    /// Mobile Commons: key of the company; empty for the login's own.
    pub company: String,
    /// More fields of the CRM, and which word of the record each takes.
    pub fields: BTreeMap<String, String>,
}

impl From<JsonText<Options>> for Options {
    fn from(json: JsonText<Options>) -> Options {
        json.0
    }
}

/// The settings of a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromRow)]
pub struct Crm {
    /// The campaign.
    pub campaign_id: String,
    /// Which CRM.
    pub kind: CrmKind,
    /// When sessions are told.
    pub schedule: Schedule,
    /// Hour of the day of a nightly schedule.
    pub hour: i64,
    /// IANA time zone of that hour.
    pub time_zone: String,
    /// Where the CRM is; empty for a file.
    pub url: String,
    /// What this CRM needs.
    #[sqlx(try_from = "JsonText<Options>")]
    pub options: Options,
    /// Who logs in; empty when the secret is a bearer token.
    pub username: String,
    /// Password or token, encrypted; none for a file.
    pub secret_enc: Option<String>,
    /// The caller's number is told.
    pub send_phone: bool,
    /// Sessions are gathered and wait.
    pub paused: bool,
    /// When what is gathered now falls due.
    pub next_run_at: i64,
    /// When the last batch fell due.
    pub last_run_at: Option<i64>,
    /// When the CRM took a record last.
    pub last_sent_at: Option<i64>,
    /// Records that it took.
    pub sent: i64,
    /// Tries that it failed one after the other, up to now.
    pub failures: i64,
    /// Nothing is sent before.
    pub hold_until: i64,
    /// What was wrong the last time; empty since it works.
    pub error: String,
    /// Made.
    pub created_at: i64,
    /// Changed last.
    pub updated_at: i64,
}

macro_rules! columns {
    () => {
        "campaign_id, kind, schedule, hour, time_zone, url, options, username, secret_enc, send_phone, paused, next_run_at, \
         last_run_at, last_sent_at, sent, failures, hold_until, error, created_at, updated_at"
    };
}

/// Writes a campaign's settings in place of those it had; what it has sent stays told, and what waits untried falls due by the new
/// schedule. [`super::StoreError::Reference`] when the campaign does not exist.
pub async fn put(db: &Db, c: &Crm) -> Result<()> {
    let sql = concat!(
        "insert into crm (",
        columns!(),
        ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, null, null, 0, 0, 0, '', $13, $14) \
         on conflict (campaign_id) do update set kind = excluded.kind, schedule = excluded.schedule, hour = excluded.hour, \
         time_zone = excluded.time_zone, url = excluded.url, options = excluded.options, username = excluded.username, \
         secret_enc = excluded.secret_enc, send_phone = excluded.send_phone, paused = excluded.paused, \
         next_run_at = excluded.next_run_at, failures = 0, hold_until = 0, error = '', updated_at = excluded.updated_at"
    );
    let due =
        "update jobs set due_at = $2 where kind = 'crm' and lane = $1 and state = 'waiting' and attempts = 0";
    in_transaction!(db, |tx| {
        sqlx::query(sql)
            .bind(&c.campaign_id)
            .bind(c.kind)
            .bind(c.schedule)
            .bind(c.hour)
            .bind(&c.time_zone)
            .bind(&c.url)
            .bind(JsonText(&c.options))
            .bind(&c.username)
            .bind(&c.secret_enc)
            .bind(c.send_phone)
            .bind(c.paused)
            .bind(c.next_run_at)
            .bind(c.created_at)
            .bind(c.updated_at)
            .execute(&mut *tx)
            .await?;
        sqlx::query(due)
            .bind(&c.campaign_id)
            .bind(c.next_run_at)
            .execute(&mut *tx)
            .await?;
    });
    Ok(())
}

/// A campaign's settings; `None` when it tells no CRM.
pub async fn find(db: &Db, campaign_id: &str) -> Result<Option<Crm>> {
    let sql = concat!("select ", columns!(), " from crm where campaign_id = $1");
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(campaign_id)
        .fetch_optional(x)
        .await)?)
}

/// Takes a campaign's settings away, with everything that waits. Answers whether there were any.
pub async fn delete(db: &Db, campaign_id: &str) -> Result<bool> {
    let rows = in_transaction!(db, |tx| {
        sqlx::query("delete from jobs where kind = 'crm' and lane = $1")
            .bind(campaign_id)
            .execute(&mut *tx)
            .await?;
        sqlx::query("delete from crm where campaign_id = $1")
            .bind(campaign_id)
            .execute(&mut *tx)
            .await?
            .rows_affected()
    });
    Ok(rows > 0)
}

/// Campaigns whose batch has fallen due, `limit` at most.
pub async fn due(db: &Db, now: i64, limit: i64) -> Result<Vec<Crm>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from crm where schedule <> 'immediate' and next_run_at <= $1 order by next_run_at limit $2"
    );
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(now)
        .bind(limit)
        .fetch_all(x)
        .await)?)
}

/// Begins the next batch: what ends from now on falls due at `next`. Only one node does it; answers whether it was this one.
pub async fn begin_next(db: &Db, c: &Crm, next: i64) -> Result<bool> {
    let sql = "update crm set last_run_at = next_run_at, next_run_at = $3 where campaign_id = $1 and next_run_at = $2";
    let rows = on_write!(db, |x| sqlx::query(sql)
        .bind(&c.campaign_id)
        .bind(c.next_run_at)
        .bind(next)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Notes that the CRM took a record.
pub async fn took(db: &Db, campaign_id: &str, now: i64) -> Result<()> {
    let sql = "update crm set sent = sent + 1, last_sent_at = $2, failures = 0, hold_until = 0, error = '' where campaign_id = $1";
    on_write!(db, |x| sqlx::query(sql)
        .bind(campaign_id)
        .bind(now)
        .execute(x)
        .await
        .map(drop))?;
    Ok(())
}

/// Notes that the CRM took none now, and that nothing is sent before `hold_until`.
pub async fn holds(db: &Db, campaign_id: &str, failures: i64, hold_until: i64, error: &str) -> Result<()> {
    let sql = "update crm set failures = $2, hold_until = $3, error = $4 where campaign_id = $1";
    let rows = on_write!(db, |x| sqlx::query(sql)
        .bind(campaign_id)
        .bind(failures)
        .bind(hold_until)
        .bind(error)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?;
    one(rows)
}

/// Lets what waits be sent at once, whatever was wrong before.
pub async fn release(db: &Db, campaign_id: &str) -> Result<()> {
    let sql = "update crm set failures = 0, hold_until = 0 where campaign_id = $1";
    on_write!(db, |x| sqlx::query(sql)
        .bind(campaign_id)
        .execute(x)
        .await
        .map(drop))?;
    Ok(())
}

/// How many records of a campaign wait, and how many are laid aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromRow)]
pub struct Backlog {
    /// To be sent.
    pub waiting: i64,
    /// Refused for good, or tried too often.
    pub dead: i64,
}

/// Counts what is not sent.
pub async fn backlog(db: &Db, campaign_id: &str) -> Result<Backlog> {
    let sql = "select count(case when state = 'waiting' then 1 end) as waiting, count(case when state = 'dead' then 1 end) as dead \
               from jobs where kind = 'crm' and lane = $1";
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(campaign_id)
        .fetch_one(x)
        .await)?)
}

macro_rules! insert_jobs {
    ($which:literal) => {
        concat!(
            "insert into jobs (kind, lane, key, state, due_at, attempts, status, error, created_at, updated_at) \
             select 'crm', c.campaign_id, s.id, 'waiting', case when c.schedule = 'immediate' then $2 else c.next_run_at end, \
             0, null, '', $2, $2 from sessions s join crm c on c.campaign_id = s.campaign_id \
             where c.kind <> 'csv' and s.state = 'ended' and ",
            $which,
            " and exists (select 1 from calls t where t.session_id = s.id and t.status = 'completed' and t.ended_at is not null) \
             on conflict do nothing"
        )
    };
}

/// Asks, in the transaction that ends a session, for it to be told: when its campaign tells a CRM, and a call of it was completed.
macro_rules! write_crm_job {
    ($tx:ident, $session_id:expr, $now:expr) => {{
        sqlx::query($crate::store::crm::OF_SESSION)
            .bind($session_id)
            .bind($now)
            .execute(&mut *$tx)
            .await?;
    }};
}
pub(super) use write_crm_job;

/// The statement of `write_crm_job!`.
pub(super) const OF_SESSION: &str = insert_jobs!("s.id = $1");

/// Asks for every session of a campaign that ended at or after `since` and is not asked for yet; answers how many.
pub async fn gather(db: &Db, campaign_id: &str, since: i64, now: i64) -> Result<u64> {
    let sql = insert_jobs!("s.campaign_id = $1 and s.ended_at >= $3");
    Ok(on_write!(db, |x| sqlx::query(sql)
        .bind(campaign_id)
        .bind(now)
        .bind(since)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?)
}

/// A page of a campaign's sessions with a completed call, in the order in which they ended, after the one whose end and id are given;
/// ids alone.
pub async fn ended(
    db: &Db,
    campaign_id: &str,
    after: (i64, &str),
    until: i64,
    limit: i64,
) -> Result<Vec<(i64, String)>> {
    let sql = "select s.ended_at, s.id from sessions s where s.campaign_id = $1 and s.ended_at is not null and s.state = 'ended' \
               and (s.ended_at > $2 or (s.ended_at = $2 and s.id > $3)) and s.ended_at < $4 \
               and exists (select 1 from calls t where t.session_id = s.id and t.status = 'completed' and t.ended_at is not null) \
               order by s.ended_at, s.id limit $5";
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(campaign_id)
        .bind(after.0)
        .bind(after.1)
        .bind(until)
        .bind(limit)
        .fetch_all(x)
        .await)?)
}
