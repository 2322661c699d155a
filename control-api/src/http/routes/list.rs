//! GET /v1/routes

use axum::Json;
use axum::extract::State;

use super::super::extract::{Auth, OPS, Params, READ};
use super::super::paging::{List, PageParams};
use super::super::problem::Problem;
use super::Route;
use crate::runtime::App;
use crate::store;

/// Routes, oldest first.
#[utoipa::path(
    get,
    path = "/v1/routes",
    tag = "routes",
    params(PageParams),
    responses((status = 200, description = "A page of routes.", body = List<Route>), Problem),
    security(("key" = ["read"]), ("key" = ["ops"]))
)]
pub(crate) async fn list_routes(
    _: Auth<{ READ | OPS }>,
    State(app): State<App>,
    Params(params): Params<PageParams>,
) -> Result<Json<List<Route>>, Problem> {
    let page = store::routes::list(app.db(), &params.page()?).await?;
    Ok(Json(List::of(page, Route::from)))
}
