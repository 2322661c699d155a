//! Routes that answer as CallPower's do, so that pages and forms written for it go on working (CAMPAIGNS.md 5).

pub(super) mod answer;
mod call_create;
mod once;
pub(super) mod origins;
mod platform;
mod schedule;
mod values;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) use once::layer as once;

use crate::runtime::App;

/// The routes. They need no key.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(
            call_create::call_create,
            call_create::call_create_preflight
        ))
        .routes(routes!(call_create::create, call_create::create_preflight))
        .routes(routes!(platform::incoming_call))
        .routes(routes!(platform::call_complete_status))
        .routes(routes!(
            schedule::schedule_create,
            schedule::schedule_get,
            schedule::schedule_delete
        ))
}
