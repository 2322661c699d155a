//! GET /api/call, GET /api/call/{id}: calls to targets.

use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::super::compat::answer::Fault;
use super::super::extract::{Answer, Json, Key, KeyParams, Query};
use super::{BrowseParams, Objects, find, get, time};
use crate::runtime::App;
use crate::store::browse::{CALL, CallRow};
/// A call, with CallPower's fields first.
#[derive(Serialize, ToSchema)]
pub(crate) struct CallObject {
    id: String,
    /// When it was dialled.
    timestamp: String,
    campaign_id: String,
    /// Null when the target is gone.
    target_id: Option<String>,
    /// What records name the call by: its id.
    call_id: String,
    /// `queued ringing in-progress completed busy failed no-answer canceled unknown`
    status: String,
    /// Seconds from the target's answer to the end.
    duration: Option<i64>,
    /// Title and name.
    target_display: Option<String>,
    /// `us:bioguide:S000148`
    target_key: String,
    session_id: String,
    /// `talked skipped voicemail mailbox_full busy no_answer unreachable rejected caller_hung_up node_lost`; null while it runs.
    outcome: Option<String>,
}

impl From<&CallRow> for CallObject {
    fn from(row: &CallRow) -> CallObject {
        let name = row.name.as_ref();
        CallObject {
            id: row.id.clone(),
            timestamp: time(row.started_at),
            campaign_id: row.campaign_id.clone(),
            target_id: row.target_id.clone(),
            call_id: row.id.clone(),
            status: row.status.clone(),
            duration: row.duration_ms.map(|ms| (ms + 500) / 1_000),
            target_display: name.map(|name| {
                let title = row.title.as_deref().unwrap_or_default();
                format!("{title} {name}").trim().to_owned()
            }),
            target_key: row.target_key.clone(),
            session_id: row.session_id.clone(),
            outcome: row.outcome.clone(),
        }
    }
}

/// Calls by filters.
#[utoipa::path(
    get,
    path = "/api/call",
    tag = "compatible",
    params(BrowseParams, KeyParams),
    responses(
        (status = 200, description = "A page.", body = Objects<CallObject>),
        (status = 400, description = "A filter, an order or a page is not understood; the description says what would be.", body = Fault),
        (status = 401, description = "No key, or one that is not good.", body = Fault),
        (status = 403, description = "The key may not read.", body = Fault),
        (status = 503, description = "Not now; Retry-After says when.", body = Fault)
    ),
    security(("key" = ["read"]))
)]
pub(crate) async fn calls(Key(reach): Key, State(app): State<App>, query: Query) -> Answer {
    let found = find::<CallRow>(&app, &CALL, &reach, &query).await?;
    let objects = found.rows.iter().map(CallObject::from).collect();
    found.answer::<CallObject>(objects)
}

/// One call.
#[utoipa::path(
    get,
    path = "/api/call/{id}",
    tag = "compatible",
    params(("id" = String, Path, description = "The call's id."), KeyParams),
    responses(
        (status = 200, description = "It.", body = CallObject),
        (status = 401, description = "No key, or one that is not good.", body = Fault),
        (status = 403, description = "The key may not read.", body = Fault),
        (status = 404, description = "There is none.", body = Fault),
        (status = 503, description = "Not now; Retry-After says when.", body = Fault)
    ),
    security(("key" = ["read"]))
)]
pub(crate) async fn call(Key(reach): Key, State(app): State<App>, Path(id): Path<String>) -> Answer {
    let row = get::<CallRow>(&app, &CALL, &reach, &id).await?;
    Ok(Json::of(&CallObject::from(&row)))
}
