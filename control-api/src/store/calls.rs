//! Calls: one row for each attempt to connect a session to a target.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use trunkline_gateway::flow::{CallStatus, Outcome};

use super::events::{Event, write_event};
use super::grants::Reach;
use super::stats::{EndedCall, Tally, write_tally};
use super::types::word;
use super::{Db, Page, Paged, Result, in_transaction, on_read, on_write};

/// One call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromRow)]
pub struct Call {
    /// UUID.
    pub id: String,
    /// Its session.
    pub session_id: String,
    /// Its campaign.
    pub campaign_id: String,
    /// `us:bioguide:S000148`
    pub target_key: String,
    /// Which target of the session's list, from 0.
    pub target_index: i64,
    /// The office called; empty for the main number.
    pub office_uid: String,
    /// `caller_proved` or `campaign`: whose number the target saw.
    pub caller_id_reason: String,
    /// `queued ringing in-progress completed busy failed no-answer canceled unknown`
    pub status: String,
    /// `talked`, `skipped`, …; none while it runs.
    pub outcome: Option<String>,
    /// Dialled.
    pub started_at: i64,
    /// Over.
    pub ended_at: Option<i64>,
    /// From the target's answer to the end.
    pub duration_ms: Option<i64>,
}

macro_rules! columns {
    () => {
        "id, session_id, campaign_id, target_key, target_index, office_uid, caller_id_reason, status, outcome, \
         started_at, ended_at, duration_ms"
    };
}

/// Writes a call that began. Told twice, it is written once; one that is over stays over.
pub async fn start(db: &Db, c: &Call) -> Result<()> {
    let sql = concat!(
        "insert into calls (",
        columns!(),
        ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (id) do nothing"
    );
    on_write!(db, |x| sqlx::query(sql)
        .bind(&c.id)
        .bind(&c.session_id)
        .bind(&c.campaign_id)
        .bind(&c.target_key)
        .bind(c.target_index)
        .bind(&c.office_uid)
        .bind(&c.caller_id_reason)
        .bind(&c.status)
        .bind(&c.outcome)
        .bind(c.started_at)
        .bind(c.ended_at)
        .bind(c.duration_ms)
        .execute(x)
        .await
        .map(drop))?;
    Ok(())
}

/// Notes a status of a call that is not over yet: `ringing`, `in-progress`.
pub async fn set_status(db: &Db, id: &str, status: CallStatus) -> Result<()> {
    let sql = "update calls set status = $2 where id = $1 and ended_at is null";
    on_write!(db, |x| sqlx::query(sql)
        .bind(id)
        .bind(word(&status))
        .execute(x)
        .await
        .map(drop))?;
    Ok(())
}

macro_rules! ended_columns {
    () => {
        "session_id, campaign_id, (select s.ref from sessions s where s.id = calls.session_id) as reference, \
         target_key, status, outcome, started_at, duration_ms"
    };
}
pub(super) use ended_columns;

