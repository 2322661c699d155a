//! PATCH /v1/campaigns/{id}

use axum::Json;
use axum::extract::State;

use super::super::extract::auth::OfCampaign;
use super::super::extract::{Auth, CAMPAIGNS, Id, Patch};
use super::super::problem::{Found as _, Problem};
use super::Campaign;
use super::input::{CampaignInput, resolvable};
use crate::runtime::App;
use crate::store;

/// Changes the fields given; settings may be given one by one. Sessions that have begun keep what they had.
#[utoipa::path(
    patch,
    path = "/v1/campaigns/{id}",
    tag = "campaigns",
    params(Id),
    request_body(content = Object, description = "JSON merge patch.", content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The campaign.", body = Campaign), Problem),
    security(("key" = ["campaigns"]))
)]
pub(crate) async fn patch_campaign(
    _: Auth<{ CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Id(id): Id,
    patch: Patch,
) -> Result<Json<Campaign>, Problem> {
    let before = store::campaigns::get(app.db(), &id)
        .await
        .found("campaign", &id)?;
    let merged = patch.apply(CampaignInput::current(&before))?;
    let row = CampaignInput::read(merged)?.row(&app, Some(before))?;
    resolvable(&app, &row).await?;
    store::campaigns::update(app.db(), &row).await?;
    Ok(Json(row.into()))
}
