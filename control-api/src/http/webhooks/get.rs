//! GET /v1/webhooks/{id}

use axum::Json;
use axum::extract::State;

use super::super::extract::{Auth, Id, OPS, READ};
use super::super::problem::{Found as _, Problem};
use super::Webhook;
use crate::runtime::App;
use crate::store;

/// One webhook.
#[utoipa::path(
    get,
    path = "/v1/webhooks/{id}",
    tag = "webhooks",
    params(Id),
    responses((status = 200, description = "The webhook.", body = Webhook), Problem),
    security(("key" = ["read"]), ("key" = ["ops"]))
)]
pub(crate) async fn get_webhook(
    _: Auth<{ READ | OPS }>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<Webhook>, Problem> {
    let row = store::webhooks::get(app.db(), &id).await.found("webhook", &id)?;
    Ok(Json(row.into()))
}
