//! Records and calls as they leave the program: flat lines for CSV and JSON, with times in RFC 3339 UTC and durations in milliseconds.

use jiff::Timestamp;
use serde::Serialize;
use trunkline_gateway::cdr::{Cdr, WallMs};

use crate::store::calls::Call;
use crate::store::word;

/// A wall-clock time in RFC 3339, UTC, with milliseconds: `2026-11-21T04:05:52.123Z`.
pub fn rfc3339(at: WallMs) -> String {
    Timestamp::from_millisecond(at)
        .map(|at| format!("{at:.3}"))
        .unwrap_or_default()
}

/// A record; the fields and their order are those of CONTRACT.md 5.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[expect(missing_docs, reason = "each field is that of `Cdr`")]
pub struct CdrLine {
    pub id: String,
    pub session_id: String,
    pub call_id: Option<String>,
    pub side: String,
    pub direction: String,
    pub trunk: String,
    pub node: String,
    pub from_ref: String,
    pub to_ref: String,
    pub sip_call_id: String,
    pub created_at: String,
    pub ringing_at: Option<String>,
    pub answered_at: Option<String>,
    pub ended_at: String,
    pub duration_ms: i64,
    pub billable_ms: i64,
    pub pdd_ms: Option<i64>,
    pub sip_status: Option<u16>,
    pub q850_cause: Option<u16>,
    pub cause: String,
    pub ended_by: String,
    pub codec: Option<String>,
    pub rtp_rx_packets: u64,
    pub rtp_tx_packets: u64,
    pub rtp_lost: u64,
    pub jitter_ms: f64,
    pub mos: Option<f64>,
    pub one_way: bool,
    pub digits: String,
}

impl From<&Cdr> for CdrLine {
    fn from(cdr: &Cdr) -> CdrLine {
        CdrLine {
            id: cdr.id.to_string(),
            session_id: cdr.session_id.to_string(),
            call_id: cdr.call_id.map(|id| id.to_string()),
            side: word(&cdr.side),
            direction: word(&cdr.direction),
            trunk: cdr.trunk.to_string(),
            node: cdr.node.clone(),
            from_ref: cdr.from_ref.clone(),
            to_ref: cdr.to_ref.clone(),
            sip_call_id: cdr.sip_call_id.clone(),
            created_at: rfc3339(cdr.created_at),
            ringing_at: cdr.ringing_at.map(rfc3339),
            answered_at: cdr.answered_at.map(rfc3339),
            ended_at: rfc3339(cdr.ended_at),
            duration_ms: cdr.duration_ms,
            billable_ms: cdr.billable_ms,
            pdd_ms: cdr.pdd_ms,
            sip_status: cdr.sip_status,
            q850_cause: cdr.q850_cause,
            cause: cdr.cause.clone(),
            ended_by: word(&cdr.ended_by),
            codec: cdr.codec.clone(),
            rtp_rx_packets: cdr.rtp_rx_packets,
            rtp_tx_packets: cdr.rtp_tx_packets,
            rtp_lost: cdr.rtp_lost,
            jitter_ms: cdr.jitter_ms,
            mos: cdr.mos,
            one_way: cdr.one_way,
            digits: cdr.digits.clone(),
        }
    }
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[expect(missing_docs, reason = "each field is that of `Call`")]
pub struct CallLine {
    pub id: String,
    pub session_id: String,
    pub campaign_id: String,
    pub target_key: String,
    pub target_index: i64,
    pub office_uid: String,
    pub caller_id_reason: String,
    pub status: String,
    pub outcome: Option<String>,
    pub started_at: String,
    pub ended_at: Option<String>,
    pub duration_ms: Option<i64>,
}

impl From<&Call> for CallLine {
    fn from(call: &Call) -> CallLine {
        CallLine {
            id: call.id.clone(),
            session_id: call.session_id.clone(),
            campaign_id: call.campaign_id.clone(),
            target_key: call.target_key.clone(),
            target_index: call.target_index,
            office_uid: call.office_uid.clone(),
            caller_id_reason: call.caller_id_reason.clone(),
            status: call.status.clone(),
            outcome: call.outcome.clone(),
            started_at: rfc3339(call.started_at),
            ended_at: call.ended_at.map(rfc3339),
            duration_ms: call.duration_ms,
        }
    }
}

/// What makes a spreadsheet take a text for a formula.
const RUN_BY_SPREADSHEETS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The columns of a CSV of records.
pub const CDR_COLUMNS: &str = "id,session_id,call_id,side,direction,trunk,node,from_ref,to_ref,sip_call_id,created_at,\
ringing_at,answered_at,ended_at,duration_ms,billable_ms,pdd_ms,sip_status,q850_cause,cause,ended_by,codec,\
rtp_rx_packets,rtp_tx_packets,rtp_lost,jitter_ms,mos,one_way,digits";

/// The columns of a CSV of calls.
pub const CALL_COLUMNS: &str = "id,session_id,campaign_id,target_key,target_index,office_uid,caller_id_reason,status,\
outcome,started_at,ended_at,duration_ms";

/// A record as one line of CSV (RFC 4180 section 2), with its line end. A spreadsheet runs what begins with `=`; the cause may be
/// a reason phrase of the far end, so it is made harmless.
pub fn cdr_csv(cdr: &Cdr) -> Result<String, csv::Error> {
    let mut line = CdrLine::from(cdr);
    if line.cause.starts_with(RUN_BY_SPREADSHEETS) {
        line.cause.insert(0, '\'');
    }
    csv_line(&line)
}

/// A call as one line of CSV, with its line end.
pub fn call_csv(call: &Call) -> Result<String, csv::Error> {
    csv_line(&CallLine::from(call))
}

/// Rows as CSV with a header; the columns are fields of the rows. What a spreadsheet would run is made harmless.
pub fn table_csv<T: Serialize>(columns: &[&str], rows: &[T]) -> Result<String, csv::Error> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    writer.write_record(columns)?;
    for row in rows {
        let row = serde_json::to_value(row).map_err(|e| csv::Error::from(std::io::Error::from(e)))?;
        let field = |column: &&str| match row.get(column) {
            Some(serde_json::Value::String(text)) if text.starts_with(RUN_BY_SPREADSHEETS) => {
                format!("'{text}")
            }
            Some(serde_json::Value::String(text)) => text.clone(),
            None | Some(serde_json::Value::Null) => String::new(),
            Some(other) => other.to_string(),
        };
        writer.write_record(columns.iter().map(field))?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|e| csv::Error::from(e.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn csv_line(line: &impl Serialize) -> Result<String, csv::Error> {
    let mut writer = csv::WriterBuilder::new()
        .has_headers(false)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    writer.serialize(line)?;
    let bytes = writer
        .into_inner()
        .map_err(|e| csv::Error::from(e.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests;
