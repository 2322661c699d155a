//! /api: CallPower's read API, so that dashboards and pages written for it go on working (CAMPAIGNS.md 7).
//!
//! All but `count.json` want a key with the scope `read`, as `api_key` or `Authorization: Bearer`; errors have CallPower's form.

mod browse;
mod campaign_date_calls;
mod campaigns;
mod count;
mod date_calls;
pub(super) mod extract;
mod span;
mod stats;
mod target_calls;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::runtime::App;

/// The routes. Each looks at its key itself, because a refusal has CallPower's form.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(browse::call::calls))
        .routes(routes!(browse::call::call))
        .routes(routes!(browse::schedule::schedules))
        .routes(routes!(browse::schedule::schedule))
        .routes(routes!(browse::campaign::campaign_list))
        .routes(routes!(browse::campaign::campaign))
        .routes(routes!(browse::target::targets))
        .routes(routes!(browse::target::target))
        .routes(routes!(browse::audiorecording::audiorecordings))
        .routes(routes!(browse::audiorecording::audiorecording))
        .routes(routes!(campaigns::campaigns))
        .routes(routes!(date_calls::date_calls))
        .routes(routes!(count::count))
        .routes(routes!(stats::stats))
        .routes(routes!(campaign_date_calls::campaign_date_calls))
        .routes(routes!(target_calls::target_calls))
}
