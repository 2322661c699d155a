//! PUT /v1/me/password

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::extract::auth::Actor;
use super::super::extract::{ANYBODY, Auth, Body, InReach};
use super::super::problem::{Checks, Kind, Problem};
use crate::privacy::password;
use crate::runtime::App;
use crate::store::ratelimits::{self, Limit, Taken};
use crate::store::users;

/// Tries of one person within [`WINDOW_MS`]: a cookie that was stolen is no way to the password.
const TRIES: i64 = 10;
const WINDOW_MS: i64 = 15 * 60_000;

/// The old and the new one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordInput {
    #[schema(format = Password)]
    old: String,
    /// 12 characters or more.
    #[schema(format = Password)]
    new: String,
}

/// Changes your own password. Every other login of yours ends.
#[utoipa::path(
    put,
    path = "/v1/me/password",
    tag = "users",
    request_body = PasswordInput,
    responses((status = 204, description = "Changed."), Problem),
    security(("key" = ["read"]), ("key" = ["calls"]), ("key" = ["campaigns"]), ("key" = ["ops"]))
)]
pub(crate) async fn put_password(
    auth: Auth<ANYBODY, InReach>,
    State(app): State<App>,
    Body(input): Body<PasswordInput>,
) -> Result<StatusCode, Problem> {
    let Actor::User { session, .. } = &auth.identity().actor else {
        return Err(Problem::new(
            Kind::Conflict,
            "an API key has no password: make a new key in its place",
        ));
    };
    let mut checks = Checks::default();
    checks.require(
        password::is_long_enough(&input.new),
        "/new",
        format!(
            "expected {} characters or more, and at most {} bytes",
            password::MIN_CHARS,
            password::MAX_BYTES
        ),
    );
    checks.require(
        input.new != input.old,
        "/new",
        "this is the old one: choose another",
    );
    checks.finish()?;
    let identity = auth.identity();
    let limit = Limit {
        key: format!("password:{}", identity.id),
        limit: TRIES,
        window_ms: WINDOW_MS,
    };
    let now = app.clock().now_ms();
    if let Taken::No { retry_after_ms, .. } =
        ratelimits::take(app.db(), &[limit], app.clock().new_id(), now).await?
    {
        return Err(
            Problem::new(Kind::RateLimited, "too many tries to change the password")
                .retry_after_ms(retry_after_ms),
        );
    }
    let known = users::credentials(app.db(), &identity.name).await?;
    if !password::is_right(&input.old, Some(known.hash)).await {
        return Err(Problem::field("/old", "this is not your password"));
    }
    let hash = password::hash(&input.new)
        .await
        .map_err(|error| Problem::new(Kind::Unavailable, error.to_string()))?;
    users::set_password(app.db(), &identity.id, &hash, false, session, now).await?;
    Ok(StatusCode::NO_CONTENT)
}
