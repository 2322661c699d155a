//! DELETE /v1/campaigns/{id}/crm

use axum::extract::State;
use axum::http::StatusCode;

use super::super::extract::auth::OfCampaign;
use super::super::extract::{Auth, CAMPAIGNS, Id};
use super::super::problem::{Found as _, Problem};
use crate::runtime::App;
use crate::store::{campaigns, crm};

/// Has a campaign tell no CRM any more, and forgets its login and everything that waits.
#[utoipa::path(
    delete,
    path = "/v1/campaigns/{id}/crm",
    tag = "crm",
    params(Id),
    responses((status = 204, description = "It tells none."), Problem),
    security(("key" = ["campaigns"]))
)]
pub(crate) async fn delete_crm(
    _: Auth<{ CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    campaigns::get(app.db(), &id).await.found("campaign", &id)?;
    crm::delete(app.db(), &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
