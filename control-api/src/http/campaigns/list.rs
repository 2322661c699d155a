//! GET /v1/campaigns

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::super::extract::{Auth, CAMPAIGNS, InReach, Params, READ};
use super::super::paging::{List, page};
use super::super::problem::Problem;
use super::Campaign;
use crate::runtime::App;
use crate::store;
use crate::store::campaigns::CampaignStatus;

/// Which campaigns.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CampaignParams {
    /// Only those with this status.
    status: Option<CampaignStatus>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Campaigns of a page, 1 to 1000.
    #[param(default = 100, minimum = 1, maximum = 1000)]
    limit: Option<i64>,
}

/// Campaigns, oldest first.
#[utoipa::path(
    get,
    path = "/v1/campaigns",
    tag = "campaigns",
    params(CampaignParams),
    responses((status = 200, description = "A page of campaigns.", body = List<Campaign>), Problem),
    security(("key" = ["read"]), ("key" = ["campaigns"]))
)]
pub(crate) async fn list_campaigns(
    auth: Auth<{ READ | CAMPAIGNS }, InReach>,
    State(app): State<App>,
    Params(params): Params<CampaignParams>,
) -> Result<Json<List<Campaign>>, Problem> {
    let page = page(params.cursor, params.limit)?;
    let rows = store::campaigns::list(app.db(), params.status, auth.reach(), &page).await?;
    Ok(Json(List::of(rows, Campaign::from)))
}
