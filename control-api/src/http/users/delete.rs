//! DELETE /v1/users/{id}

use axum::extract::State;
use axum::http::StatusCode;

use super::super::extract::{ADMIN_ONLY, Auth, Id};
use super::super::problem::{Found as _, Problem};
use super::not_the_last_admin;
use crate::runtime::App;
use crate::store;
use crate::store::users::Role;

/// Deletes somebody. What they did stays in the audit.
#[utoipa::path(
    delete,
    path = "/v1/users/{id}",
    tag = "users",
    params(Id),
    responses((status = 204, description = "Deleted."), Problem),
    security(("key" = ["admin"]))
)]
pub(crate) async fn delete_user(
    _: Auth<ADMIN_ONLY>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    let row = store::users::get(app.db(), &id).await.found("user", &id)?;
    if row.role == Role::Admin {
        not_the_last_admin(&app, &id).await?;
    }
    store::users::delete(app.db(), &id).await.found("user", &id)?;
    Ok(StatusCode::NO_CONTENT)
}
