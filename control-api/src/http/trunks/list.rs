//! GET /v1/trunks

use axum::Json;
use axum::extract::State;

use super::super::extract::{Auth, OPS, Params, READ};
use super::super::paging::{List, PageParams};
use super::super::problem::Problem;
use super::Trunk;
use crate::runtime::App;
use crate::store;

/// Trunks, oldest first.
#[utoipa::path(
    get,
    path = "/v1/trunks",
    tag = "trunks",
    params(PageParams),
    responses((status = 200, description = "A page of trunks.", body = List<Trunk>), Problem),
    security(("key" = ["read"]), ("key" = ["ops"]))
)]
pub(crate) async fn list_trunks(
    _: Auth<{ READ | OPS }>,
    State(app): State<App>,
    Params(params): Params<PageParams>,
) -> Result<Json<List<Trunk>>, Problem> {
    let page = store::trunks::list(app.db(), &params.page()?).await?;
    Ok(Json(List::of(page, Trunk::from)))
}
