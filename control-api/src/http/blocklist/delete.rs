//! DELETE /v1/blocklist/{id}

use axum::extract::State;
use axum::http::StatusCode;

use super::super::extract::{Auth, Id, OPS, STAFF};
use super::super::problem::{Found as _, Problem};
use crate::runtime::App;
use crate::store;

/// Deletes an entry.
#[utoipa::path(
    delete,
    path = "/v1/blocklist/{id}",
    tag = "blocklist",
    params(Id),
    responses((status = 204, description = "Deleted."), Problem),
    security(("key" = ["ops"]))
)]
pub(crate) async fn delete_block(
    _: Auth<{ OPS | STAFF }>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    store::blocklist::delete(app.db(), &id)
        .await
        .found("blocklist entry", &id)?;
    Ok(StatusCode::NO_CONTENT)
}
