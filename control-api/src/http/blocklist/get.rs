//! GET /v1/blocklist/{id}

use axum::Json;
use axum::extract::State;

use super::super::extract::{Auth, Id, OPS, READ, STAFF};
use super::super::problem::{Found as _, Problem};
use super::Block;
use crate::runtime::App;
use crate::store;

/// One entry.
#[utoipa::path(
    get,
    path = "/v1/blocklist/{id}",
    tag = "blocklist",
    params(Id),
    responses((status = 200, description = "The entry.", body = Block), Problem),
    security(("key" = ["read"]), ("key" = ["ops"]))
)]
pub(crate) async fn get_block(
    _: Auth<{ READ | OPS | STAFF }>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<Block>, Problem> {
    let row = store::blocklist::get(app.db(), &id)
        .await
        .found("blocklist entry", &id)?;
    Ok(Json(row.into()))
}
