//! GET /v1/webhooks

use axum::Json;
use axum::extract::State;

use super::super::extract::{Auth, OPS, Params, READ};
use super::super::paging::{List, PageParams};
use super::super::problem::Problem;
use super::Webhook;
use crate::runtime::App;
use crate::store;

/// Webhooks, oldest first.
#[utoipa::path(
    get,
    path = "/v1/webhooks",
    tag = "webhooks",
    params(PageParams),
    responses((status = 200, description = "A page of webhooks.", body = List<Webhook>), Problem),
    security(("key" = ["read"]), ("key" = ["ops"]))
)]
pub(crate) async fn list_webhooks(
    _: Auth<{ READ | OPS }>,
    State(app): State<App>,
    Params(params): Params<PageParams>,
) -> Result<Json<List<Webhook>>, Problem> {
    let page = store::webhooks::list(app.db(), &params.page()?).await?;
    Ok(Json(List::of(page, Webhook::from)))
}
