//! Call detail records: one a leg, upserted by id, so that telling one twice never makes two.

use sqlx::{FromRow, Row};
use trunkline_gateway::cdr::Cdr;
use trunkline_gateway::ids::{CallId, LegId, SessionId, TrunkId};
use trunkline_gateway::leg::trace::Trace;
use uuid::Uuid;

use super::browse::{self, Statement, Value};
use super::grants::Reach;
use super::traces::write_trace;
use super::types::{from_word, word};
use super::{Db, Page, Paged, Result, in_transaction, on_read};

macro_rules! columns {
    () => {
        "id, session_id, call_id, side, direction, trunk, node, from_ref, to_ref, sip_call_id, created_at, \
         ringing_at, answered_at, ended_at, duration_ms, billable_ms, pdd_ms, sip_status, q850_cause, cause, \
         ended_by, codec, rtp_rx_packets, rtp_tx_packets, rtp_lost, jitter_ms, mos, one_way, digits"
    };
}

/// A record that says `node_lost` never replaces one that a living node wrote.
const UPSERT: &str = concat!(
    "insert into cdrs (",
    columns!(),
    ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, \
     $23, $24, $25, $26, $27, $28, $29) on conflict (id) do update set \
     ringing_at = excluded.ringing_at, answered_at = excluded.answered_at, ended_at = excluded.ended_at, \
     duration_ms = excluded.duration_ms, billable_ms = excluded.billable_ms, pdd_ms = excluded.pdd_ms, \
     sip_status = excluded.sip_status, q850_cause = excluded.q850_cause, cause = excluded.cause, \
     ended_by = excluded.ended_by, codec = excluded.codec, rtp_rx_packets = excluded.rtp_rx_packets, \
     rtp_tx_packets = excluded.rtp_tx_packets, rtp_lost = excluded.rtp_lost, jitter_ms = excluded.jitter_ms, \
     mos = excluded.mos, one_way = excluded.one_way, digits = excluded.digits \
     where excluded.ended_by <> 'node_lost' or cdrs.ended_by = 'node_lost'"
);

/// Keeps a record.
pub async fn upsert(db: &Db, cdr: &Cdr) -> Result<()> {
    upsert_all(db, std::slice::from_ref(cdr)).await
}

/// Keeps records, all or none, with one wait for the disk.
pub async fn upsert_all(db: &Db, cdrs: &[Cdr]) -> Result<()> {
    keep(db, cdrs, &[]).await
}

/// The same, and what was said on these legs with them.
pub async fn keep(db: &Db, cdrs: &[Cdr], traces: &[Trace]) -> Result<()> {
    in_transaction!(db, |tx| {
        for trace in traces {
            write_trace!(tx, trace);
        }
        for c in cdrs {
            sqlx::query(UPSERT)
                .bind(c.id.to_string())
                .bind(c.session_id.to_string())
                .bind(c.call_id.map(|id| id.to_string()))
                .bind(word(&c.side))
                .bind(word(&c.direction))
                .bind(c.trunk.to_string())
                .bind(&c.node)
                .bind(&c.from_ref)
                .bind(&c.to_ref)
                .bind(&c.sip_call_id)
                .bind(c.created_at)
                .bind(c.ringing_at)
                .bind(c.answered_at)
                .bind(c.ended_at)
                .bind(c.duration_ms)
                .bind(c.billable_ms)
                .bind(c.pdd_ms)
                .bind(c.sip_status.map(i64::from))
                .bind(c.q850_cause.map(i64::from))
                .bind(&c.cause)
                .bind(word(&c.ended_by))
                .bind(&c.codec)
                .bind(count(c.rtp_rx_packets))
                .bind(count(c.rtp_tx_packets))
                .bind(count(c.rtp_lost))
                .bind(c.jitter_ms)
                .bind(c.mos)
                .bind(c.one_way)
                .bind(&c.digits)
                .execute(&mut *tx)
                .await?;
        }
    });
    Ok(())
}

/// One record by its leg's id.
pub async fn get(db: &Db, id: &str) -> Result<Cdr> {
    let sql = concat!("select ", columns!(), " from cdrs where id = $1");
    let row: CdrRow = on_read!(db, |x| sqlx::query_as(sql).bind(id).fetch_one(x).await)?;
    Ok(row.0)
}

