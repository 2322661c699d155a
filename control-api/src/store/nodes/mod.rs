//! The nodes that run, and the beat that each writes: how peers learn that one is dead.

mod watch;

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::{Db, Result, on_read, on_write, one};

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
    /// Of the program that it runs.
    pub version: String,
    /// It takes no new calls.
    pub draining: bool,
    /// An operator has asked it to take none.
    pub drain_asked: bool,
    /// Sessions on its lines.
    pub sessions: i64,
}

/// What a node says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat<'a> {
    /// `[node] id`.
    pub id: &'a str,
    /// Started.
    pub started_at: i64,
    /// Of the program that it runs.
    pub version: &'a str,
    /// It takes no new calls.
    pub draining: bool,
    /// Sessions on its lines.
    pub sessions: i64,
}

/// Says that a node lives. Answers whether it has been asked to take no new calls.
pub async fn beat(db: &Db, beat: &Beat<'_>, now: i64) -> Result<bool> {
    let sql = "insert into nodes (id, started_at, seen_at, version, draining, sessions) values ($1, $2, $3, $4, $5, $6) \
               on conflict (id) do update set started_at = excluded.started_at, seen_at = excluded.seen_at, \
               version = excluded.version, draining = excluded.draining, sessions = excluded.sessions returning drain_asked";
    Ok(on_write!(db, |x| sqlx::query_scalar(sql)
        .bind(beat.id)
        .bind(beat.started_at)
        .bind(now)
        .bind(beat.version)
        .bind(beat.draining)
        .bind(beat.sessions)
        .fetch_one(x)
        .await)?)
}

/// Asks a node to take no new calls, or to take them again; its next beat hears it.
pub async fn ask_to_drain(db: &Db, id: &str, on: bool) -> Result<()> {
    let sql = "update nodes set drain_asked = $2 where id = $1";
    let rows = on_write!(db, |x| sqlx::query(sql)
        .bind(id)
        .bind(on)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?;
    one(rows)
}

macro_rules! columns {
    () => {
        "id, started_at, seen_at, version, draining, drain_asked, sessions"
    };
}

/// One node.
pub async fn get(db: &Db, id: &str) -> Result<Node> {
    let sql = concat!("select ", columns!(), " from nodes where id = $1");
    Ok(on_read!(db, |x| sqlx::query_as(sql).bind(id).fetch_one(x).await)?)
}

/// Every node known.
pub async fn list(db: &Db) -> Result<Vec<Node>> {
    let sql = concat!("select ", columns!(), " from nodes order by id");
    Ok(on_read!(db, |x| sqlx::query_as(sql).fetch_all(x).await)?)
}

/// The first by name of the nodes that live: it does what one node does for all. None before the first beat.
pub async fn first(db: &Db) -> Result<Option<String>> {
    let sql = "select min(id) from nodes";
    Ok(on_read!(db, |x| sqlx::query_scalar(sql).fetch_one(x).await)?)
}

/// Every node known, and those that only open sessions name (a node that was renamed), with a beat of 0.
pub async fn known(db: &Db) -> Result<Vec<Node>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from nodes union all select distinct node, cast(0 as bigint), cast(0 as bigint), '', false, false, cast(0 as bigint) \
         from sessions where state <> 'ended' and node is not null and node not in (select id from nodes) order by 1"
    );
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
