//! GET /v1/keys

use axum::Json;
use axum::extract::State;

use super::super::extract::{ADMIN_ONLY, Auth, Params};
use super::super::paging::{List, PageParams};
use super::super::problem::Problem;
use super::Key;
use crate::runtime::App;
use crate::store;

/// Keys, oldest first, revoked ones too.
#[utoipa::path(
    get,
    path = "/v1/keys",
    tag = "keys",
    params(PageParams),
    responses((status = 200, description = "A page of keys.", body = List<Key>), Problem),
    security(("key" = ["admin"]))
)]
pub(crate) async fn list_keys(
    _: Auth<ADMIN_ONLY>,
    State(app): State<App>,
    Params(params): Params<PageParams>,
) -> Result<Json<List<Key>>, Problem> {
    let page = store::keys::list(app.db(), &params.page()?).await?;
    let mut items = Vec::new();
    for row in page.items {
        items.push(Key::of(&app, row).await?);
    }
    Ok(Json(List::new(items, page.next)))
}
