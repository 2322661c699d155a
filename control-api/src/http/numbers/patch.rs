//! PATCH /v1/numbers/{id}

use axum::Json;
use axum::extract::State;

use super::super::extract::{Auth, Id, OPS, Patch};
use super::super::problem::{Found as _, Problem};
use super::Number;
use super::input::NumberInput;
use crate::runtime::{App, snapshot};
use crate::store;

/// Changes the fields given.
#[utoipa::path(
    patch,
    path = "/v1/numbers/{id}",
    tag = "numbers",
    params(Id),
    request_body(content = Object, description = "JSON merge patch.", content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The number.", body = Number), Problem),
    security(("key" = ["ops"]))
)]
pub(crate) async fn patch_number(
    _: Auth<{ OPS }>,
    State(app): State<App>,
    Id(id): Id,
    patch: Patch,
) -> Result<Json<Number>, Problem> {
    let before = store::numbers::get(app.db(), &id).await.found("number", &id)?;
    let input: NumberInput = patch.apply(NumberInput::current(&before))?;
    let row = input.row(&app, Some(before)).await?;
    store::numbers::update(app.db(), &row).await?;
    snapshot::reload(&app).await?;
    Ok(Json(row.into()))
}
