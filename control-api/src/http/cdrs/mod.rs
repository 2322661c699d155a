//! /v1/cdrs: call detail records, one a leg, as JSON and as CSV.

mod csv;
mod get;
mod list;

use serde::Deserialize;
use trunkline_gateway::cdr::{CallDirection, EndedBy, Side};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::time::Time;
use crate::runtime::App;
use crate::store::cdrs::Filter;
use crate::store::grants::Reach;
use crate::store::word;

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
    /// Only those of `caller` or `target` legs.
    #[param(value_type = Option<String>)]
    side: Option<Side>,
    /// Only those that we dialled (`outbound`), or that came in (`inbound`).
    #[param(value_type = Option<String>)]
    direction: Option<CallDirection>,
    /// Only those that ended with this SIP status.
    sip_status: Option<u16>,
    /// Only those that ended for this reason, as it is written in a record.
    cause: Option<String>,
    /// Only those that were ended by this one: `caller target us trunk timeout node_lost`.
    #[param(value_type = Option<String>)]
    ended_by: Option<EndedBy>,
    /// Only those on which one side heard nothing, or only the others.
    one_way: Option<bool>,
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
            side: self.side.map(|side| word(&side)),
            direction: self.direction.map(|direction| word(&direction)),
            sip_status: self.sip_status.map(i64::from),
            cause: self.cause.clone(),
            ended_by: self.ended_by.map(|who| word(&who)),
            one_way: self.one_way,
            since: self.since.map(|t| t.0),
            until: self.until.map(|t| t.0),
            reach: reach.clone(),
        }
    }
}
