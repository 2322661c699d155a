//! GET /v1/schedules/{id}

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::extract::auth::OfSchedule;
use super::super::extract::{Auth, CALLS, Id, READ};
use super::super::problem::{Found as _, Problem};
use super::{ConsentView, Schedule};
use crate::runtime::App;
use crate::store::schedules;

/// A subscription with its consents.
#[derive(Serialize, ToSchema)]
pub(crate) struct WholeSchedule {
    #[serde(flatten)]
    schedule: Schedule,
    /// Oldest first.
    consents: Vec<ConsentView>,
}

/// One subscription, with the record of who agreed to what, when and how.
#[utoipa::path(
    get,
    path = "/v1/schedules/{id}",
    tag = "schedules",
    params(Id),
    responses((status = 200, description = "The subscription.", body = WholeSchedule), Problem),
    security(("key" = ["read"]), ("key" = ["calls"]))
)]
pub(crate) async fn get_schedule(
    _: Auth<{ READ | CALLS }, OfSchedule>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<WholeSchedule>, Problem> {
    let row = schedules::get(app.db(), &id).await.found("schedule", &id)?;
    let consents = schedules::consents(app.db(), &id).await?;
    Ok(Json(WholeSchedule {
        schedule: row.into(),
        consents: consents.into_iter().map(ConsentView::from).collect(),
    }))
}
