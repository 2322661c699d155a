//! DELETE /v1/campaigns/{id}/targets/{target_id}

use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::super::extract::auth::OfCampaign;
use super::super::extract::id::is_id;
use super::super::extract::{Auth, CAMPAIGNS};
use super::super::problem::{Found as _, Problem};
use crate::runtime::App;
use crate::store;

/// Takes a target out of a campaign's list. The target itself stays.
#[utoipa::path(
    delete,
    path = "/v1/campaigns/{id}/targets/{target_id}",
    tag = "campaigns",
    params(("id" = String, Path, description = "The campaign's id."), ("target_id" = String, Path, description = "The target's id.")),
    responses((status = 204, description = "It is not in the list any more."), Problem),
    security(("key" = ["campaigns"]))
)]
pub(crate) async fn remove_campaign_target(
    _: Auth<{ CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Path((id, target_id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    if !is_id(&id) {
        return Err(Problem::not_found("campaign", &id));
    }
    store::campaigns::get(app.db(), &id)
        .await
        .found("campaign", &id)?;
    let mut ids = store::campaigns::target_ids(app.db(), &id).await?;
    let before = ids.len();
    ids.retain(|other| *other != target_id);
    if ids.len() == before {
        return Err(Problem::not_found("target", &target_id));
    }
    store::campaigns::set_targets(app.db(), &id, &ids).await?;
    Ok(StatusCode::NO_CONTENT)
}
