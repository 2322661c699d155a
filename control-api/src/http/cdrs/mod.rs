//! /v1/cdrs: call detail records, one a leg, as JSON and as CSV.

mod csv;
mod get;
mod list;

use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::time::Time;
use crate::runtime::App;
use crate::store::cdrs::Filter;
use crate::store::grants::Reach;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list::list_cdrs))
        .routes(routes!(get::get_cdr))
        .routes(routes!(csv::csv_cdrs))
}

/// Which records.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CdrParams {
    /// Only those of this session.
    session_id: Option<String>,
    /// Only those of this trunk, by id.
    trunk: Option<String>,
    /// Created at or after.
    since: Option<Time>,
    /// Created before.
    until: Option<Time>,
    /// `next` of the page before. The CSV has no pages.
    cursor: Option<String>,
    /// Records of a page, 1 to 1000.
    #[param(default = 100, minimum = 1, maximum = 1000)]
    limit: Option<i64>,
}

impl CdrParams {
    fn filter(&self, reach: &Reach) -> Filter {
        Filter {
            session_id: self.session_id.clone(),
            trunk: self.trunk.clone(),
            since: self.since.map(|t| t.0),
            until: self.until.map(|t| t.0),
            reach: reach.clone(),
        }
    }
}
