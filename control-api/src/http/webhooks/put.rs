//! PUT /v1/webhooks/{id}

use axum::Json;
use axum::extract::State;

use super::super::extract::{Auth, Body, Id, OPS};
use super::super::problem::{Found as _, Problem};
use super::Webhook;
use super::input::WebhookInput;
use crate::runtime::App;
use crate::store;

/// Replaces a webhook. A secret that is not given stays; what waits is delivered to the new URL.
#[utoipa::path(
    put,
    path = "/v1/webhooks/{id}",
    tag = "webhooks",
    params(Id),
    request_body = WebhookInput,
    responses((status = 200, description = "The webhook.", body = Webhook), Problem),
    security(("key" = ["ops"]))
)]
pub(crate) async fn put_webhook(
    _: Auth<{ OPS }>,
    State(app): State<App>,
    Id(id): Id,
    Body(input): Body<WebhookInput>,
) -> Result<Json<Webhook>, Problem> {
    let before = store::webhooks::get(app.db(), &id).await.found("webhook", &id)?;
    let (row, _) = input
        .row(&app, id, before.created_at, Some(before.secret_enc))
        .await?;
    store::webhooks::update(app.db(), &row).await?;
    Ok(Json(row.into()))
}
