//! DELETE /v1/campaigns/{id}

use axum::extract::State;
use axum::http::StatusCode;

use super::super::extract::auth::OfCampaign;
use super::super::extract::{Auth, CAMPAIGNS, Id};
use super::super::problem::{Found as _, Problem};
use crate::runtime::App;
use crate::store;

/// Deletes a campaign that was never used, with the versions of its prompts.
#[utoipa::path(
    delete,
    path = "/v1/campaigns/{id}",
    tag = "campaigns",
    params(Id),
    responses((status = 204, description = "Deleted."), Problem),
    security(("key" = ["campaigns"]))
)]
pub(crate) async fn delete_campaign(
    _: Auth<{ CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    let recordings = store::prompts::recordings(app.db(), &id).await?;
    store::campaigns::delete(app.db(), &id).await.unused(
        "campaign",
        &id,
        "it has sessions, calls or numbers; archive it instead (POST /v1/campaigns/{id}/archive)",
    )?;
    app.script().drop_unused(app.db(), recordings).await;
    Ok(StatusCode::NO_CONTENT)
}
