//! GET /v1/campaigns/{id}/crm

use axum::Json;
use axum::extract::State;

use super::super::extract::auth::OfCampaign;
use super::super::extract::{Auth, CAMPAIGNS, Id, READ};
use super::super::problem::{Found as _, Problem};
use super::{CampaignCrm, show};
use crate::runtime::App;
use crate::store::{campaigns, crm};

/// What a campaign tells a CRM, when, and how far it is.
#[utoipa::path(
    get,
    path = "/v1/campaigns/{id}/crm",
    tag = "crm",
    params(Id),
    responses((status = 200, description = "Settings and state.", body = CampaignCrm), Problem),
    security(("key" = ["read"]), ("key" = ["campaigns"]))
)]
pub(crate) async fn get_crm(
    _: Auth<{ READ | CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<CampaignCrm>, Problem> {
    campaigns::get(app.db(), &id).await.found("campaign", &id)?;
    let settings = crm::find(app.db(), &id).await?;
    Ok(Json(show(&app, settings).await?))
}
