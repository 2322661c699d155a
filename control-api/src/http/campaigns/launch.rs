//! POST /v1/campaigns/{id}/launch

use axum::Json;
use axum::extract::State;

use super::super::extract::auth::OfCampaign;
use super::super::extract::{Auth, CAMPAIGNS, Id};
use super::super::problem::Problem;
use super::{Campaign, action};
use crate::runtime::App;
use crate::store::campaigns::CampaignStatus;

/// Makes a paused campaign live: callers are called from now on. It needs a target.
#[utoipa::path(
    post,
    path = "/v1/campaigns/{id}/launch",
    tag = "campaigns",
    params(Id),
    responses((status = 200, description = "It is live.", body = Campaign), Problem),
    security(("key" = ["campaigns"]))
)]
pub(crate) async fn launch_campaign(
    _: Auth<{ CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<Campaign>, Problem> {
    action::has_targets(&app, &id).await?;
    action::set_status(&app, &id, CampaignStatus::Live).await
}
