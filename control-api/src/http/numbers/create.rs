//! POST /v1/numbers

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::extract::{Auth, Body, OPS};
use super::super::problem::Problem;
use super::Number;
use super::input::NumberInput;
use crate::runtime::{App, snapshot};
use crate::store;

/// Adds one of our own numbers: shown as caller ID, and dialled by callers when it has a campaign.
#[utoipa::path(
    post,
    path = "/v1/numbers",
    tag = "numbers",
    request_body = NumberInput,
    responses((status = 201, description = "The number.", body = Number), Problem),
    security(("key" = ["ops"]))
)]
pub(crate) async fn create_number(
    _: Auth<{ OPS }>,
    State(app): State<App>,
    Body(input): Body<NumberInput>,
) -> Result<(StatusCode, Json<Number>), Problem> {
    let row = input.row(&app, None).await?;
    store::numbers::create(app.db(), &row).await?;
    snapshot::reload(&app).await?;
    Ok((StatusCode::CREATED, Json(row.into())))
}
