//! PUT /v1/targets/{id}

use axum::Json;
use axum::extract::State;

use super::super::extract::auth::OfTarget;
use super::super::extract::{Auth, Body, CAMPAIGNS, Id};
use super::super::problem::{Found as _, Problem};
use super::Target;
use super::input::TargetInput;
use crate::runtime::App;
use crate::store;

/// Replaces a target with its offices. Sessions that have begun keep what they had.
#[utoipa::path(
    put,
    path = "/v1/targets/{id}",
    tag = "targets",
    params(Id),
    request_body = TargetInput,
    responses((status = 200, description = "The target.", body = Target), Problem),
    security(("key" = ["campaigns"]))
)]
pub(crate) async fn put_target(
    _: Auth<{ CAMPAIGNS }, OfTarget>,
    State(app): State<App>,
    Id(id): Id,
    Body(input): Body<TargetInput>,
) -> Result<Json<Target>, Problem> {
    let before = store::targets::get(app.db(), &id).await.found("target", &id)?;
    let (row, offices) = input.rows(&app, Some(before))?;
    store::targets::update(app.db(), &row).await?;
    store::targets::set_offices(app.db(), &id, &offices).await?;
    Ok(Json(Target::of(row, offices)))
}
