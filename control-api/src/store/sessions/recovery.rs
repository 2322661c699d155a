//! What a dead node left behind: its sessions are closed, its claims go back, and nobody is dialled twice (DESIGN.md 6).

use sqlx::FromRow;

use super::super::calls;
use super::super::nodes::Node;
use super::super::stats::{EndedCall, EndedSession, Tally, write_tally};
use super::super::{Db, Result, in_transaction};
use super::ended_columns;

/// A session that a node lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The session.
    pub id: String,
    /// Its campaign, whose settings say whether it is dialled again.
    pub campaign_id: String,
    /// Where it stood.
    pub step: String,
}

const RELEASE: &str = "update sessions set state = 'queued', node = null, lease_until = 0 where state = 'claimed' and node = $1";

const CLOSE_CALLS: &str = concat!(
    "update calls set status = 'unknown', outcome = 'node_lost', ended_at = $2, \
     duration_ms = coalesce(duration_ms, 0) where ended_at is null and session_id in \
     (select id from sessions where state in ('dialling', 'live') and node = $1) returning ",
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

/// Releases and closes what a node had, within a transaction; answers the sessions.
macro_rules! close {
    ($tx:ident, $node:expr, $now:expr) => {{
        sqlx::query(RELEASE).bind($node).execute(&mut *$tx).await?;
        let mut tally = Tally::default();
        let calls: Vec<EndedCall> = sqlx::query_as(CLOSE_CALLS)
            .bind($node)
            .bind($now)
            .fetch_all(&mut *$tx)
            .await?;
        calls.iter().for_each(|call| tally.call(call, 1));
        let sessions: Vec<Closed> = sqlx::query_as(CLOSE_SESSIONS)
            .bind($node)
            .bind($now)
            .fetch_all(&mut *$tx)
            .await?;
        sessions.iter().for_each(|closed| tally.session(&closed.ended, 1));
        write_tally!($tx, tally);
        sessions
    }};
}

/// Closes what `node` had under way when it started anew: sessions that were dialling or live end as `unknown`, their open calls
/// as `unknown` with outcome `node_lost`, claims go back to the queue. To be called before the node claims anything.
pub async fn close_lost(db: &Db, node: &str, now: i64) -> Result<Vec<Lost>> {
    let closed: Vec<Closed> = in_transaction!(db, |tx| { close!(tx, node, now) });
    Ok(lost(closed))
}

/// The same for a peer that [`crate::store::nodes::Watch`] calls dead, and forgets it. Does nothing when it has beaten since, or another
/// peer was first.
pub async fn close_lost_peer(db: &Db, peer: &Node, now: i64) -> Result<Vec<Lost>> {
    let forget = "delete from nodes where id = $1 and seen_at = $2";
    let known = "select count(*) from nodes where id = $1";
    let closed: Vec<Closed> = in_transaction!(db, |tx| {
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
        close!(tx, &peer.id, now)
    });
    Ok(lost(closed))
}

fn lost(closed: Vec<Closed>) -> Vec<Lost> {
    let mut lost: Vec<Lost> = closed
        .into_iter()
        .map(|closed| Lost {
            id: closed.id,
            campaign_id: closed.ended.campaign_id,
            step: closed.ended.step,
        })
        .collect();
    lost.sort_by(|a, b| a.id.cmp(&b.id));
    lost
}
