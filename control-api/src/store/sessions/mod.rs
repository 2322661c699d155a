//! Sessions: one caller in one campaign, from the queue to the last hang-up.
//!
//! `state` is where the dispatcher has it (queued, claimed, dialling, live, ended); `status` is the word that CallPower's users know
//! (CAMPAIGNS.md 1). Claiming and dialling are in `claim`, what a dead node leaves behind in `recovery`.

mod claim;
mod recovery;

use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use trunkline_gateway::flow::{FlowOffice, FlowTarget, SessionStatus};

#[cfg(test)]
pub(crate) use claim::claim_for_plan;
pub use claim::{claim, claimed_by_node, queue_length, queue_place, release, start_dialling, undial};
pub use recovery::{Lost, NewId, close_lost, close_lost_peer};

use super::browse::{self, Statement};
use super::crm::write_crm_job;
use super::events::{Event, write_event};
use super::grants::Reach;
use super::stats::{EndedSession, Tally, write_tally};
use super::types::{JsonText, word, words};
use super::{Db, Page, Paged, Result, in_transaction, on_read, on_write, one};

words!(
    /// Where the dispatcher has a session.
    SessionState {
        /// Waits for its turn.
        Queued = "queued",
        /// A node means to dial it and has its lease.
        Claimed = "claimed",
        /// The INVITE may have left: never claimed again.
        Dialling = "dialling",
        /// The caller is on the line.
        Live = "live",
        /// Over.
        Ended = "ended",
    }
);

words!(
    /// Who called whom.
    Direction {
        /// We call the caller back.
        Outbound = "outbound",
        /// The caller dialled our number.
        Inbound = "inbound",
    }
);

/// One target of a session, as it was when the session was created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionTarget {
    /// `us:bioguide:S000148`
    pub key: String,
    /// `Senator`
    pub title: String,
    /// Whole name.
    pub name: String,
    /// How the name is said; empty: as it is written.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pronunciation: String,
    /// For the prompt; may be empty.
    pub district: String,
    /// For the prompt; may be empty.
    pub location: String,
    /// Numbers to call, best first; empty when it has none.
    pub offices: Vec<FlowOffice>,
}

impl SessionTarget {
    /// What the campaign flow needs of it.
    pub fn flow_target(&self) -> FlowTarget {
        FlowTarget {
            key: self.key.clone(),
            offices: self.offices.clone(),
        }
    }
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromRow)]
pub struct Session {
    /// UUID.
    pub id: String,
    /// Its campaign.
    pub campaign_id: String,
    /// Who called whom.
    pub direction: Direction,
    /// Where the dispatcher has it.
    pub state: SessionState,
    /// `queued ringing in-progress completed busy failed no-answer canceled unknown`
    pub status: String,
    /// Step of the flow, as the gateway reported it last.
    pub step: String,
    /// Keyed reference of the caller's number.
    pub phone_hash: String,
    /// The caller's number, encrypted; gone after the retention time.
    pub phone_enc: Option<String>,
    /// Its last two digits.
    pub phone_last2: String,
    /// The caller's country, lower case.
    pub country: String,
    /// Where the caller came from, in the organisation's words.
    #[sqlx(rename = "ref")]
    #[serde(rename = "ref")]
    pub reference: String,
    /// Postal code or what else was given or keyed.
    pub location: String,
    /// Our number that the caller sees, E.164.
    pub caller_id: Option<String>,
    /// Record it.
    pub record: bool,
    /// Whom it calls, in order, already cut.
    #[sqlx(try_from = "JsonText<Vec<SessionTarget>>")]
    pub targets: Vec<SessionTarget>,
    /// Keys of the campaign's own list that were asked for, while the caller has yet to key a location; empty is all of it.
    #[sqlx(try_from = "JsonText<Vec<String>>")]
    pub target_keys: Vec<String>,
    /// The node that has it.
    pub node: Option<String>,
    /// Until when a claim holds.
    pub lease_until: i64,
    /// Not claimed before.
    pub not_before_at: i64,
    /// Times it was dialled.
    pub attempts: i64,
    /// Created.
    pub queued_at: i64,
    /// INVITE to or from the caller.
    pub started_at: Option<i64>,
    /// The caller was on the line.
    pub answered_at: Option<i64>,
    /// Over.
    pub ended_at: Option<i64>,
    /// From queued to started.
    pub queue_delay_ms: Option<i64>,
    /// From started to ended.
    pub duration_ms: Option<i64>,
}

macro_rules! columns {
    () => {
        "id, campaign_id, direction, state, status, step, phone_hash, phone_enc, phone_last2, country, ref, \
         location, caller_id, record, targets, node, lease_until, not_before_at, attempts, queued_at, started_at, \
         answered_at, ended_at, queue_delay_ms, duration_ms, target_keys"
    };
}
pub(super) use columns;

