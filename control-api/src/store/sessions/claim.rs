//! Who dials a session: batch claims, and the guard that lets an INVITE leave at most once (DESIGN.md 6).

use super::super::{Db, Result, on_read, on_write};
use super::{Session, columns};

/// What may be claimed: queued, or claimed by somebody whose lease ended, in a live campaign. The first condition is the words of the
/// partial index `sessions_queue`, which SQLite wants to read before it uses it.
macro_rules! claimable {
    () => {
        "select id from sessions where (state = 'queued' or state = 'claimed') \
         and (state = 'queued' or lease_until <= $3) and not_before_at <= $3 \
         and exists (select 1 from campaigns c where c.id = sessions.campaign_id and c.status = 'live') \
         order by queued_at, id limit $4"
    };
}

// Materialized: PostgreSQL may run a subquery more than once, and would then lock more rows than the limit.
macro_rules! claim_sql {
    ($lock:literal) => {
        concat!(
            "with next as materialized (",
            claimable!(),
            $lock,
            ") update sessions set state = 'claimed', node = $1, lease_until = $2 \
             where id in (select id from next) returning ",
            columns!()
        )
    };
}

/// Claims up to `limit` sessions for `node`, oldest first, until `lease_until`. Two nodes never get the same one.
/// What is not dialled by then goes back to the queue by itself.
pub async fn claim(db: &Db, node: &str, limit: i64, lease_until: i64, now: i64) -> Result<Vec<Session>> {
    let mut claimed: Vec<Session> = match db {
        // One writer at a time: nobody else can claim in between.
        Db::Sqlite(sqlite) => {
            sqlx::query_as(claim_sql!(""))
                .bind(node)
                .bind(lease_until)
                .bind(now)
                .bind(limit)
                .fetch_all(&sqlite.write)
                .await?
        }
        Db::Postgres(pool) => {
            sqlx::query_as(claim_sql!(" for update skip locked"))
                .bind(node)
                .bind(lease_until)
                .bind(now)
                .bind(limit)
                .fetch_all(pool)
                .await?
        }
    };
    // Neither engine promises an order of returned rows.
    claimed.sort_by(|a, b| (a.queued_at, &a.id).cmp(&(b.queued_at, &b.id)));
    Ok(claimed)
}

/// The statement that claims, for a look at its plan.
#[cfg(test)]
pub(crate) fn claim_for_plan() -> &'static str {
    claim_sql!("")
}

/// The guard: only when this answers the row may the INVITE leave. [`super::super::StoreError::NotFound`] when the lease has ended,
/// another node has the session, or it was cancelled.
pub async fn start_dialling(db: &Db, id: &str, node: &str, now: i64) -> Result<Session> {
    let sql = concat!(
        "update sessions set state = 'dialling', status = 'ringing', attempts = attempts + 1, started_at = $3, \
         queue_delay_ms = case when $3 > queued_at then $3 - queued_at else 0 end \
         where id = $1 and state = 'claimed' and node = $2 and lease_until > $3 returning ",
        columns!()
    );
    Ok(on_write!(db, |x| sqlx::query_as(sql)
        .bind(id)
        .bind(node)
        .bind(now)
        .fetch_one(x)
        .await)?)
}

/// Puts a session back into the queue whose order the gateway did not carry out: no INVITE has left. Only for an outbound one that is
/// being dialled; else [`super::super::StoreError::NotFound`].
pub async fn undial(db: &Db, id: &str, not_before: i64) -> Result<()> {
    let sql = "update sessions set state = 'queued', status = 'queued', node = null, lease_until = 0, \
               not_before_at = $2, started_at = null, queue_delay_ms = null \
               where id = $1 and state = 'dialling' and direction = 'outbound'";
    let rows = on_write!(db, |x| sqlx::query(sql)
        .bind(id)
        .bind(not_before)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?;
    super::one(rows)
}

/// Puts a claimed session back into the queue, not to be claimed before `not_before`. One that is not ours any more is left alone.
pub async fn release(db: &Db, id: &str, node: &str, not_before: i64) -> Result<()> {
    let sql = "update sessions set state = 'queued', node = null, lease_until = 0, not_before_at = $3 \
               where id = $1 and state = 'claimed' and node = $2";
    on_write!(db, |x| sqlx::query(sql)
        .bind(id)
        .bind(node)
        .bind(not_before)
        .execute(x)
        .await
        .map(drop))?;
    Ok(())
}

/// How many sessions wait before this one, those of paused campaigns aside; 0 is next. [`super::super::StoreError::NotFound`] when it does
/// not wait.
pub async fn queue_place(db: &Db, id: &str) -> Result<i64> {
    let own = "select queued_at from sessions where id = $1 and state in ('queued', 'claimed')";
    let before = "select count(*) from sessions where (state = 'queued' or state = 'claimed') \
                  and (queued_at < $1 or (queued_at = $1 and id < $2)) \
                  and campaign_id in (select id from campaigns where status = 'live')";
    let queued_at: i64 = on_read!(db, |x| sqlx::query_scalar(own).bind(id).fetch_one(x).await)?;
    Ok(on_read!(db, |x| sqlx::query_scalar(before)
        .bind(queued_at)
        .bind(id)
        .fetch_one(x)
        .await)?)
}

/// Sessions that each node has claimed and not dialled yet; nodes without any are left out.
pub async fn claimed_by_node(db: &Db) -> Result<Vec<(String, i64)>> {
    let sql = "select node, count(*) from sessions where state = 'claimed' and (state = 'queued' or state = 'claimed') \
               and node is not null group by node";
    Ok(on_read!(db, |x| sqlx::query_as(sql).fetch_all(x).await)?)
}

/// How many wait, and since when the first one does.
pub async fn queue_length(db: &Db) -> Result<(i64, Option<i64>)> {
    let sql = "select count(*), min(queued_at) from sessions where state = 'queued' or state = 'claimed'";
    Ok(on_read!(db, |x| sqlx::query_as(sql).fetch_one(x).await)?)
}
