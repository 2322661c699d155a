//! SIP traces: what was said on each leg of a session. Written with the leg's record, deleted with the session's timeline.

use trunkline_gateway::leg::trace::Trace;

use super::types::JsonText;
use super::{Db, Result, on_read};

/// The statement that keeps a trace, within the transaction of the leg's record. Telling one twice changes nothing.
macro_rules! write_trace {
    ($tx:ident, $trace:expr) => {
        sqlx::query(
            "insert into traces (leg_id, session_id, trace) values ($1, $2, $3) on conflict (leg_id) do nothing",
        )
        .bind($trace.leg.to_string())
        .bind($trace.session.to_string())
        .bind($crate::store::types::JsonText($trace))
        .execute(&mut *$tx)
        .await?;
    };
}
pub(super) use write_trace;

/// What was said on the legs of a session that have ended, the leg that began first before the others.
pub async fn of_session(db: &Db, session_id: &str) -> Result<Vec<Trace>> {
    let sql = "select trace from traces where session_id = $1 order by leg_id";
    let rows: Vec<JsonText<Trace>> = on_read!(db, |x| sqlx::query_scalar(sql)
        .bind(session_id)
        .fetch_all(x)
        .await)?;
    let mut traces: Vec<Trace> = rows.into_iter().map(|row| row.0).collect();
    // Legs that begin with an INVITE of the caller's have ids that do not sort by time.
    traces.sort_by_key(|trace| trace.at);
    Ok(traces)
}
