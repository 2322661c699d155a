//! POST /v1/targets

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::extract::{Auth, Body, CAMPAIGNS, InReach};
use super::super::problem::Problem;
use super::Target;
use super::input::TargetInput;
use crate::runtime::App;
use crate::store;

/// Adds a target: a person or office that callers are connected to.
#[utoipa::path(
    post,
    path = "/v1/targets",
    tag = "targets",
    request_body = TargetInput,
    responses((status = 201, description = "The target.", body = Target), Problem),
    security(("key" = ["campaigns"]))
)]
pub(crate) async fn create_target(
    auth: Auth<{ CAMPAIGNS }, InReach>,
    State(app): State<App>,
    Body(input): Body<TargetInput>,
) -> Result<(StatusCode, Json<Target>), Problem> {
    let (row, offices) = input.rows(&app, None)?;
    store::targets::create(app.db(), &row).await?;
    store::grants::made_target(app.db(), auth.reach(), &row.id).await?;
    store::targets::set_offices(app.db(), &row.id, &offices).await?;
    Ok((StatusCode::CREATED, Json(Target::of(row, offices))))
}
