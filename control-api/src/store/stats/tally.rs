//! What the end of a call or session adds to the counters, gathered first and written in the order of their keys: two writers that
//! touch the same counters take them in the same order and never wait for each other in a ring.

use std::collections::BTreeMap;

use sqlx::FromRow;

use super::{DAY_MS, TIMES, floor};

/// Counters written in one statement, far below what either engine binds at most.
pub(in crate::store) const ROWS_A_STATEMENT: usize = 500;

/// A call that is over, as far as it is counted.
#[derive(Clone, Debug, FromRow)]
pub(in crate::store) struct EndedCall {
    pub(in crate::store) session_id: String,
    pub(in crate::store) campaign_id: String,
    /// `ref` of its session.
    pub(in crate::store) reference: String,
    pub(in crate::store) target_key: String,
    pub(in crate::store) status: String,
    pub(in crate::store) outcome: Option<String>,
    pub(in crate::store) started_at: i64,
    pub(in crate::store) duration_ms: Option<i64>,
}

impl EndedCall {
    /// CallPower's word, whatever the outcome.
    pub(in crate::store) fn is_completed(&self) -> bool {
        self.status == "completed"
    }
}

/// A session that is over, as far as it is counted.
#[derive(Clone, Debug, FromRow)]
pub(in crate::store) struct EndedSession {
    pub(in crate::store) campaign_id: String,
    #[sqlx(rename = "ref")]
    pub(in crate::store) reference: String,
    pub(in crate::store) status: String,
    pub(in crate::store) step: String,
    pub(in crate::store) queued_at: i64,
    pub(in crate::store) answered_at: Option<i64>,
    pub(in crate::store) queue_delay_ms: Option<i64>,
}

