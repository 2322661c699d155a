//! POST /v1/campaigns/{id}/forget

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::extract::{ADMIN_ONLY, Auth, Id};
use super::super::problem::{Found as _, Kind, Problem};
use super::super::time::Time;
use crate::retention::{self, ForgetError};
use crate::runtime::App;
use crate::store::campaigns::{self, CampaignStatus};

/// What was forgotten.
#[derive(Serialize, ToSchema)]
pub(crate) struct ForgottenCampaign {
    /// When the campaign's key was destroyed.
    forgotten_at: Time,
    /// Sessions whose callers were still known.
    sessions: u64,
    /// Subscriptions to daily calls that it ended.
    schedules: u64,
}

/// Forgets the callers of an archived campaign, for good: destroys the campaign's key, and with it every number and every reference
/// that could lead to one; deletes recordings here at once, and on other nodes within ten minutes. Rows and counts stay. Backups made
/// before keep what was in them, and can be read with the key file. It happens by itself when a campaign has been archived for
/// `retention_days`.
#[utoipa::path(
    post,
    path = "/v1/campaigns/{id}/forget",
    tag = "campaigns",
    params(Id),
    responses((status = 200, description = "Forgotten.", body = ForgottenCampaign), Problem),
    security(("key" = ["admin"]))
)]
pub(crate) async fn forget_campaign(
    _: Auth<{ ADMIN_ONLY }>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<ForgottenCampaign>, Problem> {
    let campaign = campaigns::get(app.db(), &id).await.found("campaign", &id)?;
    if campaign.status != CampaignStatus::Archived {
        return Err(Problem::new(
            Kind::Conflict,
            "the campaign still calls people, or may: archive it first (POST /v1/campaigns/{id}/archive)",
        ));
    }
    let forgotten = retention::forget(&app, &id).await?;
    Ok(Json(ForgottenCampaign {
        forgotten_at: Time(forgotten.at),
        sessions: forgotten.sessions,
        schedules: forgotten.schedules,
    }))
}

impl From<ForgetError> for Problem {
    fn from(error: ForgetError) -> Problem {
        match error {
            ForgetError::Key(error) => error.into(),
            ForgetError::Store(error) => error.into(),
        }
    }
}
