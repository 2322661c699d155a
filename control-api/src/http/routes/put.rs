//! PUT /v1/routes/{id}

use axum::Json;
use axum::extract::State;

use super::super::extract::{Auth, Body, Id, OPS};
use super::super::problem::{Found as _, Problem};
use super::Route;
use super::input::RouteInput;
use crate::runtime::{App, snapshot};
use crate::store;

/// Replaces a route.
#[utoipa::path(
    put,
    path = "/v1/routes/{id}",
    tag = "routes",
    params(Id),
    request_body = RouteInput,
    responses((status = 200, description = "The route.", body = Route), Problem),
    security(("key" = ["ops"]))
)]
pub(crate) async fn put_route(
    _: Auth<{ OPS }>,
    State(app): State<App>,
    Id(id): Id,
    Body(input): Body<RouteInput>,
) -> Result<Json<Route>, Problem> {
    let before = store::routes::get(app.db(), &id).await.found("route", &id)?;
    let row = input.row(&app, Some(before)).await?;
    store::routes::update(app.db(), &row).await?;
    snapshot::reload(&app).await?;
    Ok(Json(row.into()))
}
