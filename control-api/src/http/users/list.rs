//! GET /v1/users

use axum::Json;
use axum::extract::State;

use super::super::extract::{ADMIN_ONLY, Auth, Params};
use super::super::paging::{List, PageParams};
use super::super::problem::Problem;
use super::User;
use crate::runtime::App;
use crate::store;

/// Users, oldest first.
#[utoipa::path(
    get,
    path = "/v1/users",
    tag = "users",
    params(PageParams),
    responses((status = 200, description = "A page of users.", body = List<User>), Problem),
    security(("key" = ["admin"]))
)]
pub(crate) async fn list_users(
    _: Auth<ADMIN_ONLY>,
    State(app): State<App>,
    Params(params): Params<PageParams>,
) -> Result<Json<List<User>>, Problem> {
    let page = store::users::list(app.db(), &params.page()?).await?;
    let mut items = Vec::new();
    for row in page.items {
        items.push(User::of(&app, row).await?);
    }
    Ok(Json(List::new(items, page.next)))
}
