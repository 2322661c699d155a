//! Rate limits: so many within a sliding window, exact over all nodes (CAMPAIGNS.md 5).

use sqlx::FromRow;
use uuid::Uuid;

use super::{Db, Result, in_transaction, on_write};

/// One limit. The key says what is counted; phones and addresses stand in it as keyed references.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// `phone:CAMPAIGN:HASH`, `ip:HASH`, …
    pub key: String,
    /// So many…
    pub limit: i64,
    /// …within this time, in milliseconds.
    pub window_ms: i64,
}

/// What [`take`] answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Counted under every limit.
    Yes,
    /// Counted under none.
    No {
        /// The limit that is full, as its place in the list.
        limit: usize,
        /// When it has room again.
        retry_after_ms: i64,
    },
}

#[derive(FromRow)]
struct Window {
    taken: i64,
    oldest: Option<i64>,
}

/// Counts one under every limit, or under none when one of them is full. `id` makes the rows' ids and must be new.
pub async fn take(db: &Db, limits: &[Limit], id: Uuid, now: i64) -> Result<Taken> {
    let lock = "insert into rate_keys (key, touched_at) values ($1, $2) \
                on conflict (key) do update set touched_at = excluded.touched_at";
    let count = "select count(*) as taken, min(at) as oldest from \
                 (select at from rate_events where key = $1 and at > $2 order by at desc limit $3) recent";
    let insert = "insert into rate_events (id, key, at) values ($1, $2, $3)";
    // Locked in one order, so that two requests never wait for each other.
    let mut order: Vec<usize> = (0..limits.len()).collect();
    order.sort_by(|a, b| limits[*a].key.cmp(&limits[*b].key));
    let taken = in_transaction!(db, |tx| {
        for &i in &order {
            sqlx::query(lock)
                .bind(&limits[i].key)
                .bind(now)
                .execute(&mut *tx)
                .await?;
        }
        let mut refused = None;
        for (i, limit) in limits.iter().enumerate() {
            let window: Window = sqlx::query_as(count)
                .bind(&limit.key)
                .bind(now - limit.window_ms)
                .bind(limit.limit)
                .fetch_one(&mut *tx)
                .await?;
            if window.taken >= limit.limit {
                let free_at = window.oldest.unwrap_or(now) + limit.window_ms;
                refused = Some(Taken::No {
                    limit: i,
                    retry_after_ms: (free_at - now).max(1),
                });
                break;
            }
        }
        if refused.is_none() {
            for (i, limit) in limits.iter().enumerate() {
                sqlx::query(insert)
                    .bind(format!("{id}-{i}"))
                    .bind(&limit.key)
                    .bind(now)
                    .execute(&mut *tx)
                    .await?;
            }
        }
        refused.unwrap_or(Taken::Yes)
    });
    Ok(taken)
}

/// Forgets what no window reaches any more; answers how many keys went.
pub async fn sweep(db: &Db, before: i64) -> Result<u64> {
    on_write!(db, |x| sqlx::query("delete from rate_events where at < $1")
        .bind(before)
        .execute(x)
        .await
        .map(drop))?;
    let sql = "delete from rate_keys where touched_at < $1 \
               and not exists (select 1 from rate_events e where e.key = rate_keys.key)";
    Ok(on_write!(db, |x| sqlx::query(sql)
        .bind(before)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?)
}
