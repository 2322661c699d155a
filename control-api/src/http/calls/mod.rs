//! /v1/calls: attempts to connect a session to a target.

mod get;
mod list;

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::time::Time;
use crate::runtime::App;
use crate::store;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list::list_calls))
        .routes(routes!(get::get_call))
}

/// One call.
#[derive(Serialize, ToSchema)]
pub(crate) struct Call {
    id: String,
    session_id: String,
    campaign_id: String,
    target_key: String,
    /// Which target of the session's list, from 0.
    target_index: i64,
    /// The office called; empty for the main number.
    office_uid: String,
    /// Whose number the target saw: `caller_proved` or `campaign`.
    caller_id_reason: String,
    /// `queued ringing in-progress completed busy failed no-answer canceled unknown`
    status: String,
    /// `talked skipped voicemail mailbox_full busy no_answer unreachable rejected caller_hung_up node_lost`; null while it runs.
    outcome: Option<String>,
    started_at: Time,
    ended_at: Option<Time>,
    /// From the target's answer to the end.
    duration_ms: Option<i64>,
}

impl From<store::calls::Call> for Call {
    fn from(c: store::calls::Call) -> Call {
        Call {
            id: c.id,
            session_id: c.session_id,
            campaign_id: c.campaign_id,
            target_key: c.target_key,
            target_index: c.target_index,
            office_uid: c.office_uid,
            caller_id_reason: c.caller_id_reason,
            status: c.status,
            outcome: c.outcome,
            started_at: Time(c.started_at),
            ended_at: c.ended_at.map(Time),
            duration_ms: c.duration_ms,
        }
    }
}