/// Ends a call, once: answers `false` when it was over before (or never began), and changes nothing then. The end that the node
/// itself reports goes over the `node_lost` that a peer wrote for it. The statistics count it, and `told` is written, in the
/// same transaction.
pub async fn end(
    db: &Db,
    id: &str,
    status: CallStatus,
    outcome: Outcome,
    duration_ms: i64,
    now: i64,
    told: Option<&Event>,
) -> Result<bool> {
    const SET: &str =
        "update calls set status = $2, outcome = $3, duration_ms = $4, ended_at = $5 where id = $1";
    let open = concat!(
        "update calls set status = $2, outcome = $3, duration_ms = $4, ended_at = $5 where id = $1 and ended_at is null returning ",
        ended_columns!()
    );
    // Changes nothing, but holds the row until its other end is written.
    let lost = concat!(
        "update calls set status = status where id = $1 and outcome = 'node_lost' returning ",
        ended_columns!()
    );
    let hold_session = "update sessions set ref = ref where id = $1";
    let completed =
        "select count(*) from calls where session_id = $1 and status = 'completed' and ended_at is not null";
    let (status, outcome) = (word(&status), word(&outcome));
    in_transaction!(db, |tx| {
        let mut tally = Tally::default();
        let ended: Option<EndedCall> = sqlx::query_as(open)
            .bind(id)
            .bind(&status)
            .bind(&outcome)
            .bind(duration_ms)
            .bind(now)
            .fetch_optional(&mut *tx)
            .await?;
        let (before, ended) = match ended {
            Some(ended) => (0, ended),
            None => {
                let lost: Option<EndedCall> = sqlx::query_as(lost).bind(id).fetch_optional(&mut *tx).await?;
                let Some(lost) = lost else { return Ok(false) };
                sqlx::query(SET)
                    .bind(id)
                    .bind(&status)
                    .bind(&outcome)
                    .bind(duration_ms)
                    .bind(now)
                    .execute(&mut *tx)
                    .await?;
                tally.call(&lost, -1);
                let ended = EndedCall {
                    status: status.clone(),
                    outcome: Some(outcome.clone()),
                    duration_ms: Some(duration_ms),
                    ..lost.clone()
                };
                (i64::from(lost.is_completed()), ended)
            }
        };
        tally.call(&ended, 1);
        let more = i64::from(ended.is_completed()) - before;
        if more != 0 {
            // Calls of one session are counted one after the other.
            sqlx::query(hold_session)
                .bind(&ended.session_id)
                .execute(&mut *tx)
                .await?;
            let now: i64 = sqlx::query_scalar(completed)
                .bind(&ended.session_id)
                .fetch_one(&mut *tx)
                .await?;
            tally.completed_calls(&ended.campaign_id, now - more, now);
        }
        write_tally!(tx, tally);
        if let Some(told) = told {
            write_event!(tx, told);
        }
    });
    Ok(true)
}

/// One call by its id.
pub async fn get(db: &Db, id: &str) -> Result<Call> {
    let sql = concat!("select ", columns!(), " from calls where id = $1");
    Ok(on_read!(db, |x| sqlx::query_as(sql).bind(id).fetch_one(x).await)?)
}

/// Calls of a session, in the order they were made.
pub async fn of_session(db: &Db, session_id: &str) -> Result<Vec<Call>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from calls where session_id = $1 order by started_at, id"
    );
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(session_id)
        .fetch_all(x)
        .await)?)
}

/// What a list of calls is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// One campaign.
    pub campaign_id: Option<String>,
    /// One session.
    pub session_id: Option<String>,
    /// One status.
    pub status: Option<String>,
    /// Started at or after.
    pub since: Option<i64>,
    /// Started before.
    pub until: Option<i64>,
    /// Only those of campaigns within reach.
    pub reach: Reach,
}

/// Calls, newest first.
pub async fn list(db: &Db, filter: &Filter, page: &Page) -> Result<Paged<Call>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from calls where ($1 is null or id < $1) and ($2 is null or campaign_id = $2) \
         and ($3 is null or session_id = $3) and ($4 is null or status = $4) \
         and ($5 is null or started_at >= $5) and ($6 is null or started_at < $6) \
         and ($7 is null or campaign_id in (select campaign_id from grants where owner = $7)) order by id desc limit $8"
    );
    let rows = on_read!(db, |x| sqlx::query_as(sql)
        .bind(&page.after)
        .bind(&filter.campaign_id)
        .bind(&filter.session_id)
        .bind(&filter.status)
        .bind(filter.since)
        .bind(filter.until)
        .bind(filter.reach.owner())
        .bind(page.rows() + 1)
        .fetch_all(x)
        .await)?;
    Ok(Paged::cut(rows, page, |c: &Call| c.id.clone()))
}

/// Calls that started in a span, oldest first, after the one whose `started_at` and id are given: for exports, page by page.
pub async fn oldest_first(
    db: &Db,
    filter: &Filter,
    after: Option<(i64, String)>,
    limit: i64,
) -> Result<Vec<Call>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from calls where (started_at > $1 or (started_at = $1 and id > $2)) and started_at < $3 \
         and ($4 is null or campaign_id = $4) and ($5 is null or session_id = $5) and ($6 is null or status = $6) \
         order by started_at, id limit $7"
    );
    let (at, id) = after.unwrap_or((filter.since.unwrap_or(i64::MIN), String::new()));
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(at)
        .bind(&id)
        .bind(filter.until.unwrap_or(i64::MAX))
        .bind(&filter.campaign_id)
        .bind(&filter.session_id)
        .bind(&filter.status)
        .bind(limit)
        .fetch_all(x)
        .await)?)
}
