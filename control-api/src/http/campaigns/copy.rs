//! POST /v1/campaigns/{id}/copy

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::extract::auth::OfCampaign;
use super::super::extract::{Auth, Body, CAMPAIGNS, Id};
use super::super::problem::{Checks, Found as _, Problem};
use super::super::valid;
use super::Campaign;
use crate::runtime::App;
use crate::store::campaigns::{self, CampaignStatus};
use crate::store::grants;
use crate::store::prompts::{self, Selection};

/// What the copy is called.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CopyInput {
    /// Unique.
    #[schema(example = "save the library, spring")]
    name: String,
}

/// Copies a campaign with its settings, its targets and the prompts that it has selected. The copy is paused.
#[utoipa::path(
    post,
    path = "/v1/campaigns/{id}/copy",
    tag = "campaigns",
    params(Id),
    request_body = CopyInput,
    responses((status = 201, description = "The copy.", body = Campaign), Problem),
    security(("key" = ["campaigns"]))
)]
pub(crate) async fn copy_campaign(
    auth: Auth<{ CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Id(id): Id,
    Body(input): Body<CopyInput>,
) -> Result<(StatusCode, Json<Campaign>), Problem> {
    let mut checks = Checks::default();
    valid::name(&mut checks, "/name", &input.name);
    checks.finish()?;
    let original = campaigns::get(app.db(), &id).await.found("campaign", &id)?;
    let targets = campaigns::target_ids(app.db(), &id).await?;
    let selected = prompts::selected(app.db(), &id).await?;
    let now = app.clock().now_ms();
    let copy = campaigns::Campaign {
        id: app.clock().new_id().to_string(),
        name: input.name,
        status: CampaignStatus::Paused,
        created_at: now,
        updated_at: now,
        launched_at: None,
        archived_at: None,
        ..original
    };
    campaigns::create(app.db(), &copy).await?;
    grants::made_campaign(app.db(), auth.reach(), &copy.id).await?;
    campaigns::set_targets(app.db(), &copy.id, &targets).await?;
    for (selection, _) in selected.into_iter().filter(|(s, _)| s.campaign_id == id) {
        let selection = Selection {
            campaign_id: copy.id.clone(),
            ..selection
        };
        prompts::select(app.db(), &selection).await?;
    }
    Ok((StatusCode::CREATED, Json(copy.into())))
}
