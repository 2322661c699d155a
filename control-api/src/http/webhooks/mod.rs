//! /v1/webhooks: who is told of events by HTTP, and what became of each delivery.

mod create;
mod delete;
mod deliveries;
mod get;
mod input;
mod list;
mod patch;
mod put;
mod replay;
mod test;

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::time::Time;
use crate::runtime::App;
use crate::store;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list::list_webhooks, create::create_webhook))
        .routes(routes!(
            get::get_webhook,
            put::put_webhook,
            patch::patch_webhook,
            delete::delete_webhook
        ))
        .routes(routes!(test::test_webhook))
        .routes(routes!(deliveries::list_deliveries))
        .routes(routes!(replay::replay_deliveries))
}

/// A webhook. The secret is never shown again.
#[derive(Serialize, ToSchema)]
pub(crate) struct Webhook {
    id: String,
    url: String,
    events: Vec<String>,
    campaign_id: Option<String>,
    enabled: bool,
    created_at: Time,
    updated_at: Time,
}

impl From<store::webhooks::Webhook> for Webhook {
    fn from(w: store::webhooks::Webhook) -> Webhook {
        Webhook {
            id: w.id,
            url: w.url,
            events: w.events,
            campaign_id: w.campaign_id,
            enabled: w.enabled,
            created_at: Time(w.created_at),
            updated_at: Time(w.updated_at),
        }
    }
}
