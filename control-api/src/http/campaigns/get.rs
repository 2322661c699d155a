//! GET /v1/campaigns/{id}

use axum::Json;
use axum::extract::State;

use super::super::extract::auth::OfCampaign;
use super::super::extract::{Auth, CAMPAIGNS, Id, READ};
use super::super::problem::{Found as _, Problem};
use super::Campaign;
use crate::runtime::App;
use crate::store;

/// One campaign.
#[utoipa::path(
    get,
    path = "/v1/campaigns/{id}",
    tag = "campaigns",
    params(Id),
    responses((status = 200, description = "The campaign.", body = Campaign), Problem),
    security(("key" = ["read"]), ("key" = ["campaigns"]))
)]
pub(crate) async fn get_campaign(
    _: Auth<{ READ | CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<Campaign>, Problem> {
    let row = store::campaigns::get(app.db(), &id)
        .await
        .found("campaign", &id)?;
    Ok(Json(row.into()))
}
