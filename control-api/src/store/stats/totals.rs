//! A campaign's totals: calls by status and outcome, sessions by status and step, calls a session, referrals.

use sqlx::FromRow;

use super::super::grants::Reach;
use super::super::{Db, Result, on_read};
use super::{HOUR_MS, MINUTE_MS, floor};

/// Calls that ended with one status and outcome.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Outcome {
    /// CallPower's word.
    pub status: String,
    /// Our own word; empty when the row has none.
    pub outcome: String,
    /// How many.
    pub calls: i64,
    /// From the targets' answers to the ends.
    pub talk_ms: i64,
}

/// Sessions that stand in, or ended in, one step with one status.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Step {
    /// The flow's word; empty before it began.
    pub step: String,
    /// CallPower's word.
    pub status: String,
    /// How many.
    pub sessions: i64,
    /// Those whose caller was on the line.
    pub answered: i64,
    /// Those that were dialled from the queue.
    pub waited: i64,
    /// How long these waited for that.
    pub wait_ms: i64,
}

/// What came from one referral code.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Referral {
    /// The code; empty for sessions without one.
    #[sqlx(rename = "ref")]
    pub reference: String,
    /// Sessions that ended.
    pub sessions: i64,
    /// Calls that ended.
    pub calls: i64,
    /// Of these, completed.
    pub completed: i64,
    /// Of these, with the outcome `talked`.
    pub talked: i64,
}

/// Ended calls by status and outcome.
pub async fn outcomes(db: &Db, campaign_id: &str) -> Result<Vec<Outcome>> {
    let sql = "select status, outcome, calls, talk_ms from stats_calls \
               where campaign_id = $1 and series = 'all' and calls > 0 order by status, outcome";
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(campaign_id)
        .fetch_all(x)
        .await)?)
}

/// Ended sessions by the step they ended in.
pub async fn steps(db: &Db, campaign_id: &str) -> Result<Vec<Step>> {
    let sql = "select key as step, status, sessions, answered, waited, wait_ms from stats_sessions \
               where campaign_id = $1 and series = 'step' and sessions > 0 order by key, status";
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(campaign_id)
        .fetch_all(x)
        .await)?)
}

/// Sessions that are queued or on the line, by step.
pub async fn under_way(db: &Db, campaign_id: &str) -> Result<Vec<Step>> {
    let sql = "select step, status, count(*) as sessions, count(answered_at) as answered, count(queue_delay_ms) as waited, \
               cast(coalesce(sum(queue_delay_ms), 0) as bigint) as wait_ms from sessions \
               where campaign_id = $1 and state <> 'ended' group by step, status order by step, status";
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(campaign_id)
        .fetch_all(x)
        .await)?)
}

/// How many sessions had how many completed calls, fewest calls first; those without any are left out.
pub async fn calls_per_session(db: &Db, campaign_id: &str) -> Result<Vec<(i64, i64)>> {
    let sql = "select at, sessions from stats_sessions \
               where campaign_id = $1 and series = 'calls' and sessions > 0 order by at";
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(campaign_id)
        .fetch_all(x)
        .await)?)
}

/// The first and the last day (UTC) with a completed call.
pub async fn completed_days(db: &Db, campaign_id: &str) -> Result<Option<(i64, i64)>> {
    let sql = "select min(at), max(at) from stats_calls \
               where campaign_id = $1 and series = 'day' and key = '' and status = 'completed' and calls > 0";
    let days: (Option<i64>, Option<i64>) =
        on_read!(db, |x| sqlx::query_as(sql).bind(campaign_id).fetch_one(x).await)?;
    Ok(days.0.zip(days.1))
}

/// Completed calls that began in the minute of `since` or later.
pub async fn completed_since(db: &Db, campaign_id: &str, since: i64) -> Result<i64> {
    // Hours are few; the minutes of the first one make it exact.
    let sql = "select cast(coalesce(sum(calls), 0) as bigint) from stats_calls where campaign_id = $1 and key = '' \
               and status = 'completed' and ((series = 'minute' and at >= $2 and at < $3) or (series = 'hour' and at >= $3))";
    Ok(on_read!(db, |x| sqlx::query_scalar(sql)
        .bind(campaign_id)
        .bind(floor(since, MINUTE_MS))
        .bind(floor(since - 1, HOUR_MS) + HOUR_MS)
        .fetch_one(x)
        .await)?)
}

/// Referral codes with at least so many completed calls, most first, `limit` of them.
pub async fn referrals(db: &Db, campaign_id: &str, completed: i64, limit: i64) -> Result<Vec<Referral>> {
    let sql = "select ref, sessions, calls, completed, talked from stats_refs \
               where campaign_id = $1 and completed >= $2 and (sessions > 0 or calls > 0) order by completed desc, ref limit $3";
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(campaign_id)
        .bind(completed)
        .bind(limit)
        .fetch_all(x)
        .await)?)
}

/// Names of campaigns within reach by id, oldest first, `limit` of them.
pub async fn names(db: &Db, reach: &Reach, limit: i64) -> Result<Vec<(String, String)>> {
    let sql = "select id, name from campaigns \
               where ($2 is null or id in (select campaign_id from grants where owner = $2)) order by id limit $1";
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(limit)
        .bind(reach.owner())
        .fetch_all(x)
        .await)?)
}
