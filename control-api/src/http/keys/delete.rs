//! DELETE /v1/keys/{id}

use axum::extract::State;
use axum::http::StatusCode;

use super::super::extract::{ADMIN_ONLY, Auth, Id};
use super::super::problem::{Found as _, Problem};
use crate::runtime::App;
use crate::store;

/// Takes a key back, for good. It stays in the list.
#[utoipa::path(
    delete,
    path = "/v1/keys/{id}",
    tag = "keys",
    params(Id),
    responses((status = 204, description = "Revoked."), Problem),
    security(("key" = ["admin"]))
)]
pub(crate) async fn delete_key(
    _: Auth<ADMIN_ONLY>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    store::keys::revoke(app.db(), &id, app.clock().now_ms())
        .await
        .found("key", &id)?;
    Ok(StatusCode::NO_CONTENT)
}
