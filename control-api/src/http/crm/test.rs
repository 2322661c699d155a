//! POST /v1/campaigns/{id}/crm/test

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::extract::auth::OfCampaign;
use super::super::extract::{Auth, CAMPAIGNS, Id};
use super::super::problem::Problem;
use super::settings;
use crate::crm;
use crate::runtime::App;

/// What became of a test.
#[derive(Serialize, ToSchema)]
pub(crate) struct CrmTest {
    /// Address, login and page are right.
    works: bool,
    /// HTTP status of the CRM's answer.
    status: Option<u16>,
    /// What is wrong.
    error: String,
}

/// Asks the CRM for something that changes nothing, and tells whether address, login and page are right. Nobody's data is sent.
#[utoipa::path(
    post,
    path = "/v1/campaigns/{id}/crm/test",
    tag = "crm",
    params(Id),
    responses((status = 200, description = "How it went.", body = CrmTest), Problem),
    security(("key" = ["campaigns"]))
)]
pub(crate) async fn test_crm(
    _: Auth<{ CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<CrmTest>, Problem> {
    let settings = settings(&app, &id).await?;
    let tested = crm::test(&app, &settings).await;
    Ok(Json(CrmTest {
        works: tested.fault.is_none(),
        status: tested.status,
        error: tested.fault.unwrap_or_default(),
    }))
}
