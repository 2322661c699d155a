//! POST /v1/routes

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::extract::{Auth, Body, OPS};
use super::super::problem::Problem;
use super::Route;
use super::input::RouteInput;
use crate::runtime::{App, snapshot};
use crate::store;

/// Adds a route. It decides from the next call on.
#[utoipa::path(
    post,
    path = "/v1/routes",
    tag = "routes",
    request_body = RouteInput,
    responses((status = 201, description = "The route.", body = Route), Problem),
    security(("key" = ["ops"]))
)]
pub(crate) async fn create_route(
    _: Auth<{ OPS }>,
    State(app): State<App>,
    Body(input): Body<RouteInput>,
) -> Result<(StatusCode, Json<Route>), Problem> {
    let row = input.row(&app, None).await?;
    store::routes::create(app.db(), &row).await?;
    snapshot::reload(&app).await?;
    Ok((StatusCode::CREATED, Json(row.into())))
}
