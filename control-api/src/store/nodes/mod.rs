//! The nodes that run, and the beat that each writes: how peers learn that one is dead.

mod watch;

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::{Db, Result, on_read, on_write};

pub use watch::Watch;

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromRow)]
pub struct Node {
    /// `[node] id`.
    pub id: String,
    /// Started.
    pub started_at: i64,
    /// Last beat, by the node's own clock; another value than before means that it lives.
    pub seen_at: i64,
}

/// Says that a node lives.
pub async fn beat(db: &Db, id: &str, started_at: i64, now: i64) -> Result<()> {
    let sql = "insert into nodes (id, started_at, seen_at) values ($1, $2, $3) \
               on conflict (id) do update set started_at = excluded.started_at, seen_at = excluded.seen_at";
    on_write!(db, |x| sqlx::query(sql)
        .bind(id)
        .bind(started_at)
        .bind(now)
        .execute(x)
        .await
        .map(drop))?;
    Ok(())
}

/// Every node known.
pub async fn list(db: &Db) -> Result<Vec<Node>> {
    let sql = "select id, started_at, seen_at from nodes order by id";
    Ok(on_read!(db, |x| sqlx::query_as(sql).fetch_all(x).await)?)
}

/// The first by name of the nodes that live: it does what one node does for all. None before the first beat.
pub async fn first(db: &Db) -> Result<Option<String>> {
    let sql = "select min(id) from nodes";
    Ok(on_read!(db, |x| sqlx::query_scalar(sql).fetch_one(x).await)?)
}

/// Every node known, and those that only open sessions name (a node that was renamed), with a beat of 0.
pub async fn known(db: &Db) -> Result<Vec<Node>> {
    let sql = "select id, started_at, seen_at from nodes union all \
               select distinct node, cast(0 as bigint), cast(0 as bigint) from sessions \
               where state <> 'ended' and node is not null and node not in (select id from nodes) order by 1";
    Ok(on_read!(db, |x| sqlx::query_as(sql).fetch_all(x).await)?)
}

/// A node went in good order: it leaves nothing behind.
pub async fn leave(db: &Db, id: &str) -> Result<()> {
    on_write!(db, |x| sqlx::query("delete from nodes where id = $1")
        .bind(id)
        .execute(x)
        .await
        .map(drop))?;
    Ok(())
}
