//! GET /v1/routes/{id}

use axum::Json;
use axum::extract::State;

use super::super::extract::{Auth, Id, OPS, READ};
use super::super::problem::{Found as _, Problem};
use super::Route;
use crate::runtime::App;
use crate::store;

/// One route.
#[utoipa::path(
    get,
    path = "/v1/routes/{id}",
    tag = "routes",
    params(Id),
    responses((status = 200, description = "The route.", body = Route), Problem),
    security(("key" = ["read"]), ("key" = ["ops"]))
)]
pub(crate) async fn get_route(
    _: Auth<{ READ | OPS }>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<Route>, Problem> {
    let row = store::routes::get(app.db(), &id).await.found("route", &id)?;
    Ok(Json(row.into()))
}
