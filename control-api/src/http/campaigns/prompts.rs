//! GET /v1/campaigns/{id}/prompts

use axum::Json;
use axum::extract::State;

use super::super::extract::auth::OfCampaign;
use super::super::extract::{Auth, CAMPAIGNS, Id, READ};
use super::super::problem::{Found as _, Problem};
use super::super::prompts::PlayingNow;
use crate::lint;
use crate::runtime::App;
use crate::store;

/// What callers of a campaign hear now: for every key the version or our own text, whose choice it is, and whether it is ever heard.
/// A session that is on the line keeps what it began with.
#[utoipa::path(
    get,
    path = "/v1/campaigns/{id}/prompts",
    tag = "campaigns",
    params(Id),
    responses((status = 200, description = "What plays.", body = PlayingNow), Problem),
    security(("key" = ["read"]), ("key" = ["campaigns"]))
)]
pub(crate) async fn campaign_prompts(
    _: Auth<{ READ | CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<PlayingNow>, Problem> {
    let row = store::campaigns::get(app.db(), &id)
        .await
        .found("campaign", &id)?;
    let loaded = lint::of_app(&app, row).await?;
    let never = |key| lint::never_plays(&loaded, key);
    Ok(Json(PlayingNow::of(
        &loaded.selected,
        &loaded.campaign.id,
        &loaded.campaign.language,
        never,
    )))
}
