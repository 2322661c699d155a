//! PUT /v1/numbers/{id}

use axum::Json;
use axum::extract::State;

use super::super::extract::{Auth, Body, Id, OPS};
use super::super::problem::{Found as _, Problem};
use super::Number;
use super::input::NumberInput;
use crate::runtime::{App, snapshot};
use crate::store;

/// Replaces a number.
#[utoipa::path(
    put,
    path = "/v1/numbers/{id}",
    tag = "numbers",
    params(Id),
    request_body = NumberInput,
    responses((status = 200, description = "The number.", body = Number), Problem),
    security(("key" = ["ops"]))
)]
pub(crate) async fn put_number(
    _: Auth<{ OPS }>,
    State(app): State<App>,
    Id(id): Id,
    Body(input): Body<NumberInput>,
) -> Result<Json<Number>, Problem> {
    let before = store::numbers::get(app.db(), &id).await.found("number", &id)?;
    let row = input.row(&app, Some(before)).await?;
    store::numbers::update(app.db(), &row).await?;
    snapshot::reload(&app).await?;
    Ok(Json(row.into()))
}
