//! GET /v1/me

use axum::Json;
use axum::extract::State;

use super::super::extract::{ANYBODY, Auth, InReach};
use super::super::problem::Problem;
use super::Me;
use crate::runtime::App;

/// Who asks, and what they may do.
#[utoipa::path(
    get,
    path = "/v1/me",
    tag = "users",
    responses((status = 200, description = "You.", body = Me), Problem),
    security(("key" = ["read"]), ("key" = ["calls"]), ("key" = ["campaigns"]), ("key" = ["ops"]))
)]
pub(crate) async fn get_me(
    auth: Auth<ANYBODY, InReach>,
    State(app): State<App>,
) -> Result<Json<Me>, Problem> {
    Ok(Json(Me::of(&app, auth.identity()).await?))
}