/// Records of a session, oldest first.
pub async fn of_session(db: &Db, session_id: &str) -> Result<Vec<Cdr>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from cdrs where session_id = $1 order by created_at, id"
    );
    let rows: Vec<CdrRow> = on_read!(db, |x| sqlx::query_as(sql).bind(session_id).fetch_all(x).await)?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// What a list of records is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// One session.
    pub session_id: Option<String>,
    /// One trunk.
    pub trunk: Option<String>,
    /// `caller` or `target`.
    pub side: Option<String>,
    /// `inbound` or `outbound`.
    pub direction: Option<String>,
    /// Final SIP status.
    pub sip_status: Option<i64>,
    /// Why it ended, as written.
    pub cause: Option<String>,
    /// Who ended it.
    pub ended_by: Option<String>,
    /// One side sent and heard nothing, or not.
    pub one_way: Option<bool>,
    /// Created at or after.
    pub since: Option<i64>,
    /// Created before.
    pub until: Option<i64>,
    /// Only those of campaigns within reach.
    pub reach: Reach,
}

impl Filter {
    /// The records' columns, narrowed to what is asked for.
    fn statement(&self) -> Statement {
        let mut sql = Statement::begin(concat!("select ", columns!(), " from cdrs where 1 = 1"));
        sql.and("session_id = ?", self.session_id.as_deref());
        sql.and("trunk = ?", self.trunk.as_deref());
        sql.and("side = ?", self.side.as_deref());
        sql.and("direction = ?", self.direction.as_deref());
        sql.and("sip_status = ?", self.sip_status);
        sql.and("cause = ?", self.cause.as_deref());
        sql.and("ended_by = ?", self.ended_by.as_deref());
        match self.one_way {
            // In the words of the index that has them.
            Some(true) => sql.then(" and one_way", []),
            Some(false) => sql.then(" and not one_way", []),
            None => {}
        }
        sql.and("created_at >= ?", self.since);
        sql.and("created_at < ?", self.until);
        sql.and(
            "session_id in (select s.id from sessions s join grants g on g.campaign_id = s.campaign_id where g.owner = ?)",
            self.reach.owner(),
        );
        sql
    }
}

/// Records, newest first by leg id.
pub async fn list(db: &Db, filter: &Filter, page: &Page) -> Result<Paged<Cdr>> {
    let mut sql = filter.statement();
    sql.and("id < ?", page.after.as_deref());
    sql.then(" order by id desc limit ?", [(page.rows() + 1).into()]);
    let rows = read(db, sql).await?;
    Ok(Paged::cut(rows, page, |c: &Cdr| c.id.to_string()))
}

/// Records that were created in a span, oldest first, after the one whose `created_at` and id are given: for exports, page by page, so
/// that a long one holds nothing open.
pub async fn oldest_first(
    db: &Db,
    filter: &Filter,
    after: Option<(i64, String)>,
    limit: i64,
) -> Result<Vec<Cdr>> {
    let mut sql = filter.statement();
    if let Some((at, id)) = after {
        let id = Value::from(&id);
        sql.then(
            " and created_at >= ? and (created_at > ? or id > ?)",
            [at.into(), at.into(), id],
        );
    }
    sql.then(" order by created_at, id limit ?", [limit.into()]);
    read(db, sql).await
}

