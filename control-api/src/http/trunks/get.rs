//! GET /v1/trunks/{id}

use axum::Json;
use axum::extract::State;

use super::super::extract::{Auth, Id, OPS, READ};
use super::super::problem::{Found as _, Problem};
use super::Trunk;
use crate::runtime::App;
use crate::store;

/// One trunk.
#[utoipa::path(
    get,
    path = "/v1/trunks/{id}",
    tag = "trunks",
    params(Id),
    responses((status = 200, description = "The trunk.", body = Trunk), Problem),
    security(("key" = ["read"]), ("key" = ["ops"]))
)]
pub(crate) async fn get_trunk(
    _: Auth<{ READ | OPS }>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<Trunk>, Problem> {
    let row = store::trunks::get(app.db(), &id).await.found("trunk", &id)?;
    Ok(Json(row.into()))
}
