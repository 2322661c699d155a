//! Past sessions and calls brought from another system: written in batches and counted in the same transaction, each once, so that a run
//! that was cut off goes on where it was.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::QueryBuilder;

use super::calls::{Call, ended_columns};
use super::sessions::{self, Session};
use super::stats::{EndedCall, EndedSession, Tally, write_tally};
use super::types::JsonText;
use super::{Db, Result, in_transaction, on_read};

/// Rows of one statement: 26 columns of each stay below what either engine binds at most.
const ROWS: usize = 500;

/// Adds sessions that are over, but for those that are there. Answers how many were added.
pub async fn add_sessions(db: &Db, rows: &[Session]) -> Result<u64> {
    let insert = concat!("insert into sessions (", sessions::columns!(), ") ");
    let counted = " on conflict (id) do nothing returning campaign_id, ref, status, step, queued_at, answered_at, queue_delay_ms";
    let added = in_transaction!(db, |tx| {
        let mut tally = Tally::default();
        let mut added = 0;
        for rows in rows.chunks(ROWS) {
            let mut sql = QueryBuilder::new(insert);
            sql.push_values(rows, |mut row, s| {
                row.push_bind(&s.id)
                    .push_bind(&s.campaign_id)
                    .push_bind(s.direction)
                    .push_bind(s.state);
                row.push_bind(&s.status)
                    .push_bind(&s.step)
                    .push_bind(&s.phone_hash)
                    .push_bind(&s.phone_enc);
                row.push_bind(&s.phone_last2)
                    .push_bind(&s.country)
                    .push_bind(&s.reference);
                row.push_bind(&s.location)
                    .push_bind(&s.caller_id)
                    .push_bind(s.record);
                row.push_bind(JsonText(&s.targets))
                    .push_bind(&s.node)
                    .push_bind(s.lease_until);
                row.push_bind(s.not_before_at)
                    .push_bind(s.attempts)
                    .push_bind(s.queued_at);
                row.push_bind(s.started_at)
                    .push_bind(s.answered_at)
                    .push_bind(s.ended_at);
                row.push_bind(s.queue_delay_ms)
                    .push_bind(s.duration_ms)
                    .push_bind(JsonText(&s.target_keys));
            });
            sql.push(counted);
            let new: Vec<EndedSession> = sql.build_query_as().fetch_all(&mut *tx).await?;
            for session in &new {
                tally.session(session, 1);
                added += 1;
            }
        }
        write_tally!(tx, tally);
        added
    });
    Ok(added)
}

/// Adds calls that are over, but for those that are there. Their sessions must be there. Answers how many were added.
pub async fn add_calls(db: &Db, rows: &[Call]) -> Result<u64> {
    let insert = "insert into calls (id, session_id, campaign_id, target_key, target_index, office_uid, caller_id_reason, \
                  status, outcome, started_at, ended_at, duration_ms) ";
    let counted = concat!(" on conflict (id) do nothing returning ", ended_columns!());
    let completed = "select campaign_id, session_id, count(*) from calls where status = 'completed' and ended_at is not null \
                     and session_id in (";
    let added = in_transaction!(db, |tx| {
        let mut tally = Tally::default();
        let mut more: BTreeMap<(String, String), i64> = BTreeMap::new();
        let mut added = 0;
        for rows in rows.chunks(ROWS) {
            let mut sql = QueryBuilder::new(insert);
            sql.push_values(rows, |mut row, c| {
                row.push_bind(&c.id)
                    .push_bind(&c.session_id)
                    .push_bind(&c.campaign_id)
                    .push_bind(&c.target_key);
                row.push_bind(c.target_index)
                    .push_bind(&c.office_uid)
                    .push_bind(&c.caller_id_reason);
                row.push_bind(&c.status)
                    .push_bind(&c.outcome)
                    .push_bind(c.started_at);
                row.push_bind(c.ended_at).push_bind(c.duration_ms);
            });
            sql.push(counted);
            let new: Vec<EndedCall> = sql.build_query_as().fetch_all(&mut *tx).await?;
            for call in &new {
                tally.call(call, 1);
                added += 1;
                if call.is_completed() {
                    let key = (call.session_id.clone(), call.campaign_id.clone());
                    *more.entry(key).or_default() += 1;
                }
            }
        }
        let sessions: BTreeSet<&String> = more.keys().map(|(session, _)| session).collect();
        let sessions: Vec<&String> = sessions.into_iter().collect();
        for sessions in sessions.chunks(ROWS) {
            let mut sql = QueryBuilder::new(completed);
            let mut list = sql.separated(", ");
            for session in sessions {
                list.push_bind(*session);
            }
            sql.push(") group by campaign_id, session_id");
            let counts: Vec<(String, String, i64)> = sql.build_query_as().fetch_all(&mut *tx).await?;
            for (campaign, session, now) in counts {
                if let Some(new) = more.get(&(session, campaign.clone())) {
                    tally.completed_calls(&campaign, now - new, now);
                }
            }
        }
        write_tally!(tx, tally);
        added
    });
    Ok(added)
}

/// How many of these sessions are there.
pub async fn sessions_there(db: &Db, rows: &[Session]) -> Result<u64> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    there(db, "select count(*) from sessions where id in (", &ids).await
}

/// How many of these calls are there.
pub async fn calls_there(db: &Db, rows: &[Call]) -> Result<u64> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    there(db, "select count(*) from calls where id in (", &ids).await
}

async fn there(db: &Db, select: &'static str, ids: &[&str]) -> Result<u64> {
    let mut there = 0;
    for ids in ids.chunks(ROWS) {
        let count: i64 = on_read!(db, |x| {
            let mut sql = QueryBuilder::new(select);
            let mut list = sql.separated(", ");
            for id in ids {
                list.push_bind(*id);
            }
            sql.push(")");
            sql.build_query_scalar().fetch_one(x).await
        })?;
        there += u64::try_from(count).unwrap_or(0);
    }
    Ok(there)
}
