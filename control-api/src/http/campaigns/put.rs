//! PUT /v1/campaigns/{id}

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::super::extract::auth::OfCampaign;
use super::super::extract::{Auth, Body, CAMPAIGNS, Id};
use super::super::problem::{Found as _, Problem};
use super::Campaign;
use super::input::{CampaignFields, CampaignInput, resolvable};
use crate::runtime::App;
use crate::store;

/// Replaces a campaign. Sessions that have begun keep what they had.
#[utoipa::path(
    put,
    path = "/v1/campaigns/{id}",
    tag = "campaigns",
    params(Id),
    request_body = CampaignFields,
    responses((status = 200, description = "The campaign.", body = Campaign), Problem),
    security(("key" = ["campaigns"]))
)]
pub(crate) async fn put_campaign(
    _: Auth<{ CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Id(id): Id,
    Body(body): Body<Value>,
) -> Result<Json<Campaign>, Problem> {
    let before = store::campaigns::get(app.db(), &id)
        .await
        .found("campaign", &id)?;
    let row = CampaignInput::read(body)?.row(&app, Some(before))?;
    resolvable(&app, &row).await?;
    store::campaigns::update(app.db(), &row).await?;
    Ok(Json(row.into()))
}
