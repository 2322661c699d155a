//! What a dashboard shows of this moment. Every statement reads the rows that are under way, by indexes that hold nothing else, or
//! counters of today: what it costs does not grow with the calls of last year.

use sqlx::FromRow;

use super::stats::{DAY_MS, MINUTE_MS};
use super::{Db, Result, on_read};

/// Over how long the queue's delay is averaged.
pub const DELAY_MS: i64 = 15 * MINUTE_MS;

/// Sessions that have not ended, by state.
const SESSIONS: &str =
    "select state as word, count(*) as n from sessions where state <> 'ended' group by state";

/// Calls that have not ended, by status.
const CALLS: &str = "select status as word, count(*) as n from calls where ended_at is null group by status";

/// Of the sessions under way, those that were queued of late and have left the queue.
const LEFT: &str = "select count(case when queued_at >= $1 then queue_delay_ms end) as n, \
    cast(coalesce(sum(case when queued_at >= $1 then queue_delay_ms end), 0) as bigint) as ms from sessions where state <> 'ended'";

/// The same of those that have ended.
const ENDED: &str = "select cast(coalesce(sum(waited), 0) as bigint) as n, cast(coalesce(sum(wait_ms), 0) as bigint) as ms \
    from stats_sessions where series = 'minute' and at >= $1";

/// Calls that began today and have ended.
const TODAY: &str = "select outcome as word, cast(sum(calls) as bigint) as n from stats_calls \
    where series = 'day' and at = $1 group by outcome";

/// Sessions that were queued today and have ended.
const SESSIONS_TODAY: &str = "select status as word, cast(sum(sessions) as bigint) as n from stats_sessions \
    where series = 'day' and at = $1 group by status";

/// How many of what.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Count {
    /// A state, status or outcome.
    pub word: String,
    /// How many.
    pub n: i64,
}

/// This moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// Sessions that have not ended, by state.
    pub sessions: Vec<Count>,
    /// Calls to targets that have not ended, by status.
    pub calls: Vec<Count>,
    /// Mean delay of those who left the queue and were queued within [`DELAY_MS`]; `None` when nobody was.
    pub delay_ms: Option<i64>,
    /// When the day of UTC began that today's figures are of.
    pub today: i64,
    /// Today's ended calls by outcome.
    pub calls_today: Vec<Count>,
    /// Today's ended sessions by status.
    pub sessions_today: Vec<Count>,
}

#[derive(FromRow)]
struct Waited {
    n: i64,
    ms: i64,
}

/// Reads this moment.
pub async fn read(db: &Db, now: i64) -> Result<Overview> {
    let today = now / DAY_MS * DAY_MS;
    let since = (now - DELAY_MS) / MINUTE_MS * MINUTE_MS;
    let left = waited(db, LEFT, since).await?;
    let ended = waited(db, ENDED, since).await?;
    Ok(Overview {
        sessions: on_read!(db, |x| sqlx::query_as(SESSIONS).fetch_all(x).await)?,
        calls: on_read!(db, |x| sqlx::query_as(CALLS).fetch_all(x).await)?,
        delay_ms: (left.ms + ended.ms).checked_div(left.n + ended.n),
        today,
        calls_today: counts(db, TODAY, today).await?,
        sessions_today: counts(db, SESSIONS_TODAY, today).await?,
    })
}

async fn waited(db: &Db, sql: &'static str, since: i64) -> Result<Waited> {
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(since)
        .fetch_one(x)
        .await)?)
}

async fn counts(db: &Db, sql: &'static str, at: i64) -> Result<Vec<Count>> {
    Ok(on_read!(db, |x| sqlx::query_as(sql).bind(at).fetch_all(x).await)?)
}

/// Every statement of a dashboard, for the test of their plans.
#[cfg(test)]
pub(crate) fn statements() -> [&'static str; 7] {
    [
        SESSIONS,
        CALLS,
        LEFT,
        ENDED,
        TODAY,
        SESSIONS_TODAY,
        super::cdrs::FIGURES,
    ]
}