/// Key of a counter of calls: campaign, series, key, at, status, outcome.
type CallKey = (String, &'static str, String, i64, String, String);
/// Calls, and the time talked.
type CallSums = [i64; 2];
/// Key of a counter of sessions: campaign, series, key, at, status.
type SessionKey = (String, &'static str, String, i64, String);
/// Sessions, answered ones, ones that waited, and their wait.
type SessionSums = [i64; 4];
/// Key of a referral's counters: campaign, code.
type RefKey = (String, String);
/// Sessions, calls, completed ones, talked ones.
type RefSums = [i64; 4];

/// Changes of counters.
#[derive(Debug, Default)]
pub(in crate::store) struct Tally {
    calls: BTreeMap<CallKey, CallSums>,
    sessions: BTreeMap<SessionKey, SessionSums>,
    refs: BTreeMap<RefKey, RefSums>,
}

impl Tally {
    /// Counts a call: `by` is 1, or -1 to take back what was counted before its row is overwritten.
    pub(in crate::store) fn call(&mut self, call: &EndedCall, by: i64) {
        let outcome = call.outcome.clone().unwrap_or_default();
        let sums = [by, by * call.duration_ms.unwrap_or(0)];
        let mut add = |series, key: &str, at| {
            let key = (
                call.campaign_id.clone(),
                series,
                key.to_owned(),
                at,
                call.status.clone(),
                outcome.clone(),
            );
            sum(self.calls.entry(key).or_default(), sums);
        };
        add("all", "", 0);
        for (series, step_ms) in TIMES {
            add(series, "", floor(call.started_at, step_ms));
        }
        add("target", &call.target_key, 0);
        add("target_day", &call.target_key, floor(call.started_at, DAY_MS));
        let completed = if call.is_completed() { by } else { 0 };
        let talked = if outcome == "talked" { by } else { 0 };
        self.reference(&call.campaign_id, &call.reference, [0, by, completed, talked]);
    }

    /// Counts a session.
    pub(in crate::store) fn session(&mut self, session: &EndedSession, by: i64) {
        let answered = if session.answered_at.is_some() { by } else { 0 };
        let (waited, wait_ms) = session.queue_delay_ms.map_or((0, 0), |ms| (by, by * ms));
        let sums = [by, answered, waited, wait_ms];
        let mut add = |series, key: &str, at| {
            let key = (
                session.campaign_id.clone(),
                series,
                key.to_owned(),
                at,
                session.status.clone(),
            );
            sum(self.sessions.entry(key).or_default(), sums);
        };
        add("all", "", 0);
        for (series, step_ms) in TIMES {
            add(series, "", floor(session.queued_at, step_ms));
        }
        add("step", &session.step, 0);
        self.reference(&session.campaign_id, &session.reference, [by, 0, 0, 0]);
    }

    /// A session has `after` completed calls now, and had `before`.
    pub(in crate::store) fn completed_calls(&mut self, campaign_id: &str, before: i64, after: i64) {
        for (calls, by) in [(before, -1), (after, 1)] {
            if calls > 0 {
                let key = (
                    campaign_id.to_owned(),
                    "calls",
                    String::new(),
                    calls,
                    String::new(),
                );
                sum(self.sessions.entry(key).or_default(), [by, 0, 0, 0]);
            }
        }
    }

    fn reference(&mut self, campaign_id: &str, reference: &str, sums: RefSums) {
        let key = (campaign_id.to_owned(), reference.to_owned());
        sum(self.refs.entry(key).or_default(), sums);
    }

    /// Counters of calls that change, in order.
    pub(in crate::store) fn calls(&self) -> Vec<(&CallKey, &CallSums)> {
        self.calls.iter().filter(|(_, sums)| changes(*sums)).collect()
    }

    /// Counters of sessions that change, in order.
    pub(in crate::store) fn sessions(&self) -> Vec<(&SessionKey, &SessionSums)> {
        self.sessions.iter().filter(|(_, sums)| changes(*sums)).collect()
    }

    /// Counters of referrals that change, in order.
    pub(in crate::store) fn refs(&self) -> Vec<(&RefKey, &RefSums)> {
        self.refs.iter().filter(|(_, sums)| changes(*sums)).collect()
    }
}

fn sum<const N: usize>(sums: &mut [i64; N], by: [i64; N]) {
    for (sum, by) in sums.iter_mut().zip(by) {
        *sum += by;
    }
}

fn changes(sums: &[i64]) -> bool {
    sums.iter().any(|&by| by != 0)
}

/// Writes a tally within a transaction. The rows that were ended come first in it, then this: everybody takes locks in that order.
macro_rules! write_tally {
    ($tx:ident, $tally:expr) => {{
        use $crate::store::stats::ROWS_A_STATEMENT;
        for rows in $tally.calls().chunks(ROWS_A_STATEMENT) {
            let mut sql = sqlx::QueryBuilder::new(
                "insert into stats_calls (campaign_id, series, key, at, status, outcome, calls, talk_ms) ",
            );
            sql.push_values(rows, |mut row, (key, sums)| {
                row.push_bind(key.0.clone()).push_bind(key.1).push_bind(key.2.clone());
                row.push_bind(key.3).push_bind(key.4.clone()).push_bind(key.5.clone());
                row.push_bind(sums[0]).push_bind(sums[1]);
            });
            sql.push(
                " on conflict (campaign_id, series, key, at, status, outcome) do update set \
                 calls = stats_calls.calls + excluded.calls, talk_ms = stats_calls.talk_ms + excluded.talk_ms",
            );
            sql.build().execute(&mut *$tx).await?;
        }
        for rows in $tally.refs().chunks(ROWS_A_STATEMENT) {
            let mut sql = sqlx::QueryBuilder::new(
                "insert into stats_refs (campaign_id, ref, sessions, calls, completed, talked) ",
            );
            sql.push_values(rows, |mut row, (key, sums)| {
                row.push_bind(key.0.clone()).push_bind(key.1.clone());
                row.push_bind(sums[0]).push_bind(sums[1]).push_bind(sums[2]).push_bind(sums[3]);
            });
            sql.push(
                " on conflict (campaign_id, ref) do update set sessions = stats_refs.sessions + excluded.sessions, \
                 calls = stats_refs.calls + excluded.calls, completed = stats_refs.completed + excluded.completed, \
                 talked = stats_refs.talked + excluded.talked",
            );
            sql.build().execute(&mut *$tx).await?;
        }
        for rows in $tally.sessions().chunks(ROWS_A_STATEMENT) {
            let mut sql = sqlx::QueryBuilder::new(
                "insert into stats_sessions (campaign_id, series, key, at, status, sessions, answered, waited, wait_ms) ",
            );
            sql.push_values(rows, |mut row, (key, sums)| {
                row.push_bind(key.0.clone()).push_bind(key.1).push_bind(key.2.clone());
                row.push_bind(key.3).push_bind(key.4.clone());
                row.push_bind(sums[0]).push_bind(sums[1]).push_bind(sums[2]).push_bind(sums[3]);
            });
            sql.push(
                " on conflict (campaign_id, series, key, at, status) do update set \
                 sessions = stats_sessions.sessions + excluded.sessions, \
                 answered = stats_sessions.answered + excluded.answered, \
                 waited = stats_sessions.waited + excluded.waited, wait_ms = stats_sessions.wait_ms + excluded.wait_ms",
            );
            sql.build().execute(&mut *$tx).await?;
        }
    }};
}
pub(in crate::store) use write_tally;
