//! GET /v1/optouts

use axum::Json;
use axum::extract::State;

use super::super::extract::{Auth, CALLS, OPS, Params, READ};
use super::super::paging::{List, PageParams};
use super::super::problem::Problem;
use super::OptOut;
use crate::runtime::App;
use crate::store::optouts;

/// Opt-outs, oldest first.
#[utoipa::path(
    get,
    path = "/v1/optouts",
    tag = "optouts",
    params(PageParams),
    responses((status = 200, description = "A page of opt-outs.", body = List<OptOut>), Problem),
    security(("key" = ["read"]), ("key" = ["calls"]), ("key" = ["ops"]))
)]
pub(crate) async fn list_optouts(
    _: Auth<{ READ | CALLS | OPS }>,
    State(app): State<App>,
    Params(params): Params<PageParams>,
) -> Result<Json<List<OptOut>>, Problem> {
    let page = optouts::list(app.db(), &params.page()?).await?;
    Ok(Json(List::of(page, OptOut::from)))
}
