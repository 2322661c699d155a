//! POST /v1/users

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::extract::{ADMIN_ONLY, Auth, Body};
use super::super::problem::{Kind, Problem};
use super::input::UserInput;
use super::{User, WithPassword};
use crate::privacy::{PrivacyError, password};
use crate::runtime::App;
use crate::store;

/// Adds somebody. Without a password one is made, shown in this answer and nowhere else.
#[utoipa::path(
    post,
    path = "/v1/users",
    tag = "users",
    request_body = UserInput,
    responses((status = 201, description = "The user.", body = WithPassword), Problem),
    security(("key" = ["admin"]))
)]
pub(crate) async fn create_user(
    _: Auth<ADMIN_ONLY>,
    State(app): State<App>,
    Body(input): Body<UserInput>,
) -> Result<(StatusCode, Json<WithPassword>), Problem> {
    input.check(&app).await?;
    let failed = |error: PrivacyError| Problem::new(Kind::Unavailable, error.to_string());
    let made = match input.password {
        Some(_) => None,
        None => Some(password::one_time().map_err(failed)?),
    };
    let chosen = input
        .password
        .as_ref()
        .or(made.as_ref())
        .map_or("", String::as_str);
    let hash = password::hash(chosen).await.map_err(failed)?;
    let now = app.clock().now_ms();
    let row = store::users::User {
        id: app.clock().new_id().to_string(),
        name: input.name,
        email: input.email,
        role: input.role,
        enabled: input.enabled,
        password_once: made.is_some(),
        created_at: now,
        updated_at: now,
        last_login_at: None,
    };
    store::users::create(app.db(), &row, &hash, &input.campaigns).await?;
    let body = WithPassword {
        user: User::of(&app, row).await?,
        password: made,
    };
    Ok((StatusCode::CREATED, Json(body)))
}
