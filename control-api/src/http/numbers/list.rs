//! GET /v1/numbers

use axum::Json;
use axum::extract::State;

use super::super::extract::{Auth, OPS, Params, READ};
use super::super::paging::{List, PageParams};
use super::super::problem::Problem;
use super::Number;
use crate::runtime::App;
use crate::store;

/// Numbers, oldest first.
#[utoipa::path(
    get,
    path = "/v1/numbers",
    tag = "numbers",
    params(PageParams),
    responses((status = 200, description = "A page of numbers.", body = List<Number>), Problem),
    security(("key" = ["read"]), ("key" = ["ops"]))
)]
pub(crate) async fn list_numbers(
    _: Auth<{ READ | OPS }>,
    State(app): State<App>,
    Params(params): Params<PageParams>,
) -> Result<Json<List<Number>>, Problem> {
    let page = store::numbers::list(app.db(), &params.page()?).await?;
    Ok(Json(List::of(page, Number::from)))
}
