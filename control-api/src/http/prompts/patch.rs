//! PATCH /v1/prompts/{id}

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::extract::auth::OfPrompt;
use super::super::extract::{Auth, Body, CAMPAIGNS, Id};
use super::super::problem::{Found as _, Problem};
use super::Prompt;
use crate::runtime::App;
use crate::store;

/// What may change about a version. Its words and sound never do: add another version.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PromptPatch {
    /// Leave it out of lists; where it is selected it goes on playing.
    hidden: bool,
}

/// Hides a version, or shows it again.
#[utoipa::path(
    patch,
    path = "/v1/prompts/{id}",
    tag = "prompts",
    params(Id),
    request_body = PromptPatch,
    responses((status = 200, description = "The version.", body = Prompt), Problem),
    security(("key" = ["campaigns"]))
)]
pub(crate) async fn patch_prompt(
    _: Auth<{ CAMPAIGNS }, OfPrompt>,
    State(app): State<App>,
    Id(id): Id,
    Body(patch): Body<PromptPatch>,
) -> Result<Json<Prompt>, Problem> {
    store::prompts::set_hidden(app.db(), &id, patch.hidden)
        .await
        .found("prompt", &id)?;
    let row = store::prompts::get(app.db(), &id).await.found("prompt", &id)?;
    Ok(Json(row.into()))
}
