//! GET /v1/campaigns/{id}/targets

use axum::Json;
use axum::extract::State;

use super::super::extract::auth::OfCampaign;
use super::super::extract::{Auth, CAMPAIGNS, Id, READ};
use super::super::paging::List;
use super::super::problem::{Found as _, Problem};
use super::super::targets::{Target, with_offices};
use crate::runtime::App;
use crate::store;

/// A campaign's own targets, in the order in which they are called.
#[utoipa::path(
    get,
    path = "/v1/campaigns/{id}/targets",
    tag = "campaigns",
    params(Id),
    responses((status = 200, description = "The whole list.", body = List<Target>), Problem),
    security(("key" = ["read"]), ("key" = ["campaigns"]))
)]
pub(crate) async fn list_campaign_targets(
    _: Auth<{ READ | CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<List<Target>>, Problem> {
    store::campaigns::get(app.db(), &id)
        .await
        .found("campaign", &id)?;
    list(&app, &id).await
}

/// The list as it stands.
pub(super) async fn list(app: &App, id: &str) -> Result<Json<List<Target>>, Problem> {
    let rows = store::targets::of_campaign(app.db(), id).await?;
    Ok(Json(List::new(with_offices(app, rows).await?, None)))
}
