//! DELETE /v1/webhooks/{id}

use axum::extract::State;
use axum::http::StatusCode;

use super::super::extract::{Auth, Id, OPS};
use super::super::problem::{Found as _, Problem};
use crate::runtime::App;
use crate::store;

/// Deletes a webhook, and every delivery that waits for it.
#[utoipa::path(
    delete,
    path = "/v1/webhooks/{id}",
    tag = "webhooks",
    params(Id),
    responses((status = 204, description = "Deleted."), Problem),
    security(("key" = ["ops"]))
)]
pub(crate) async fn delete_webhook(
    _: Auth<{ OPS }>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    store::webhooks::delete(app.db(), &id)
        .await
        .found("webhook", &id)?;
    Ok(StatusCode::NO_CONTENT)
}
