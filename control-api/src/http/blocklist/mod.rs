//! /v1/blocklist: who is never called.

mod create;
mod delete;
mod get;
mod list;

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
        .routes(routes!(list::list_blocklist, create::create_block))
        .routes(routes!(get::get_block, delete::delete_block))
}

/// An entry. Every field of phone, network and prefix that is set must match.
#[derive(Serialize, ToSchema)]
pub(crate) struct Block {
    id: String,
    /// Keyed reference of the number; the number itself is not kept.
    phone_hash: Option<String>,
    #[schema(example = "192.0.2.0/24")]
    network: Option<String>,
    #[schema(example = "+1900")]
    prefix: Option<String>,
    reason: String,
    expires_at: Option<Time>,
    /// Times that it matched.
    hits: i64,
    created_at: Time,
}

impl From<store::blocklist::Entry> for Block {
    fn from(e: store::blocklist::Entry) -> Block {
        Block {
            id: e.id,
            phone_hash: e.phone_hash,
            network: e.network,
            prefix: e.prefix,
            reason: e.reason,
            expires_at: e.expires_at.map(Time),
            hits: e.hits,
            created_at: Time(e.created_at),
        }
    }
}
