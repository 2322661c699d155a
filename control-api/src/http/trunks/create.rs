//! POST /v1/trunks

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::extract::{Auth, Body, OPS};
use super::super::problem::Problem;
use super::Trunk;
use super::input::TrunkInput;
use crate::runtime::{App, snapshot};
use crate::store;

/// Adds a trunk. It takes calls at once.
#[utoipa::path(
    post,
    path = "/v1/trunks",
    tag = "trunks",
    request_body = TrunkInput,
    responses((status = 201, description = "The trunk.", body = Trunk), Problem),
    security(("key" = ["ops"]))
)]
pub(crate) async fn create_trunk(
    _: Auth<{ OPS }>,
    State(app): State<App>,
    Body(input): Body<TrunkInput>,
) -> Result<(StatusCode, Json<Trunk>), Problem> {
    let now = app.clock().now_ms();
    let row = input.row(&app, app.clock().new_id().to_string(), now, None)?;
    store::trunks::create(app.db(), &row).await?;
    snapshot::reload(&app).await?;
    Ok((StatusCode::CREATED, Json(row.into())))
}
