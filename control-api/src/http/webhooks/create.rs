//! POST /v1/webhooks

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::extract::{Auth, Body, OPS};
use super::super::problem::{Kind, Problem};
use super::Webhook;
use super::input::WebhookInput;
use crate::runtime::App;
use crate::store;
use crate::webhooks::MAX_WEBHOOKS;

/// A webhook that is new, or whose secret may be.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedWebhook {
    #[serde(flatten)]
    pub(super) webhook: Webhook,
    /// The secret that we made. This is the only time that it is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret: Option<String>,
}

/// Adds a webhook. From now on each event that it names is POSTed to it as `{id, type, at, session_id, campaign_id, data}`, at least once
/// and in no promised order: `id` (also in `Trunkline-Event-Id`) tells a second delivery from another event. Answer 2xx in 5 s; anything
/// else is tried again, later and later, for some eleven hours. `Trunkline-Signature: t=SECONDS,v1=HEX` is HMAC-SHA-256 with the secret
/// over `SECONDS.BODY`: compare it, and refuse times that are more than five minutes off. `session.ended` and `call.ended` are told after
/// `kill -9` too: what a node lost ends as `unknown`, with the outcome `node_lost`. When a node was only thought dead, its own report
/// follows as a second `session.ended`, which is right. Other events may be lost in the last moment of a node that is killed.
#[utoipa::path(
    post,
    path = "/v1/webhooks",
    tag = "webhooks",
    request_body = WebhookInput,
    responses((status = 201, description = "The webhook.", body = CreatedWebhook), Problem),
    security(("key" = ["ops"]))
)]
pub(crate) async fn create_webhook(
    _: Auth<{ OPS }>,
    State(app): State<App>,
    Body(input): Body<WebhookInput>,
) -> Result<(StatusCode, Json<CreatedWebhook>), Problem> {
    let now = app.clock().now_ms();
    let (row, secret) = input
        .row(&app, app.clock().new_id().to_string(), now, None)
        .await?;
    let there = store::webhooks::list(app.db(), &store::Page::first(MAX_WEBHOOKS)).await?;
    if i64::try_from(there.items.len()).is_ok_and(|n| n >= MAX_WEBHOOKS) {
        return Err(Problem::new(
            Kind::Conflict,
            format!("there are {MAX_WEBHOOKS} webhooks already: delete one first"),
        ));
    }
    store::webhooks::create(app.db(), &row).await?;
    let webhook = row.into();
    Ok((StatusCode::CREATED, Json(CreatedWebhook { webhook, secret })))
}
