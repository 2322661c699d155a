//! PUT /v1/campaigns/{id}/crm

use axum::Json;
use axum::extract::State;

use super::super::extract::auth::OfCampaign;
use super::super::extract::{Auth, Body, CAMPAIGNS, Id};
use super::super::problem::{Found as _, Problem};
use super::input::CrmInput;
use super::{CampaignCrm, show};
use crate::runtime::App;
use crate::store::{campaigns, crm};

/// Has a campaign tell a CRM: one record for every session that ends from now on with a call completed. What waits already goes by the new
/// settings; POST …/crm/replay with `since` brings in earlier sessions. Numbers are told with `send_phone` alone, as long as they are
/// kept.
#[utoipa::path(
    put,
    path = "/v1/campaigns/{id}/crm",
    tag = "crm",
    params(Id),
    request_body = CrmInput,
    responses((status = 200, description = "Settings and state.", body = CampaignCrm), Problem),
    security(("key" = ["campaigns"]))
)]
pub(crate) async fn put_crm(
    _: Auth<{ CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Id(id): Id,
    Body(input): Body<CrmInput>,
) -> Result<Json<CampaignCrm>, Problem> {
    let campaign = campaigns::get(app.db(), &id).await.found("campaign", &id)?;
    let before = crm::find(app.db(), &id).await?;
    let row = input.row(&app, &campaign, before)?;
    crm::put(app.db(), &row).await?;
    let settings = crm::find(app.db(), &id).await?;
    Ok(Json(show(&app, settings).await?))
}
