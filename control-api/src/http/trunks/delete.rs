//! DELETE /v1/trunks/{id}

use axum::extract::State;
use axum::http::StatusCode;

use super::super::extract::{Auth, Id, OPS};
use super::super::problem::{Found as _, Problem};
use crate::runtime::{App, snapshot};
use crate::store;

/// Deletes a trunk that no route and no number names. To take it out of use for a while, set `enabled` to false.
#[utoipa::path(
    delete,
    path = "/v1/trunks/{id}",
    tag = "trunks",
    params(Id),
    responses((status = 204, description = "Deleted."), Problem),
    security(("key" = ["ops"]))
)]
pub(crate) async fn delete_trunk(
    _: Auth<{ OPS }>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    store::trunks::delete(app.db(), &id).await.unused(
        "trunk",
        &id,
        "a route or a number names it; change or delete those first",
    )?;
    snapshot::reload(&app).await?;
    Ok(StatusCode::NO_CONTENT)
}
