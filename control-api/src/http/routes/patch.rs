//! PATCH /v1/routes/{id}

use axum::Json;
use axum::extract::State;

use super::super::extract::{Auth, Id, OPS, Patch};
use super::super::problem::{Found as _, Problem};
use super::Route;
use super::input::RouteInput;
use crate::runtime::{App, snapshot};
use crate::store;

/// Changes the fields given; a list is replaced whole.
#[utoipa::path(
    patch,
    path = "/v1/routes/{id}",
    tag = "routes",
    params(Id),
    request_body(content = Object, description = "JSON merge patch.", content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The route.", body = Route), Problem),
    security(("key" = ["ops"]))
)]
pub(crate) async fn patch_route(
    _: Auth<{ OPS }>,
    State(app): State<App>,
    Id(id): Id,
    patch: Patch,
) -> Result<Json<Route>, Problem> {
    let before = store::routes::get(app.db(), &id).await.found("route", &id)?;
    let input: RouteInput = patch.apply(RouteInput::current(&before))?;
    let row = input.row(&app, Some(before)).await?;
    store::routes::update(app.db(), &row).await?;
    snapshot::reload(&app).await?;
    Ok(Json(row.into()))
}
