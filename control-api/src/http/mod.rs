//! The control API over HTTP (CONTRACT.md 4): every route, in one file each, with its errors, its documentation and its tests.
//!
//! A route extracts, makes one call into `store` or `start`, and answers; SQL is in `store` only. `/v1` answers errors as problem
//! details (RFC 9457), the compatible routes in CallPower's form (CAMPAIGNS.md 5).

mod api;
mod audit;
mod blocklist;
pub(crate) mod bodies;
mod calls;
mod campaigns;
mod cdrs;
mod compat;
mod counting;
mod crm;
mod deadline;
mod docs;
mod embed;
mod events;
pub(crate) mod extract;
mod idempotency;
mod keys;
mod line;
pub(crate) mod local;
pub(crate) mod login;
mod nodes;
mod numbers;
mod optouts;
mod overview;
mod paging;
pub(crate) mod problem;
pub(crate) mod prompts;
mod routes;
mod schedules;
mod sessions;
mod start;
mod stats;
mod system;
mod targets;
pub(crate) mod time;
mod trunks;
mod users;
mod valid;
mod webhooks;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use utoipa_axum::router::OpenApiRouter;

use crate::runtime::App;

pub(crate) use campaigns::{is_embed, is_language, is_web_address};
pub(crate) use targets::is_key;
pub(crate) use valid::{MAX_TEXT_CHARS, is_e164};

/// Bytes of a JSON or form body. Uploads of audio have a limit of their own.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// Bytes of an upload of audio.
pub const MAX_UPLOAD_BYTES: usize = 32 * 1024 * 1024;

/// Every route over one running program. Serve it with `into_make_service_with_connect_info::<SocketAddr>()`: rate limits and the blocklist
/// need the peer's address.
pub fn router(app: App) -> Router {
    with_pages(app, Router::new())
}

/// The same, and pages for people beside them.
pub(crate) fn with_pages(app: App, pages: Router<App>) -> Router {
    let (guarded, _) = guarded().split_for_parts();
    let (open, _) = open().split_for_parts();
    let (compatible, _) = compat::routes().split_for_parts();
    let compatible = compatible.route_layer(from_fn_with_state(app.clone(), compat::once));
    let audit = audit::layer::Audit {
        app: app.clone(),
        routes: guarded.clone().with_state(app.clone()),
    };
    let guarded = guarded
        .route_layer(from_fn_with_state(audit, audit::layer::layer))
        .route_layer(from_fn_with_state(app.clone(), idempotency::layer))
        .route_layer(from_fn_with_state(app.clone(), extract::auth::layer));
    open.merge(compatible)
        .merge(guarded)
        .merge(pages)
        .fallback(problem::no_such_route)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(app.clone(), counting::layer))
        .layer(from_fn(deadline::layer))
        .layer(from_fn_with_state(app.clone(), system::metrics::count))
        .with_state(app)
}

/// The OpenAPI 3.1 document of every route, as JSON.
pub fn openapi() -> String {
    let document = docs::complete(open().merge(compat::routes()).merge(guarded()).into_openapi());
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

/// Routes that need no key, but for those of [`compat`].
fn open() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(docs::empty())
        .merge(api::routes())
        .merge(embed::routes())
        .merge(login::open())
        .merge(system::routes())
}

/// Routes that need a key with the right scope.
fn guarded() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(docs::empty())
        .merge(audit::routes())
        .merge(blocklist::routes())
        .merge(calls::routes())
        .merge(campaigns::routes())
        .merge(cdrs::routes())
        .merge(crm::routes())
        .merge(events::routes())
        .merge(keys::routes())
        .merge(login::routes())
        .merge(nodes::routes())
        .merge(numbers::routes())
        .merge(overview::routes())
        .merge(optouts::routes())
        .merge(prompts::routes())
        .merge(routes::routes())
        .merge(schedules::routes())
        .merge(sessions::routes())
        .merge(stats::routes())
        .merge(targets::routes())
        .merge(trunks::routes())
        .merge(users::routes())
        .merge(webhooks::routes())
}

#[cfg(test)]
mod tests;
