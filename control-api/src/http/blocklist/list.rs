//! GET /v1/blocklist

use axum::Json;
use axum::extract::State;

use super::super::extract::{Auth, OPS, Params, READ, STAFF};
use super::super::paging::{List, PageParams};
use super::super::problem::Problem;
use super::Block;
use crate::runtime::App;
use crate::store;

/// Entries, oldest first.
#[utoipa::path(
    get,
    path = "/v1/blocklist",
    tag = "blocklist",
    params(PageParams),
    responses((status = 200, description = "A page of entries.", body = List<Block>), Problem),
    security(("key" = ["read"]), ("key" = ["ops"]))
)]
pub(crate) async fn list_blocklist(
    _: Auth<{ READ | OPS | STAFF }>,
    State(app): State<App>,
    Params(params): Params<PageParams>,
) -> Result<Json<List<Block>>, Problem> {
    let page = store::blocklist::list(app.db(), &params.page()?).await?;
    Ok(Json(List::of(page, Block::from)))
}
