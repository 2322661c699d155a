//! Events as `/v1/events` tells them, kept for those who come back with Last-Event-ID, and a session's timeline.

use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::FromRow;

use super::types::JsonText;
use super::webhooks::write_deliveries;
use super::{Db, Result, in_transaction, on_read, on_write};

/// How long events are kept: for who comes back with Last-Event-ID, for sessions' timelines, and for deliveries. A campaign's own
/// retention time may end a timeline earlier.
pub const RETENTION_DAYS: i64 = 90;

/// Events that one write forgets.
const SWEEP_BATCH: i64 = 5_000;

/// One event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromRow)]
pub struct Event {
    /// UUID, version 7: sorts by time, and is the id of the server-sent event.
    pub id: String,
    /// When.
    pub at: i64,
    /// `session.ended`, `leg.answered`, …
    pub kind: String,
    /// Its session, when it has one.
    pub session_id: Option<String>,
    /// The rest. No numbers in it.
    #[sqlx(try_from = "JsonText<serde_json::Value>")]
    pub data: serde_json::Value,
}

/// A session is over. `status` is CallPower's word.
pub fn session_ended(id: String, at: i64, session_id: &str, status: &str, step: &str) -> Event {
    Event {
        id,
        at,
        kind: "session.ended".to_owned(),
        session_id: Some(session_id.to_owned()),
        data: json!({ "status": status, "step": step }),
    }
}

/// What is told of a call that is over.
#[derive(Debug, Serialize)]
pub struct CallEnd<'a> {
    /// The call.
    pub call_id: &'a str,
    /// Which target of the session's list, from 0.
    pub index: i64,
    /// CallPower's word.
    pub status: &'a str,
    /// Our own word.
    pub outcome: &'a str,
    /// From the target's answer to the end.
    pub duration_ms: i64,
}

/// A call is over.
pub fn call_ended(id: String, at: i64, session_id: &str, end: &CallEnd<'_>) -> Event {
    Event {
        id,
        at,
        kind: "call.ended".to_owned(),
        session_id: Some(session_id.to_owned()),
        data: json!(end),
    }
}

/// Writes one event and asks for its deliveries, within the transaction that makes it true.
macro_rules! write_event {
    ($tx:ident, $event:expr) => {{
        let event: &$crate::store::events::Event = $event;
        let done = sqlx::query($crate::store::events::INSERT)
            .bind(&event.id)
            .bind(event.at)
            .bind(&event.kind)
            .bind(&event.session_id)
            .bind($crate::store::types::JsonText(&event.data))
            .execute(&mut *$tx)
            .await?;
        if done.rows_affected() == 1 {
            $crate::store::webhooks::write_deliveries!($tx, event);
        }
    }};
}
pub(super) use write_event;

pub(super) const INSERT: &str = "insert into events (id, at, kind, session_id, data) values ($1, $2, $3, $4, $5) \
                                 on conflict (id) do nothing";

/// Keeps events, in one write, and with each its deliveries to webhooks: none is lost between the two. An event that is there already is
/// left as it is.
pub async fn append(db: &Db, events: &[Event]) -> Result<()> {
    in_transaction!(db, |tx| {
        let heard: bool = sqlx::query_scalar("select exists (select 1 from webhooks where enabled)")
            .fetch_one(&mut *tx)
            .await?;
        for e in events {
            let done = sqlx::query(INSERT)
                .bind(&e.id)
                .bind(e.at)
                .bind(&e.kind)
                .bind(&e.session_id)
                .bind(JsonText(&e.data))
                .execute(&mut *tx)
                .await?;
            if heard && done.rows_affected() == 1 {
                write_deliveries!(tx, e);
            }
        }
    });
    Ok(())
}

/// Events after one, oldest first, `limit` at most. An empty `after` begins at the oldest kept.
pub async fn after(db: &Db, after: &str, limit: i64) -> Result<Vec<Event>> {
    let sql = "select id, at, kind, session_id, data from events where id > $1 order by id limit $2";
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(after)
        .bind(limit)
        .fetch_all(x)
        .await)?)
}

/// One event by its id.
pub async fn get(db: &Db, id: &str) -> Result<Event> {
    let sql = "select id, at, kind, session_id, data from events where id = $1";
    Ok(on_read!(db, |x| sqlx::query_as(sql).bind(id).fetch_one(x).await)?)
}

/// A session's timeline, oldest first.
pub async fn of_session(db: &Db, session_id: &str) -> Result<Vec<Event>> {
    let sql = "select id, at, kind, session_id, data from events where session_id = $1 order by id";
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(session_id)
        .fetch_all(x)
        .await)?)
}

/// Forgets events before `before` that no webhook still waits for; answers how many. A batch at a time: calls that end meanwhile do not
/// wait for all of it.
pub async fn sweep(db: &Db, before: i64) -> Result<u64> {
    let sql = "delete from events where id in (select id from events where at < $1 \
               and id not in (select key from jobs where kind = 'webhook' and state <> 'done') order by at limit $2)";
    let mut swept = 0;
    loop {
        let rows = on_write!(db, |x| sqlx::query(sql)
            .bind(before)
            .bind(SWEEP_BATCH)
            .execute(x)
            .await
            .map(|done| done.rows_affected()))?;
        swept += rows;
        if rows < SWEEP_BATCH.unsigned_abs() {
            return Ok(swept);
        }
    }
}
