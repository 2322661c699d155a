//! POST /v1/campaigns/{id}/targets

use axum::Json;
use axum::extract::State;

use super::super::extract::auth::OfCampaign;
use super::super::extract::{Auth, Body, CAMPAIGNS, Id};
use super::super::paging::List;
use super::super::problem::{Found as _, Problem};
use super::super::targets::Target;
use super::targets_list::list;
use super::targets_put::TargetIds;
use crate::runtime::App;
use crate::store;

/// Adds targets to the end of a campaign's list. One that is in the list already stays where it is.
#[utoipa::path(
    post,
    path = "/v1/campaigns/{id}/targets",
    tag = "campaigns",
    params(Id),
    request_body = TargetIds,
    responses((status = 200, description = "The whole list.", body = List<Target>), Problem),
    security(("key" = ["campaigns"]))
)]
pub(crate) async fn add_campaign_targets(
    auth: Auth<{ CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Id(id): Id,
    Body(input): Body<TargetIds>,
) -> Result<Json<List<Target>>, Problem> {
    store::campaigns::get(app.db(), &id)
        .await
        .found("campaign", &id)?;
    let mut ids = store::campaigns::target_ids(app.db(), &id).await?;
    for added in input.resolve(&app, auth.reach()).await? {
        if !ids.contains(&added) {
            ids.push(added);
        }
    }
    store::campaigns::set_targets(app.db(), &id, &ids).await?;
    list(&app, &id).await
}
