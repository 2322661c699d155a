//! GET /v1/sessions/{id}: a session with its calls, its legs and its timeline.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::calls::Call;
use super::super::events::EventView;
use super::super::extract::auth::OfSession;
use super::super::extract::{Auth, CALLS, Id, READ};
use super::super::problem::{Found as _, Problem};
use super::Session;
use super::legs::{self, Leg};
use crate::runtime::App;
use crate::store;

/// A session, whole.
#[derive(Serialize, ToSchema)]
pub(crate) struct WholeSession {
    #[serde(flatten)]
    session: Session,
    /// How many wait before it; null when it does not wait.
    queue_place: Option<i64>,
    /// One for each attempt to reach a target, in order.
    calls: Vec<Call>,
    /// One for each leg, those that have ended first.
    legs: Vec<Leg>,
    /// Everything that happened, oldest first.
    timeline: Vec<EventView>,
}

/// One session.
#[utoipa::path(
    get,
    path = "/v1/sessions/{id}",
    tag = "sessions",
    params(Id),
    responses((status = 200, description = "The session.", body = WholeSession), Problem),
    security(("key" = ["read"]), ("key" = ["calls"]))
)]
pub(crate) async fn get_session(
    _: Auth<{ READ | CALLS }, OfSession>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<WholeSession>, Problem> {
    let row = store::sessions::get(app.db(), &id).await.found("session", &id)?;
    let calls = store::calls::of_session(app.db(), &id).await?;
    let cdrs = store::cdrs::of_session(app.db(), &id).await?;
    let timeline = store::events::of_session(app.db(), &id).await?;
    Ok(Json(WholeSession {
        queue_place: store::sessions::queue_place(app.db(), &id).await.ok(),
        session: row.into(),
        calls: calls.into_iter().map(Call::from).collect(),
        legs: legs::legs(&cdrs, &timeline),
        timeline: timeline.into_iter().map(EventView::from).collect(),
    }))
}
