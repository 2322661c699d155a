//! GET /v1/users/{id}

use axum::Json;
use axum::extract::State;

use super::super::extract::{ADMIN_ONLY, Auth, Id};
use super::super::problem::{Found as _, Problem};
use super::User;
use crate::runtime::App;
use crate::store;

/// One user.
#[utoipa::path(
    get,
    path = "/v1/users/{id}",
    tag = "users",
    params(Id),
    responses((status = 200, description = "The user.", body = User), Problem),
    security(("key" = ["admin"]))
)]
pub(crate) async fn get_user(
    _: Auth<ADMIN_ONLY>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<User>, Problem> {
    let row = store::users::get(app.db(), &id).await.found("user", &id)?;
    Ok(Json(User::of(&app, row).await?))
}
