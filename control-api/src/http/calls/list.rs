//! GET /v1/calls

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::super::extract::{Auth, CALLS, InReach, Params, READ};
use super::super::paging::{List, page};
use super::super::problem::Problem;
use super::super::time::Time;
use super::Call;
use crate::runtime::App;
use crate::store::calls::{self, Filter};

/// Which calls.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CallParams {
    /// Only those of this campaign.
    campaign_id: Option<String>,
    /// Only those of this session.
    session_id: Option<String>,
    /// Only those with this status.
    status: Option<String>,
    /// Started at or after.
    since: Option<Time>,
    /// Started before.
    until: Option<Time>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Calls of a page, 1 to 1000.
    #[param(default = 100, minimum = 1, maximum = 1000)]
    limit: Option<i64>,
}

/// Calls, newest first.
#[utoipa::path(
    get,
    path = "/v1/calls",
    tag = "calls",
    params(CallParams),
    responses((status = 200, description = "A page of calls.", body = List<Call>), Problem),
    security(("key" = ["read"]), ("key" = ["calls"]))
)]
pub(crate) async fn list_calls(
    auth: Auth<{ READ | CALLS }, InReach>,
    State(app): State<App>,
    Params(params): Params<CallParams>,
) -> Result<Json<List<Call>>, Problem> {
    let page = page(params.cursor, params.limit)?;
    let filter = Filter {
        campaign_id: params.campaign_id,
        session_id: params.session_id,
        status: params.status,
        since: params.since.map(|t| t.0),
        until: params.until.map(|t| t.0),
        reach: auth.reach().clone(),
    };
    let rows = calls::list(app.db(), &filter, &page).await?;
    Ok(Json(List::of(rows, Call::from)))
}
