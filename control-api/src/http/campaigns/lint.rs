//! GET /v1/campaigns/{id}/lint

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::extract::auth::OfCampaign;
use super::super::extract::{Auth, CAMPAIGNS, Id, READ};
use super::super::problem::{Found as _, Problem};
use crate::lint::{self, Finding};
use crate::runtime::App;
use crate::store;

/// What is wrong with a campaign.
#[derive(Serialize, ToSchema)]
pub(crate) struct Findings {
    /// Errors first; none is as it should be.
    items: Vec<Finding>,
}

/// What is wrong with a campaign before a caller finds it out: prompts that never play, variables and languages that are missing, offices
/// that never open, numbers and routes that are not there, keys with two meanings. 200 findings at most.
#[utoipa::path(
    get,
    path = "/v1/campaigns/{id}/lint",
    tag = "campaigns",
    params(Id),
    responses((status = 200, description = "The findings.", body = Findings), Problem),
    security(("key" = ["read"]), ("key" = ["campaigns"]))
)]
pub(crate) async fn lint_campaign(
    _: Auth<{ READ | CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<Findings>, Problem> {
    let row = store::campaigns::get(app.db(), &id)
        .await
        .found("campaign", &id)?;
    let loaded = lint::of_app(&app, row).await?;
    Ok(Json(Findings {
        items: lint::lint(&loaded),
    }))
}
