//! PATCH /v1/users/{id}

use axum::Json;
use axum::extract::State;

use super::super::extract::{ADMIN_ONLY, Auth, Id, Patch};
use super::super::problem::{Found as _, Problem};
use super::input::UserInput;
use super::{User, not_the_last_admin};
use crate::runtime::App;
use crate::store;
use crate::store::users::Role;

/// Changes the fields given. Whoever is disabled is logged out at once. A password is not changed here.
#[utoipa::path(
    patch,
    path = "/v1/users/{id}",
    tag = "users",
    params(Id),
    request_body(content = Object, description = "JSON merge patch.", content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The user.", body = User), Problem),
    security(("key" = ["admin"]))
)]
pub(crate) async fn patch_user(
    _: Auth<ADMIN_ONLY>,
    State(app): State<App>,
    Id(id): Id,
    patch: Patch,
) -> Result<Json<User>, Problem> {
    let before = store::users::get(app.db(), &id).await.found("user", &id)?;
    if patch.names("password") {
        return Err(Problem::field(
            "/password",
            "POST /v1/users/{id}/reset_password makes a new one",
        ));
    }
    let campaigns = store::grants::of(app.db(), &id).await?;
    let input: UserInput = patch.apply(UserInput::current(&before, &campaigns))?;
    input.check(&app).await?;
    if before.role == Role::Admin && !(input.role == Role::Admin && input.enabled) {
        not_the_last_admin(&app, &id).await?;
    }
    let row = store::users::User {
        name: input.name,
        email: input.email,
        role: input.role,
        enabled: input.enabled,
        updated_at: app.clock().now_ms(),
        ..before
    };
    store::users::update(app.db(), &row, &input.campaigns)
        .await
        .found("user", &id)?;
    Ok(Json(User::of(&app, row).await?))
}
