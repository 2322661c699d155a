//! DELETE /v1/schedules/{id}

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::extract::auth::{Identity, OfSchedule};
use super::super::extract::{Auth, CALLS, Id};
use super::super::problem::{Found as _, Problem};
use crate::daily;
use crate::runtime::App;
use crate::store::schedules::{self, EndedWhy, How};

/// Ends a subscription. Its number is deleted at once and a call that waits is cancelled; the record of consent stays.
#[utoipa::path(
    delete,
    path = "/v1/schedules/{id}",
    tag = "schedules",
    params(Id),
    responses((status = 204, description = "It is over."), Problem),
    security(("key" = ["calls"]))
)]
pub(crate) async fn delete_schedule(
    _: Auth<{ CALLS }, OfSchedule>,
    State(app): State<App>,
    Extension(identity): Extension<Identity>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    schedules::get(app.db(), &id).await.found("schedule", &id)?;
    daily::unsubscribe(&app, &id, EndedWhy::Api, How::Api, &identity.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
