//! POST /v1/users/{id}/reset_password

use axum::Json;
use axum::extract::State;

use super::super::extract::{ADMIN_ONLY, Auth, Id};
use super::super::problem::{Found as _, Kind, Problem};
use super::{User, WithPassword};
use crate::privacy::{PrivacyError, password};
use crate::runtime::App;
use crate::store;

/// Makes a new password for somebody who lost theirs, to be changed at the next login. They are logged out everywhere.
#[utoipa::path(
    post,
    path = "/v1/users/{id}/reset_password",
    tag = "users",
    params(Id),
    responses((status = 200, description = "The user, and the password.", body = WithPassword), Problem),
    security(("key" = ["admin"]))
)]
pub(crate) async fn reset_password(
    _: Auth<ADMIN_ONLY>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<WithPassword>, Problem> {
    store::users::get(app.db(), &id).await.found("user", &id)?;
    let failed = |error: PrivacyError| Problem::new(Kind::Unavailable, error.to_string());
    let made = password::one_time().map_err(failed)?;
    let hash = password::hash(&made).await.map_err(failed)?;
    store::users::set_password(app.db(), &id, &hash, true, "", app.clock().now_ms())
        .await
        .found("user", &id)?;
    let row = store::users::get(app.db(), &id).await.found("user", &id)?;
    Ok(Json(WithPassword {
        user: User::of(&app, row).await?,
        password: Some(made),
    }))
}
