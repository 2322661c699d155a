//! DELETE /v1/routes/{id}

use axum::extract::State;
use axum::http::StatusCode;

use super::super::extract::{Auth, Id, OPS};
use super::super::problem::{Found as _, Problem};
use crate::runtime::{App, snapshot};
use crate::store;

/// Deletes a route.
#[utoipa::path(
    delete,
    path = "/v1/routes/{id}",
    tag = "routes",
    params(Id),
    responses((status = 204, description = "Deleted."), Problem),
    security(("key" = ["ops"]))
)]
pub(crate) async fn delete_route(
    _: Auth<{ OPS }>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    store::routes::delete(app.db(), &id).await.unused(
        "route",
        &id,
        "something names it; delete that first",
    )?;
    snapshot::reload(&app).await?;
    Ok(StatusCode::NO_CONTENT)
}
