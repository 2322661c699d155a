//! GET /v1/numbers/{id}

use axum::Json;
use axum::extract::State;

use super::super::extract::{Auth, Id, OPS, READ};
use super::super::problem::{Found as _, Problem};
use super::Number;
use crate::runtime::App;
use crate::store;

/// One number.
#[utoipa::path(
    get,
    path = "/v1/numbers/{id}",
    tag = "numbers",
    params(Id),
    responses((status = 200, description = "The number.", body = Number), Problem),
    security(("key" = ["read"]), ("key" = ["ops"]))
)]
pub(crate) async fn get_number(
    _: Auth<{ READ | OPS }>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<Number>, Problem> {
    let row = store::numbers::get(app.db(), &id).await.found("number", &id)?;
    Ok(Json(row.into()))
}
