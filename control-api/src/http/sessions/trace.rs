//! GET /v1/sessions/{id}/trace: what was said in SIP on each leg of a session, without numbers and bodies.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use trunkline_gateway::leg::trace::{Line, Trace, Way};
use utoipa::ToSchema;

use super::super::extract::auth::OfSession;
use super::super::extract::{Auth, CALLS, Id, READ};
use super::super::problem::{Found as _, Problem};
use super::super::time::Time;
use crate::runtime::App;
use crate::store::{self, word};

/// What was said on the legs of a session.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionTrace {
    session_id: String,
    /// One for each leg that has ended, in the order in which they began. Kept as long as the session's timeline.
    legs: Vec<LegTrace>,
}

/// What was said on one leg.
#[derive(Serialize, ToSchema)]
pub(crate) struct LegTrace {
    leg_id: String,
    /// `caller` or `target`
    side: String,
    /// Its call, for a target leg.
    call_id: Option<String>,
    /// The trunk's id.
    trunk: Option<String>,
    /// The trunk's server: address and port.
    server: String,
    /// When the first message went or came.
    started_at: Time,
    /// In the order in which they went and came.
    messages: Vec<SipMessage>,
    /// Messages beyond the first 64, which are not kept.
    beyond: u32,
}

/// One SIP message.
#[derive(Serialize, ToSchema)]
pub(crate) struct SipMessage {
    at: Time,
    /// Milliseconds since the leg's first message.
    offset_ms: u64,
    /// `sent` by us, or `received`
    way: &'static str,
    /// The method; of a response, that of its request.
    #[schema(example = "INVITE")]
    method: String,
    /// Of a response.
    #[schema(example = 180)]
    status: Option<u16>,
    /// The reason phrase as the far end wrote it; runs of digits that may be a number are left out.
    #[schema(example = "Ringing")]
    reason: String,
    /// The number in CSeq: what answers what.
    cseq: u32,
    /// `udp`, `tcp` or `tls`
    transport: String,
    /// Which of the far ends that one INVITE has reached, from 0; null before any has answered.
    fork: Option<u8>,
    /// What its description says: codecs and direction; null when it carries none.
    #[schema(example = "PCMU PCMA telephone-event sendrecv")]
    sdp: Option<String>,
    /// How often the same message went or came again.
    repeats: u32,
}

/// The SIP trace of a session.
#[utoipa::path(
    get,
    path = "/v1/sessions/{id}/trace",
    tag = "sessions",
    params(Id),
    responses((status = 200, description = "What was said.", body = SessionTrace), Problem),
    security(("key" = ["read"]), ("key" = ["calls"]))
)]
pub(crate) async fn get_trace(
    _: Auth<{ READ | CALLS }, OfSession>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<SessionTrace>, Problem> {
    let row = store::sessions::get(app.db(), &id).await.found("session", &id)?;
    let traces = store::traces::of_session(app.db(), &row.id).await?;
    let cdrs = store::cdrs::of_session(app.db(), &row.id).await?;
    let of_leg: HashMap<_, _> = cdrs.iter().map(|cdr| (cdr.id, cdr)).collect();
    let legs = traces.into_iter().map(|trace| {
        let cdr = of_leg.get(&trace.leg);
        LegTrace {
            call_id: cdr.and_then(|cdr| cdr.call_id).map(|id| id.to_string()),
            trunk: cdr.map(|cdr| cdr.trunk.to_string()),
            ..LegTrace::from(trace)
        }
    });
    Ok(Json(SessionTrace {
        session_id: row.id,
        legs: legs.collect(),
    }))
}

impl From<Trace> for LegTrace {
    fn from(trace: Trace) -> LegTrace {
        LegTrace {
            leg_id: trace.leg.to_string(),
            side: word(&trace.side),
            call_id: None,
            trunk: None,
            server: trace.server.to_string(),
            started_at: Time(trace.at),
            messages: trace
                .messages
                .into_iter()
                .map(|line| message(line, trace.at))
                .collect(),
            beyond: trace.beyond,
        }
    }
}

fn message(line: Line, started_at: i64) -> SipMessage {
    SipMessage {
        at: Time(started_at.saturating_add_unsigned(line.at_ms)),
        offset_ms: line.at_ms,
        way: match line.way {
            Way::Sent => "sent",
            Way::Received => "received",
        },
        method: line.method.into_owned(),
        status: line.status,
        reason: line.reason,
        cseq: line.cseq,
        transport: word(&line.transport),
        fork: line.fork,
        sdp: line.sdp,
        repeats: line.repeats,
    }
}
