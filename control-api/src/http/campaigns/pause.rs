//! POST /v1/campaigns/{id}/pause

use axum::Json;
use axum::extract::State;

use super::super::extract::auth::OfCampaign;
use super::super::extract::{Auth, CAMPAIGNS, Id};
use super::super::problem::Problem;
use super::{Campaign, action};
use crate::runtime::App;
use crate::store::campaigns::CampaignStatus;

/// Pauses a campaign: nothing is dialled, those on the line go on, sessions in the queue wait.
#[utoipa::path(
    post,
    path = "/v1/campaigns/{id}/pause",
    tag = "campaigns",
    params(Id),
    responses((status = 200, description = "It is paused.", body = Campaign), Problem),
    security(("key" = ["campaigns"]))
)]
pub(crate) async fn pause_campaign(
    _: Auth<{ CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<Campaign>, Problem> {
    action::set_status(&app, &id, CampaignStatus::Paused).await
}
