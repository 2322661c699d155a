//! Counting the rows anew: after an import of history, and after an update from a version that did not count.

use super::super::{Db, Result, in_transaction, on_read};

/// Writers wait at the counters until they are counted anew; what they ended meanwhile they add afterwards.
const LOCK: &str = "lock table stats_calls, stats_refs, stats_sessions in exclusive mode";

/// A million rows may take longer than a statement may else.
const NO_TIMEOUT: &str = "set local statement_timeout = 0";

const CLEAR: [&str; 3] = [
    "delete from stats_calls",
    "delete from stats_refs",
    "delete from stats_sessions",
];

/// Counters of calls from their rows.
macro_rules! calls {
    ($series:literal, $key:literal, $at:literal) => {
        concat!(
            "insert into stats_calls (campaign_id, series, key, at, status, outcome, calls, talk_ms) select campaign_id, '",
            $series,
            "', ",
            $key,
            ", ",
            $at,
            ", status, coalesce(outcome, ''), count(*), coalesce(sum(duration_ms), 0) from calls \
             where ended_at is not null group by 1, 2, 3, 4, 5, 6"
        )
    };
}

/// The same from a finer series, whose rows are far fewer.
macro_rules! of_calls {
    ($series:literal, $at:literal, $finer:literal) => {
        concat!(
            "insert into stats_calls (campaign_id, series, key, at, status, outcome, calls, talk_ms) select campaign_id, '",
            $series,
            "', key, ",
            $at,
            ", status, outcome, sum(calls), sum(talk_ms) from stats_calls where series = '",
            $finer,
            "' group by 1, 2, 3, 4, 5, 6"
        )
    };
}

/// Counters of sessions from their rows.
macro_rules! sessions {
    ($series:literal, $key:literal, $at:literal) => {
        concat!(
            "insert into stats_sessions (campaign_id, series, key, at, status, sessions, answered, waited, wait_ms) \
             select campaign_id, '",
            $series,
            "', ",
            $key,
            ", ",
            $at,
            ", status, count(*), count(answered_at), count(queue_delay_ms), coalesce(sum(queue_delay_ms), 0) \
             from sessions where state = 'ended' group by 1, 2, 3, 4, 5"
        )
    };
}

/// The same from a finer series.
macro_rules! of_sessions {
    ($series:literal, $at:literal, $finer:literal) => {
        concat!(
            "insert into stats_sessions (campaign_id, series, key, at, status, sessions, answered, waited, wait_ms) \
             select campaign_id, '",
            $series,
            "', key, ",
            $at,
            ", status, sum(sessions), sum(answered), sum(waited), sum(wait_ms) from stats_sessions where series = '",
            $finer,
            "' group by 1, 2, 3, 4, 5"
        )
    };
}

/// The same sums as [`super::tally::Tally`] makes one by one; a test holds them together. In this order: the finest first.
const COUNT: [&str; 15] = [
    calls!("minute", "''", "started_at / 60000 * 60000"),
    of_calls!("quarter", "at / 900000 * 900000", "minute"),
    of_calls!("hour", "at / 3600000 * 3600000", "quarter"),
    of_calls!("day", "at / 86400000 * 86400000", "hour"),
    of_calls!("all", "0", "day"),
    calls!("target_day", "target_key", "started_at / 86400000 * 86400000"),
    of_calls!("target", "0", "target_day"),
    sessions!("minute", "''", "queued_at / 60000 * 60000"),
    of_sessions!("quarter", "at / 900000 * 900000", "minute"),
    of_sessions!("hour", "at / 3600000 * 3600000", "quarter"),
    of_sessions!("day", "at / 86400000 * 86400000", "hour"),
    of_sessions!("all", "0", "day"),
    sessions!("step", "step", "0"),
    "insert into stats_sessions (campaign_id, series, key, at, status, sessions, answered, waited, wait_ms) \
     select campaign_id, 'calls', '', calls, '', count(*), 0, 0, 0 from (select campaign_id, session_id, count(*) as calls \
     from calls where ended_at is not null and status = 'completed' group by campaign_id, session_id) as completed \
     group by campaign_id, calls",
    "insert into stats_refs (campaign_id, ref, sessions, calls, completed, talked) \
     select campaign_id, ref, sum(sessions), sum(calls), sum(completed), sum(talked) from ( \
     select campaign_id, ref, count(*) as sessions, 0 as calls, 0 as completed, 0 as talked from sessions \
     where state = 'ended' group by campaign_id, ref union all \
     select c.campaign_id, s.ref, 0, count(*), sum(case when c.status = 'completed' then 1 else 0 end), \
     sum(case when c.outcome = 'talked' then 1 else 0 end) from calls c join sessions s on s.id = c.session_id \
     where c.ended_at is not null group by c.campaign_id, s.ref) as counted group by campaign_id, ref",
];

/// Counts every ended call and session anew, in place of what the counters held. Right at any time, on any number of nodes; while it
/// runs, calls end a little later in the database.
pub async fn rebuild(db: &Db) -> Result<()> {
    if let Db::Postgres(pool) = db {
        let mut tx = pool.begin().await?;
        for sql in [NO_TIMEOUT, LOCK].iter().chain(&CLEAR).chain(&COUNT) {
            sqlx::query(*sql).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        return Ok(());
    }
    in_transaction!(db, |tx| {
        for sql in CLEAR.iter().chain(&COUNT) {
            sqlx::query(*sql).execute(&mut *tx).await?;
        }
    });
    Ok(())
}

/// Whether there are ended rows that were never counted: written by an older version, or by hand. Counters that hold more than the rows
/// are right: counts outlive rows.
pub async fn is_behind(db: &Db) -> Result<bool> {
    let sql = "select (select count(*) from calls where ended_at is not null) \
               > (select coalesce(sum(calls), 0) from stats_calls where series = 'all') \
               or (select count(*) from sessions where state = 'ended') \
               > (select coalesce(sum(sessions), 0) from stats_sessions where series = 'all')";
    Ok(on_read!(db, |x| sqlx::query_scalar(sql).fetch_one(x).await)?)
}

/// Counts anew when that is so, for whoever brings history in and can wait for it; answers whether it was.
pub async fn rebuild_if_behind(db: &Db) -> Result<bool> {
    let behind = is_behind(db).await?;
    if behind {
        rebuild(db).await?;
    }
    Ok(behind)
}