async fn read(db: &Db, sql: Statement) -> Result<Vec<Cdr>> {
    let rows: Vec<CdrRow> = browse::read(db, &sql).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// What a trunk did with the legs that we dialled, at most the last [`FIGURED_LEGS`] of them.
#[derive(Clone, Copy, Debug, PartialEq, FromRow)]
pub struct TrunkFigures {
    /// Legs that we dialled.
    pub attempts: i64,
    /// Of these, answered.
    pub answered: i64,
    /// Mean post-dial delay, milliseconds.
    pub pdd_ms: Option<f64>,
    /// Mean duration of those that were answered, milliseconds.
    pub acd_ms: Option<f64>,
    /// RTP packets that came.
    pub packets: i64,
    /// RTP packets that were lost on the way to us.
    pub lost: i64,
    /// Mean opinion score.
    pub mos: Option<f64>,
    /// Legs on which one side heard nothing.
    pub one_way: i64,
}

/// Most legs that a trunk's figures are of: enough for any ratio, and quickly read however busy the trunk is.
pub const FIGURED_LEGS: i64 = 2_000;

/// The statement of [`trunk_figures`].
pub(super) const FIGURES: &str = "select count(*) as attempts, count(answered_at) as answered, \
    avg(cast(pdd_ms as double precision)) as pdd_ms, \
    avg(case when answered_at is null then null else cast(billable_ms as double precision) end) as acd_ms, \
    cast(coalesce(sum(rtp_rx_packets), 0) as bigint) as packets, cast(coalesce(sum(rtp_lost), 0) as bigint) as lost, \
    avg(mos) as mos, cast(coalesce(sum(case when one_way then 1 else 0 end), 0) as bigint) as one_way \
    from (select answered_at, pdd_ms, billable_ms, rtp_rx_packets, rtp_lost, mos, one_way from cdrs \
    where trunk = $1 and created_at >= $2 and direction = 'outbound' order by created_at desc limit $3) as legs";

/// What a trunk did with the last legs that we dialled since `since`.
pub async fn trunk_figures(db: &Db, trunk: &str, since: i64) -> Result<TrunkFigures> {
    Ok(on_read!(db, |x| sqlx::query_as(FIGURES)
        .bind(trunk)
        .bind(since)
        .bind(FIGURED_LEGS)
        .fetch_one(x)
        .await)?)
}

fn count(packets: u64) -> i64 {
    i64::try_from(packets).unwrap_or(i64::MAX)
}

struct CdrRow(Cdr);

impl<'r, R: Row> FromRow<'r, R> for CdrRow
where
    &'static str: sqlx::ColumnIndex<R>,
    String: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    i64: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    f64: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    bool: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    fn from_row(row: &'r R) -> std::result::Result<CdrRow, sqlx::Error> {
        let text = |name: &'static str| row.try_get::<String, _>(name);
        let number = |name: &'static str| row.try_get::<i64, _>(name);
        let maybe = |name: &'static str| row.try_get::<Option<i64>, _>(name);
        Ok(CdrRow(Cdr {
            id: LegId(uuid(&text("id")?)?),
            session_id: SessionId(uuid(&text("session_id")?)?),
            call_id: match row.try_get::<Option<String>, _>("call_id")? {
                Some(id) => Some(CallId(uuid(&id)?)),
                None => None,
            },
            side: from_word(&text("side")?)?,
            direction: from_word(&text("direction")?)?,
            trunk: TrunkId(uuid(&text("trunk")?)?),
            node: text("node")?,
            from_ref: text("from_ref")?,
            to_ref: text("to_ref")?,
            sip_call_id: text("sip_call_id")?,
            created_at: number("created_at")?,
            ringing_at: maybe("ringing_at")?,
            answered_at: maybe("answered_at")?,
            ended_at: number("ended_at")?,
            duration_ms: number("duration_ms")?,
            billable_ms: number("billable_ms")?,
            pdd_ms: maybe("pdd_ms")?,
            sip_status: maybe("sip_status")?.and_then(|status| u16::try_from(status).ok()),
            q850_cause: maybe("q850_cause")?.and_then(|cause| u16::try_from(cause).ok()),
            cause: text("cause")?,
            ended_by: from_word(&text("ended_by")?)?,
            codec: row.try_get("codec")?,
            rtp_rx_packets: number("rtp_rx_packets")?.unsigned_abs(),
            rtp_tx_packets: number("rtp_tx_packets")?.unsigned_abs(),
            rtp_lost: number("rtp_lost")?.unsigned_abs(),
            jitter_ms: row.try_get("jitter_ms")?,
            mos: row.try_get("mos")?,
            one_way: row.try_get("one_way")?,
            digits: text("digits")?,
        }))
    }
}

fn uuid(text: &str) -> std::result::Result<Uuid, sqlx::Error> {
    Uuid::parse_str(text).map_err(|e| sqlx::Error::Decode(e.into()))
}
