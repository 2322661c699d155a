//! PATCH /v1/webhooks/{id}

use axum::Json;
use axum::extract::State;

use super::super::extract::{Auth, Id, OPS, Patch};
use super::super::problem::{Found as _, Problem};
use super::create::CreatedWebhook;
use super::input::WebhookInput;
use crate::runtime::App;
use crate::store;

/// Changes the fields given. A new `secret` signs every delivery from now on, those that wait as well; `"secret": null` has us make one,
/// which is shown this once. What is refused until the receiver knows it is tried again. A webhook that is switched on again is told of
/// what happens from then on.
#[utoipa::path(
    patch,
    path = "/v1/webhooks/{id}",
    tag = "webhooks",
    params(Id),
    request_body(content = Object, description = "JSON merge patch of a webhook.", content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The webhook.", body = CreatedWebhook), Problem),
    security(("key" = ["ops"]))
)]
pub(crate) async fn patch_webhook(
    _: Auth<{ OPS }>,
    State(app): State<App>,
    Id(id): Id,
    patch: Patch,
) -> Result<Json<CreatedWebhook>, Problem> {
    let before = store::webhooks::get(app.db(), &id).await.found("webhook", &id)?;
    let kept = Some(before.secret_enc.clone()).filter(|_| !patch.names("secret"));
    let input: WebhookInput = patch.apply(WebhookInput::current(&before))?;
    let (row, secret) = input.row(&app, id, before.created_at, kept).await?;
    store::webhooks::update(app.db(), &row).await?;
    let webhook = row.into();
    Ok(Json(CreatedWebhook { webhook, secret }))
}
