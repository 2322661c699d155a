//! What launch, pause and archive have in common.

use axum::Json;

use super::super::problem::{Found as _, Kind, Problem};
use super::Campaign;
use super::input::resolvable;
use crate::runtime::App;
use crate::store::campaigns::{self, CampaignStatus, SegmentBy};

/// Sets the status and wakes the dispatcher.
pub(super) async fn set_status(
    app: &App,
    id: &str,
    status: CampaignStatus,
) -> Result<Json<Campaign>, Problem> {
    let before = campaigns::get(app.db(), id).await.found("campaign", id)?;
    if before.status == CampaignStatus::Archived && status != CampaignStatus::Archived {
        return Err(Problem::new(
            Kind::Conflict,
            "the campaign is archived, and stays so: make a copy of it (POST /v1/campaigns/{id}/copy)",
        ));
    }
    let row = campaigns::set_status(app.db(), id, status, app.clock().now_ms())
        .await
        .found("campaign", id)?;
    app.wake().queue.notify_one();
    Ok(Json(row.into()))
}

/// Refuses a campaign that would call people and then have nobody to connect them to.
pub(super) async fn has_targets(app: &App, id: &str) -> Result<(), Problem> {
    let campaign = campaigns::get(app.db(), id).await.found("campaign", id)?;
    if campaign.segment_by == SegmentBy::Location {
        // Data may have gone since it was saved.
        return resolvable(app, &campaign).await;
    }
    if campaigns::target_ids(app.db(), id).await?.is_empty() {
        return Err(Problem::new(
            Kind::Conflict,
            "the campaign has no targets: give it some first (PUT /v1/campaigns/{id}/targets)",
        ));
    }
    Ok(())
}
