//! DELETE /v1/numbers/{id}

use axum::extract::State;
use axum::http::StatusCode;

use super::super::extract::{Auth, Id, OPS};
use super::super::problem::{Found as _, Problem};
use crate::runtime::{App, snapshot};
use crate::store;

/// Deletes a number.
#[utoipa::path(
    delete,
    path = "/v1/numbers/{id}",
    tag = "numbers",
    params(Id),
    responses((status = 204, description = "Deleted."), Problem),
    security(("key" = ["ops"]))
)]
pub(crate) async fn delete_number(
    _: Auth<{ OPS }>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    store::numbers::delete(app.db(), &id).await.unused(
        "number",
        &id,
        "something names it; delete that first",
    )?;
    snapshot::reload(&app).await?;
    Ok(StatusCode::NO_CONTENT)
}
