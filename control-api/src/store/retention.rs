//! Deleting what is kept of callers: by the campaign's retention time, and all of it when a campaign is forgotten. Counts stay.

use super::{Db, Result, campaign_keys, in_transaction, on_read};

/// Sessions of one write.
const BATCH: i64 = 500;

/// What one batch does to the sessions that it found.
const CLEAR: [&str; 4] = [
    "update sessions set phone_enc = null, phone_last2 = '', location = '' where id = $1",
    "delete from events where session_id = $1",
    "delete from traces where session_id = $1",
    // The caller may have typed anything into the call.
    "update cdrs set digits = '' where session_id = $1",
];

/// Forgets the callers of a campaign's sessions that ended before `before`: number, last digits, location, timeline, SIP traces, keys
/// pressed. The rows stay, with everything that is counted. Answers how many sessions there were.
pub async fn expire(db: &Db, campaign_id: &str, before: i64) -> Result<u64> {
    let sql =
        "select id from sessions where campaign_id = $1 and ended_at < $2 and phone_enc is not null limit $3";
    let mut expired = 0;
    loop {
        let ids: Vec<String> = on_read!(db, |x| sqlx::query_scalar(sql)
            .bind(campaign_id)
            .bind(before)
            .bind(BATCH)
            .fetch_all(x)
            .await)?;
        if ids.is_empty() {
            return Ok(expired);
        }
        in_transaction!(db, |tx| {
            for id in &ids {
                for sql in CLEAR {
                    sqlx::query(sql).bind(id).execute(&mut *tx).await?;
                }
            }
        });
        expired += u64::try_from(ids.len()).unwrap_or(0);
    }
}

/// Ids and encrypted numbers of a campaign's sessions since `since`, whose callers still stand in rate limits.
pub async fn recent_numbers(db: &Db, campaign_id: &str, since: i64) -> Result<Vec<(String, String)>> {
    let sql = "select id, phone_enc from sessions where campaign_id = $1 and queued_at >= $2 and phone_enc is not null";
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(campaign_id)
        .bind(since)
        .fetch_all(x)
        .await)?)
}

/// Sessions of a campaign that wait in the queue.
pub async fn queued(db: &Db, campaign_id: &str) -> Result<Vec<String>> {
    let sql = "select id from sessions where (state = 'queued' or state = 'claimed') and campaign_id = $1";
    Ok(on_read!(db, |x| sqlx::query_scalar(sql)
        .bind(campaign_id)
        .fetch_all(x)
        .await)?)
}

/// Destroys a campaign's key, ends its subscriptions, and takes its callers out of the rate limits: `rate_keys` are those that hold over
/// all campaigns. Answers how many subscriptions it ended.
pub async fn destroy(db: &Db, campaign_id: &str, rate_keys: &[String], now: i64) -> Result<u64> {
    let schedules = "update schedules set status = 'ended', ended_at = coalesce(ended_at, $2), updated_at = $2, \
                     ended_why = coalesce(ended_why, 'forgotten'), lease_until = 0 where campaign_id = $1 and status <> 'ended'";
    let clear =
        "update schedules set phone_enc = null, phone_last2 = '', location = '' where campaign_id = $1";
    let limits = "delete from rate_keys where substr(key, 1, length($1)) = $1";
    let ended = in_transaction!(db, |tx| {
        let ended = sqlx::query(schedules)
            .bind(campaign_id)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        sqlx::query(clear).bind(campaign_id).execute(&mut *tx).await?;
        sqlx::query(limits)
            .bind(format!("phone:{campaign_id}:"))
            .execute(&mut *tx)
            .await?;
        for key in rate_keys {
            sqlx::query("delete from rate_keys where key = $1")
                .bind(key)
                .execute(&mut *tx)
                .await?;
        }
        ended.rows_affected()
    });
    campaign_keys::destroy(db, campaign_id, now).await?;
    Ok(ended)
}

/// Makes sure that what was deleted is not left behind in the database's files. SQLite rewrites its file and empties its log; PostgreSQL
/// rewrites the table of keys, without which nothing else can be read (its own log and backups are the operator's).
pub async fn wipe(db: &Db) -> Result<()> {
    match db {
        Db::Sqlite(sqlite) => {
            sqlx::query("vacuum").execute(&sqlite.write).await?;
            shed(db).await
        }
        Db::Postgres(pool) => {
            sqlx::query("vacuum full campaign_keys").execute(pool).await?;
            Ok(())
        }
    }
}

/// Empties SQLite's log into the file, where what is deleted is overwritten. Does nothing on PostgreSQL.
pub async fn shed(db: &Db) -> Result<()> {
    if let Db::Sqlite(sqlite) = db {
        // One row: whether a reader was in the way, and how much there was. The next run empties what is left.
        sqlx::query("pragma wal_checkpoint(truncate)")
            .fetch_all(&sqlite.write)
            .await?;
    }
    Ok(())
}

/// Takes rows out whose time is over: rate limits and idempotency keys, which last for a day.
pub async fn sweep(db: &Db, before: i64) -> Result<()> {
    super::ratelimits::sweep(db, before).await?;
    super::idempotency::sweep(db, before).await?;
    Ok(())
}

/// Whether the recording of a session may be kept: answers its campaign and its end, or nothing when there is no such session.
pub async fn session_end(db: &Db, session_id: &str) -> Result<Option<(String, Option<i64>)>> {
    let sql = "select campaign_id, ended_at from sessions where id = $1";
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(session_id)
        .fetch_optional(x)
        .await)?)
}

/// What is counted now. For tests.
#[cfg(test)]
pub(crate) async fn rate_keys(db: &Db) -> Result<Vec<String>> {
    let sql = "select key from rate_keys order by key";
    Ok(on_read!(db, |x| sqlx::query_scalar(sql).fetch_all(x).await)?)
}
