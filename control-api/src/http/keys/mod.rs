//! /v1/keys: API keys and their scopes.

mod create;
mod delete;
mod list;

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::Problem;
use super::time::Time;
use crate::runtime::App;
use crate::store;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list::list_keys, create::create_key))
        .routes(routes!(delete::delete_key))
}

/// A key, without its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct Key {
    id: String,
    name: String,
    /// `read`, `calls`, `campaigns`, `ops`, `admin`
    scopes: Vec<String>,
    /// The campaigns that it is confined to; null when it reaches everything.
    campaigns: Option<Vec<String>>,
    created_at: Time,
    expires_at: Option<Time>,
    revoked_at: Option<Time>,
    /// Used last, to the minute.
    last_used_at: Option<Time>,
}

impl Key {
    async fn of(app: &App, k: store::keys::ApiKey) -> Result<Key, Problem> {
        let campaigns = match k.confined {
            true => Some(store::grants::of(app.db(), &k.id).await?),
            false => None,
        };
        Ok(Key {
            id: k.id,
            name: k.name,
            scopes: k.scopes,
            campaigns,
            created_at: Time(k.created_at),
            expires_at: k.expires_at.map(Time),
            revoked_at: k.revoked_at.map(Time),
            last_used_at: k.last_used_at.map(Time),
        })
    }
}
