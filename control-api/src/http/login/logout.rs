//! POST /v1/logout

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::super::extract::auth::Actor;
use super::super::extract::{ANYBODY, Auth, InReach};
use super::super::problem::{Kind, Problem};
use super::no_cookie;
use crate::runtime::App;
use crate::store::user_sessions;

/// Ends the login of this cookie. Others of the same person go on.
#[utoipa::path(
    post,
    path = "/v1/logout",
    tag = "users",
    responses((status = 204, description = "Logged out."), Problem),
    security(("key" = ["read"]), ("key" = ["calls"]), ("key" = ["campaigns"]), ("key" = ["ops"]))
)]
pub(crate) async fn logout(
    auth: Auth<ANYBODY, InReach>,
    State(app): State<App>,
) -> Result<Response, Problem> {
    let Actor::User { session, .. } = &auth.identity().actor else {
        return Err(Problem::new(
            Kind::Conflict,
            "an API key is not logged in: DELETE /v1/keys/{id} takes it back",
        ));
    };
    user_sessions::delete(app.db(), session).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(cookie) = no_cookie(&app) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
