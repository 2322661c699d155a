//! GET /v1/targets

use axum::Json;
use axum::extract::State;

use super::super::extract::{Auth, CAMPAIGNS, InReach, Params, READ};
use super::super::paging::{List, PageParams};
use super::super::problem::Problem;
use super::{Target, with_offices};
use crate::runtime::App;
use crate::store;

/// Targets, oldest first.
#[utoipa::path(
    get,
    path = "/v1/targets",
    tag = "targets",
    params(PageParams),
    responses((status = 200, description = "A page of targets.", body = List<Target>), Problem),
    security(("key" = ["read"]), ("key" = ["campaigns"]))
)]
pub(crate) async fn list_targets(
    auth: Auth<{ READ | CAMPAIGNS }, InReach>,
    State(app): State<App>,
    Params(params): Params<PageParams>,
) -> Result<Json<List<Target>>, Problem> {
    let page = store::targets::list(app.db(), auth.reach(), &params.page()?).await?;
    let items = with_offices(&app, page.items).await?;
    Ok(Json(List::new(items, page.next)))
}
