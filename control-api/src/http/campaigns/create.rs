//! POST /v1/campaigns

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::Value;

use super::super::extract::{Auth, Body, CAMPAIGNS, InReach};
use super::super::problem::Problem;
use super::Campaign;
use super::input::{CampaignFields, CampaignInput, resolvable};
use crate::runtime::App;
use crate::store;

/// Adds a campaign. It is paused: give it targets, then launch it.
#[utoipa::path(
    post,
    path = "/v1/campaigns",
    tag = "campaigns",
    request_body = CampaignFields,
    responses((status = 201, description = "The campaign.", body = Campaign), Problem),
    security(("key" = ["campaigns"]))
)]
pub(crate) async fn create_campaign(
    auth: Auth<{ CAMPAIGNS }, InReach>,
    State(app): State<App>,
    Body(body): Body<Value>,
) -> Result<(StatusCode, Json<Campaign>), Problem> {
    let row = CampaignInput::read(body)?.row(&app, None)?;
    resolvable(&app, &row).await?;
    store::campaigns::create(app.db(), &row).await?;
    store::grants::made_campaign(app.db(), auth.reach(), &row.id).await?;
    Ok((StatusCode::CREATED, Json(row.into())))
}