/// The statement that adds a session; `schedules` adds one within a transaction of its own.
macro_rules! insert {
    ($s:expr) => {
        sqlx::query(concat!(
            "insert into sessions (",
            $crate::store::sessions::columns!(),
            ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, \
             $22, $23, $24, $25, $26)"
        ))
        .bind(&$s.id)
        .bind(&$s.campaign_id)
        .bind($s.direction)
        .bind($s.state)
        .bind(&$s.status)
        .bind(&$s.step)
        .bind(&$s.phone_hash)
        .bind(&$s.phone_enc)
        .bind(&$s.phone_last2)
        .bind(&$s.country)
        .bind(&$s.reference)
        .bind(&$s.location)
        .bind(&$s.caller_id)
        .bind($s.record)
        .bind($crate::store::types::JsonText(&$s.targets))
        .bind(&$s.node)
        .bind($s.lease_until)
        .bind($s.not_before_at)
        .bind($s.attempts)
        .bind($s.queued_at)
        .bind($s.started_at)
        .bind($s.answered_at)
        .bind($s.ended_at)
        .bind($s.queue_delay_ms)
        .bind($s.duration_ms)
        .bind($crate::store::types::JsonText(&$s.target_keys))
    };
}
pub(super) use insert;

/// Adds a session: `queued` for the dispatcher, or `live` when an inbound call is being answered.
/// [`super::StoreError::Reference`] when the campaign does not exist.
pub async fn create(db: &Db, s: &Session) -> Result<()> {
    on_write!(db, |x| insert!(s).execute(x).await.map(drop))?;
    Ok(())
}

/// One session by its id.
pub async fn get(db: &Db, id: &str) -> Result<Session> {
    let sql = concat!("select ", columns!(), " from sessions where id = $1");
    Ok(on_read!(db, |x| sqlx::query_as(sql).bind(id).fetch_one(x).await)?)
}

/// What a list of sessions is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// One campaign.
    pub campaign_id: Option<String>,
    /// One state.
    pub state: Option<SessionState>,
    /// Only those that have not ended.
    pub under_way: bool,
    /// One status.
    pub status: Option<String>,
    /// Where in the flow it is, or ended.
    pub step: Option<String>,
    /// One caller, by the keyed references that the number has in each campaign.
    pub phone_hashes: Option<Vec<String>>,
    /// A leg of it ran over this trunk, and has ended.
    pub trunk: Option<String>,
    /// A call of it came to this outcome.
    pub outcome: Option<String>,
    /// Created at or after.
    pub since: Option<i64>,
    /// Created before.
    pub until: Option<i64>,
    /// Only those of campaigns within reach.
    pub reach: Reach,
}

impl Filter {
    /// Which rows, newest first.
    pub(super) fn statement(&self, page: &Page) -> Statement {
        let mut sql = Statement::begin(concat!("select ", columns!(), " from sessions where 1 = 1"));
        sql.and("id < ?", page.after.as_deref());
        sql.and("campaign_id = ?", self.campaign_id.as_deref());
        sql.and("state = ?", self.state.map(SessionState::as_str));
        if self.under_way || self.state.is_some_and(|state| state != SessionState::Ended) {
            // In the words of the index that has them: they are few among the rows.
            sql.then(" and state <> 'ended'", []);
        }
        sql.and("status = ?", self.status.as_deref());
        sql.and("step = ?", self.step.as_deref());
        if let Some(hashes) = &self.phone_hashes {
            sql.and_in("phone_hash", hashes.iter().cloned());
        }
        sql.and(
            "exists (select 1 from cdrs c where c.session_id = sessions.id and c.trunk = ?)",
            self.trunk.as_deref(),
        );
        sql.and(
            "exists (select 1 from calls c where c.session_id = sessions.id and c.outcome = ?)",
            self.outcome.as_deref(),
        );
        sql.and("queued_at >= ?", self.since);
        sql.and("queued_at < ?", self.until);
        sql.and(
            "campaign_id in (select campaign_id from grants where owner = ?)",
            self.reach.owner(),
        );
        sql.then(" order by id desc limit ?", [(page.rows() + 1).into()]);
        sql
    }
}

/// The statement of a list, for the test of its plan.
#[cfg(test)]
pub(crate) fn list_for_plan(filter: &Filter) -> String {
    filter.statement(&Page::default()).text
}

/// Sessions, newest first.
pub async fn list(db: &Db, filter: &Filter, page: &Page) -> Result<Paged<Session>> {
    let rows = browse::read(db, &filter.statement(page)).await?;
    Ok(Paged::cut(rows, page, |s: &Session| s.id.clone()))
}

