//! What a dead node left behind: its sessions are closed, its claims go back, and nobody is dialled twice (DESIGN.md 6).

use sqlx::FromRow;

use super::super::nodes::Node;
use super::super::{Db, Result, in_transaction};

/// A session that a node lost.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Lost {
    /// The session.
    pub id: String,
    /// Its campaign, whose settings say whether it is dialled again.
    pub campaign_id: String,
    /// Where it stood.
    pub step: String,
}

const RELEASE: &str = "update sessions set state = 'queued', node = null, lease_until = 0 where state = 'claimed' and node = $1";

const CLOSE_CALLS: &str = "update calls set status = 'unknown', outcome = 'node_lost', ended_at = $2, \
     duration_ms = coalesce(duration_ms, 0) where ended_at is null and session_id in \
     (select id from sessions where state in ('dialling', 'live') and node = $1)";

const CLOSE_SESSIONS: &str = "update sessions set state = 'ended', status = 'unknown', ended_at = $2, lease_until = 0, \
     duration_ms = case when started_at is null then 0 when $2 > started_at then $2 - started_at else 0 end \
     where state in ('dialling', 'live') and node = $1 returning id, campaign_id, step";

/// Closes what `node` had under way when it started anew: sessions that were dialling or live end as `unknown`, their open calls
/// as `unknown` with outcome `node_lost`, claims go back to the queue. To be called before the node claims anything.
pub async fn close_lost(db: &Db, node: &str, now: i64) -> Result<Vec<Lost>> {
    let mut lost: Vec<Lost> = in_transaction!(db, |tx| {
        sqlx::query(RELEASE).bind(node).execute(&mut *tx).await?;
        sqlx::query(CLOSE_CALLS)
            .bind(node)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        sqlx::query_as(CLOSE_SESSIONS)
            .bind(node)
            .bind(now)
            .fetch_all(&mut *tx)
            .await?
    });
    lost.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(lost)
}

/// The same for a peer that [`crate::store::nodes::Watch`] calls dead, and forgets it. Does nothing when it has beaten since, or another
/// peer was first.
pub async fn close_lost_peer(db: &Db, peer: &Node, now: i64) -> Result<Vec<Lost>> {
    let forget = "delete from nodes where id = $1 and seen_at = $2";
    let known = "select count(*) from nodes where id = $1";
    let mut lost: Vec<Lost> = in_transaction!(db, |tx| {
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
        sqlx::query(RELEASE).bind(&peer.id).execute(&mut *tx).await?;
        sqlx::query(CLOSE_CALLS)
            .bind(&peer.id)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        sqlx::query_as(CLOSE_SESSIONS)
            .bind(&peer.id)
            .bind(now)
            .fetch_all(&mut *tx)
            .await?
    });
    lost.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(lost)
}
