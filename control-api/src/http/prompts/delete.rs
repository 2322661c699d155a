//! DELETE /v1/prompts/{id}

use axum::extract::State;
use axum::http::StatusCode;

use super::super::extract::auth::OfPrompt;
use super::super::extract::{Auth, CAMPAIGNS, Id};
use super::super::problem::{Found as _, Problem};
use crate::runtime::App;
use crate::store;

/// Deletes a version, and its recording with the last version that has the same. Campaigns that had it selected play the default again.
#[utoipa::path(
    delete,
    path = "/v1/prompts/{id}",
    tag = "prompts",
    params(Id),
    responses((status = 204, description = "Deleted."), Problem),
    security(("key" = ["campaigns"]))
)]
pub(crate) async fn delete_prompt(
    _: Auth<{ CAMPAIGNS }, OfPrompt>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    let row = store::prompts::get(app.db(), &id).await.found("prompt", &id)?;
    store::prompts::delete(app.db(), &id).await.found("prompt", &id)?;
    app.script().drop_unused(app.db(), row.audio_hash).await;
    Ok(StatusCode::NO_CONTENT)
}