/// Notes status and step of a session that is under way. One that has ended is left as it is, without an error: reports may come late.
pub async fn set_step(db: &Db, id: &str, status: SessionStatus, step: &str, now: i64) -> Result<()> {
    // The caller is on the line from in-progress on; the state follows.
    let sql = "update sessions set status = $2, step = $3, \
               state = case when $2 = 'in-progress' then 'live' else state end, \
               answered_at = case when $2 = 'in-progress' then coalesce(answered_at, $4) else answered_at end \
               where id = $1 and state <> 'ended'";
    on_write!(db, |x| sqlx::query(sql)
        .bind(id)
        .bind(word(&status))
        .bind(step)
        .bind(now)
        .execute(x)
        .await
        .map(drop))?;
    Ok(())
}

/// Keeps the location that the caller keyed and the targets it led to.
pub async fn set_targets(db: &Db, id: &str, location: &str, targets: &[SessionTarget]) -> Result<()> {
    let sql = "update sessions set location = $2, targets = $3 where id = $1";
    let rows = on_write!(db, |x| sqlx::query(sql)
        .bind(id)
        .bind(location)
        .bind(JsonText(targets))
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?;
    one(rows)
}

macro_rules! ended_columns {
    () => {
        "campaign_id, ref, status, step, queued_at, answered_at, queue_delay_ms"
    };
}
use ended_columns;

/// Ends a session, once: answers `false` when it had ended before, and changes nothing then. The end that the node itself reports goes
/// over the `unknown` that a peer wrote for it. The statistics count it, and `told` is written, in the same transaction.
pub async fn end(
    db: &Db,
    id: &str,
    status: SessionStatus,
    step: &str,
    now: i64,
    told: Option<&Event>,
) -> Result<bool> {
    // No clock may make a duration negative.
    macro_rules! set {
        ($state:literal) => {
            concat!(
                "update sessions set state = 'ended', status = $2, step = $3, ended_at = $4, lease_until = 0, \
                 duration_ms = case when started_at is null then 0 when $4 > started_at then $4 - started_at else 0 end \
                 where id = $1 and ",
                $state,
                " returning ",
                ended_columns!()
            )
        };
    }
    // Changes nothing, but holds the row until its other end is written.
    let lost = concat!(
        "update sessions set status = status where id = $1 and state = 'ended' and status = 'unknown' returning ",
        ended_columns!()
    );
    let status = word(&status);
    in_transaction!(db, |tx| {
        let mut tally = Tally::default();
        let open: Option<EndedSession> = sqlx::query_as(set!("state <> 'ended'"))
            .bind(id)
            .bind(&status)
            .bind(step)
            .bind(now)
            .fetch_optional(&mut *tx)
            .await?;
        let ended = match open {
            Some(ended) => ended,
            None => {
                let lost: Option<EndedSession> =
                    sqlx::query_as(lost).bind(id).fetch_optional(&mut *tx).await?;
                let Some(lost) = lost else { return Ok(false) };
                tally.session(&lost, -1);
                sqlx::query_as(set!("state = 'ended'"))
                    .bind(id)
                    .bind(&status)
                    .bind(step)
                    .bind(now)
                    .fetch_one(&mut *tx)
                    .await?
            }
        };
        tally.session(&ended, 1);
        write_tally!(tx, tally);
        if let Some(told) = told {
            write_event!(tx, told);
        }
        write_crm_job!(tx, id, now);
    });
    Ok(true)
}

/// Takes a session out of the queue before it is dialled: answers `false` when a node is dialling it already. `told` is written in the
/// same transaction.
pub async fn cancel_queued(db: &Db, id: &str, now: i64, told: Option<&Event>) -> Result<bool> {
    let sql = concat!(
        "update sessions set state = 'ended', status = 'canceled', ended_at = $2, lease_until = 0, duration_ms = 0 \
         where id = $1 and state in ('queued', 'claimed') returning ",
        ended_columns!()
    );
    in_transaction!(db, |tx| {
        let ended: Option<EndedSession> = sqlx::query_as(sql)
            .bind(id)
            .bind(now)
            .fetch_optional(&mut *tx)
            .await?;
        let Some(ended) = ended else { return Ok(false) };
        let mut tally = Tally::default();
        tally.session(&ended, 1);
        write_tally!(tx, tally);
        if let Some(told) = told {
            write_event!(tx, told);
        }
    });
    Ok(true)
}

/// Sessions of a campaign created since `since`, for its daily cap.
pub async fn count_since(db: &Db, campaign_id: &str, since: i64) -> Result<i64> {
    let sql = "select count(*) from sessions where campaign_id = $1 and queued_at >= $2";
    Ok(on_read!(db, |x| sqlx::query_scalar(sql)
        .bind(campaign_id)
        .bind(since)
        .fetch_one(x)
        .await)?)
}
