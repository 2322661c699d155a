//! Daily calls that are due: taken in hand by one node at a time, and started at most once on a local date.

use super::super::sessions::{self, Session};
use super::super::{Db, Result, in_transaction, on_read, on_write, one};
use super::{Schedule, columns};

macro_rules! claim_sql {
    ($lock:literal) => {
        concat!(
            "with due as materialized (select id from schedules where status = 'active' and next_at <= $1 \
             and lease_until <= $1 and exists \
             (select 1 from campaigns c where c.id = schedules.campaign_id and c.status = 'live') \
             order by next_at, id limit $3",
            $lock,
            ") update schedules set lease_until = $2 where id in (select id from due) returning ",
            columns!()
        )
    };
}

/// Takes up to `limit` due subscriptions of live campaigns in hand until `lease_until`, longest due first. What is neither started nor
/// skipped by then is anybody's again.
pub async fn claim(db: &Db, limit: i64, lease_until: i64, now: i64) -> Result<Vec<Schedule>> {
    let mut claimed: Vec<Schedule> = match db {
        Db::Sqlite(sqlite) => {
            sqlx::query_as(claim_sql!(""))
                .bind(now)
                .bind(lease_until)
                .bind(limit)
                .fetch_all(&sqlite.write)
                .await?
        }
        Db::Postgres(pool) => {
            sqlx::query_as(claim_sql!(" for update skip locked"))
                .bind(now)
                .bind(lease_until)
                .bind(limit)
                .fetch_all(pool)
                .await?
        }
    };
    claimed.sort_by(|a, b| (a.next_at, &a.id).cmp(&(b.next_at, &b.id)));
    Ok(claimed)
}

/// Queues the session of a due call and notes its local date, both or neither. Answers `false`, and changes nothing, when the subscription
/// was called on that date before, was changed or is over: whatever two nodes and two clocks think, nobody is called twice on a day.
pub async fn start(db: &Db, due: &Schedule, date: &str, next_at: i64, session: &Session) -> Result<bool> {
    let sql = "update schedules set last_called_on = $2, next_at = $3, last_session_id = $4, lease_until = 0, updated_at = $5 \
               where id = $1 and status = 'active' and next_at = $6 and (last_called_on is null or last_called_on < $2)";
    let started = in_transaction!(db, |tx| {
        let done = sqlx::query(sql)
            .bind(&due.id)
            .bind(date)
            .bind(next_at)
            .bind(&session.id)
            .bind(session.queued_at)
            .bind(due.next_at)
            .execute(&mut *tx)
            .await?;
        let started = done.rows_affected() > 0;
        if started {
            sessions::insert!(session).execute(&mut *tx).await?;
        }
        started
    });
    Ok(started)
}

/// Lets a due call go by. [`super::super::StoreError::NotFound`] when it was started or changed meanwhile.
pub async fn skip(db: &Db, due: &Schedule, next_at: i64, now: i64) -> Result<()> {
    let sql =
        "update schedules set next_at = $2, lease_until = 0, updated_at = $3 where id = $1 and next_at = $4";
    let rows = on_write!(db, |x| sqlx::query(sql)
        .bind(&due.id)
        .bind(next_at)
        .bind(now)
        .bind(due.next_at)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?;
    one(rows)
}

/// Ends the subscriptions of archived campaigns; answers how many.
pub async fn end_with_campaigns(db: &Db, now: i64) -> Result<u64> {
    let sql = "update schedules set status = 'ended', phone_enc = null, ended_at = $1, ended_why = 'campaign', \
               updated_at = $1, lease_until = 0 where status <> 'ended' and exists \
               (select 1 from campaigns c where c.id = schedules.campaign_id and c.status = 'archived')";
    Ok(on_write!(db, |x| sqlx::query(sql)
        .bind(now)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?)
}

/// Sessions of daily calls that have waited in the queue since before `before`.
pub async fn queued_before(db: &Db, before: i64) -> Result<Vec<String>> {
    let sql = "select id from sessions where (state = 'queued' or state = 'claimed') and queued_at < $1 \
               and exists (select 1 from schedules s where s.last_session_id = sessions.id) order by id";
    Ok(on_read!(db, |x| sqlx::query_scalar(sql)
        .bind(before)
        .fetch_all(x)
        .await)?)
}
