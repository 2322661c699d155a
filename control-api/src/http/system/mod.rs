//! Whether we live and can take calls, what is counted, and this document.

mod livez;
pub(super) mod metrics;
mod openapi;
mod readyz;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::runtime::App;

/// Routes without a key.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(livez::livez))
        .routes(routes!(readyz::readyz))
        .routes(routes!(metrics::metrics))
        .routes(routes!(openapi::openapi))
}
