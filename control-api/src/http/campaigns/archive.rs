//! POST /v1/campaigns/{id}/archive

use axum::Json;
use axum::extract::State;

use super::super::extract::auth::OfCampaign;
use super::super::extract::{Auth, CAMPAIGNS, Id};
use super::super::problem::Problem;
use super::{Campaign, action};
use crate::runtime::App;
use crate::store::campaigns::CampaignStatus;
use crate::store::retention;

/// Archives a campaign for good. Those on the line go on; those in the queue are not called any more.
#[utoipa::path(
    post,
    path = "/v1/campaigns/{id}/archive",
    tag = "campaigns",
    params(Id),
    responses((status = 200, description = "It is archived.", body = Campaign), Problem),
    security(("key" = ["campaigns"]))
)]
pub(crate) async fn archive_campaign(
    _: Auth<{ CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<Campaign>, Problem> {
    let archived = action::set_status(&app, &id, CampaignStatus::Archived).await?;
    for session in retention::queued(app.db(), &id).await? {
        app.cancel_queued(&session, "").await?;
    }
    Ok(archived)
}
