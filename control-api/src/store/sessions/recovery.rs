//! What a dead node left behind: its sessions are closed, its claims go back, and nobody is dialled twice (DESIGN.md 6).

use sqlx::FromRow;

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

/// Closes what `node` had under way when it started anew: sessions that were dialling or live end as `unknown`, their open calls
/// as `unknown` with outcome `node_lost`, claims go back to the queue. To be called before the node claims anything.
pub async fn close_lost(db: &Db, node: &str, now: i64) -> Result<Vec<Lost>> {
    close(db, Some(node), now, 0).await
}

/// The same for every node that was not seen since `seen_before`, and forgets those nodes.
pub async fn close_lost_peers(db: &Db, seen_before: i64, now: i64) -> Result<Vec<Lost>> {
    close(db, None, now, seen_before).await
}

macro_rules! dead {
    () => {
        "(node = $2 or ($2 is null and node in (select id from nodes where seen_at < $3)))"
    };
}

async fn close(db: &Db, node: Option<&str>, now: i64, seen_before: i64) -> Result<Vec<Lost>> {
    let release = concat!(
        "update sessions set state = 'queued', node = null, lease_until = 0 \
         where state = 'claimed' and $1 >= 0 and ",
        dead!()
    );
    let calls = concat!(
        "update calls set status = 'unknown', outcome = 'node_lost', ended_at = $1, \
         duration_ms = case when duration_ms is null then 0 else duration_ms end \
         where ended_at is null and session_id in \
         (select id from sessions where state in ('dialling', 'live') and ",
        dead!(),
        ")"
    );
    let sessions = concat!(
        "update sessions set state = 'ended', status = 'unknown', ended_at = $1, lease_until = 0, \
         duration_ms = case when started_at is null then 0 when $1 > started_at then $1 - started_at else 0 end \
         where state in ('dialling', 'live') and ",
        dead!(),
        " returning id, campaign_id, step"
    );
    let mut lost: Vec<Lost> = in_transaction!(db, |tx| {
        sqlx::query(release)
            .bind(now)
            .bind(node)
            .bind(seen_before)
            .execute(&mut *tx)
            .await?;
        sqlx::query(calls)
            .bind(now)
            .bind(node)
            .bind(seen_before)
            .execute(&mut *tx)
            .await?;
        let lost = sqlx::query_as(sessions)
            .bind(now)
            .bind(node)
            .bind(seen_before)
            .fetch_all(&mut *tx)
            .await?;
        if node.is_none() {
            sqlx::query("delete from nodes where seen_at < $1")
                .bind(seen_before)
                .execute(&mut *tx)
                .await?;
        }
        lost
    });
    lost.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(lost)
}
