//! What a dead node left behind: its sessions are closed, its claims go back, and nobody is dialled twice (DESIGN.md 6).

use std::collections::BTreeMap;

use sqlx::FromRow;

use super::super::calls;
use super::super::crm::write_crm_job;
use super::super::events::{self, Event, write_event};
use super::super::nodes::Node;
use super::super::stats::{EndedCall, EndedSession, Tally, write_tally};
use super::super::{Db, Result, in_transaction};
use super::ended_columns;

/// A session that a node lost.
#[derive(Clone, Debug, PartialEq)]
pub struct Lost {
    /// The session.
    pub id: String,
    /// Its campaign, whose settings say whether it is dialled again.
    pub campaign_id: String,
    /// Where it stood.
    pub step: String,
    /// What was written of its end: `call.ended` of each open call, then `session.ended`.
    pub told: Vec<Event>,
}

/// Makes ids of events (see `clock`).
pub type NewId<'a> = dyn Fn() -> String + Send + Sync + 'a;

const RELEASE: &str = "update sessions set state = 'queued', node = null, lease_until = 0 where state = 'claimed' and node = $1";

const CLOSE_CALLS: &str = concat!(
    "update calls set status = 'unknown', outcome = 'node_lost', ended_at = $2, \
     duration_ms = coalesce(duration_ms, 0) where ended_at is null and session_id in \
     (select id from sessions where state in ('dialling', 'live') and node = $1) returning id, target_index, ",
    calls::ended_columns!()
);

const CLOSE_SESSIONS: &str = concat!(
    "update sessions set state = 'ended', status = 'unknown', ended_at = $2, lease_until = 0, \
     duration_ms = case when started_at is null then 0 when $2 > started_at then $2 - started_at else 0 end \
     where state in ('dialling', 'live') and node = $1 returning id, ",
    ended_columns!()
);

/// A session that is closed, for its owner and for the statistics.
#[derive(FromRow)]
struct Closed {
    id: String,
    #[sqlx(flatten)]
    ended: EndedSession,
}

/// A call that is closed with its session.
#[derive(FromRow)]
struct ClosedCall {
    id: String,
    target_index: i64,
    #[sqlx(flatten)]
    ended: EndedCall,
}

/// Releases and closes what a node had and tells of it, within a transaction; answers the sessions.
macro_rules! close {
    ($tx:ident, $node:expr, $now:expr, $new_id:expr) => {{
        sqlx::query(RELEASE).bind($node).execute(&mut *$tx).await?;
        let mut tally = Tally::default();
        let calls: Vec<ClosedCall> = sqlx::query_as(CLOSE_CALLS)
            .bind($node)
            .bind($now)
            .fetch_all(&mut *$tx)
            .await?;
        calls.iter().for_each(|call| tally.call(&call.ended, 1));
        let sessions: Vec<Closed> = sqlx::query_as(CLOSE_SESSIONS)
            .bind($node)
            .bind($now)
            .fetch_all(&mut *$tx)
            .await?;
        sessions.iter().for_each(|closed| tally.session(&closed.ended, 1));
        write_tally!($tx, tally);
        let lost = lost(sessions, &calls, $now, $new_id);
        for event in lost.iter().flat_map(|lost| &lost.told) {
            write_event!($tx, event);
        }
        for one in &lost {
            write_crm_job!($tx, &one.id, $now);
        }
        lost
    }};
}

/// Closes what `node` had under way when it started anew: sessions that were dialling or live end as `unknown`, their open calls
/// as `unknown` with outcome `node_lost`, claims go back to the queue. Who listens is told in the same transaction. To be called before
/// the node claims anything.
pub async fn close_lost(db: &Db, node: &str, now: i64, new_id: &NewId<'_>) -> Result<Vec<Lost>> {
    Ok(in_transaction!(db, |tx| { close!(tx, node, now, new_id) }))
}

/// The same for a peer that [`crate::store::nodes::Watch`] calls dead, and forgets it. Does nothing when it has beaten since, or another
/// peer was first.
pub async fn close_lost_peer(db: &Db, peer: &Node, now: i64, new_id: &NewId<'_>) -> Result<Vec<Lost>> {
    let forget = "delete from nodes where id = $1 and seen_at = $2";
    let known = "select count(*) from nodes where id = $1";
    Ok(in_transaction!(db, |tx| {
        let done = sqlx::query(forget)
            .bind(&peer.id)
            .bind(peer.seen_at)
            .execute(&mut *tx)
            .await?;
        let left: i64 = sqlx::query_scalar(known)
            .bind(&peer.id)
            .fetch_one(&mut *tx)
            .await?;
        // A peer that only sessions name has no row: a beat of 0, and none now.
        if left > 0 || (done.rows_affected() == 0 && peer.seen_at != 0) {
            return Ok(Vec::new());
        }
        close!(tx, &peer.id, now, new_id)
    }))
}

fn lost(mut closed: Vec<Closed>, calls: &[ClosedCall], now: i64, new_id: &NewId<'_>) -> Vec<Lost> {
    closed.sort_by(|a, b| a.id.cmp(&b.id));
    let mut calls_of: BTreeMap<&str, Vec<&ClosedCall>> = BTreeMap::new();
    for call in calls {
        calls_of.entry(&call.ended.session_id).or_default().push(call);
    }
    let one = |Closed { id, ended }: Closed| {
        let own = calls_of.remove(id.as_str()).unwrap_or_default();
        let mut told: Vec<Event> = own.iter().map(|call| call_ended(call, now, new_id())).collect();
        told.push(events::session_ended(
            new_id(),
            now,
            &id,
            &ended.status,
            &ended.step,
        ));
        Lost {
            id,
            campaign_id: ended.campaign_id,
            step: ended.step,
            told,
        }
    };
    closed.into_iter().map(one).collect()
}

fn call_ended(call: &ClosedCall, now: i64, id: String) -> Event {
    let end = events::CallEnd {
        call_id: &call.id,
        index: call.target_index,
        status: &call.ended.status,
        outcome: call.ended.outcome.as_deref().unwrap_or_default(),
        duration_ms: call.ended.duration_ms.unwrap_or_default(),
    };
    events::call_ended(id, now, &call.ended.session_id, &end)
}
