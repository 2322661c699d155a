//! PATCH /v1/prompts/{id}

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::extract::auth::OfPrompt;
use super::super::extract::{Auth, Body, CAMPAIGNS, Id};
use super::super::problem::{Checks, Found as _, Problem};
use super::super::valid;
use super::Prompt;
use crate::runtime::App;
use crate::store;

/// What may change about a version. Its words and sound never do: add another version.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PromptPatch {
    /// Leave it out of lists; where it is selected it goes on playing.
    #[serde(default)]
    hidden: Option<bool>,
    /// For people.
    #[serde(default)]
    description: Option<String>,
}

/// Hides a version or shows it again, or describes it anew.
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
    let mut checks = Checks::default();
    valid::line(
        &mut checks,
        "/description",
        patch.description.as_deref().unwrap_or_default(),
    );
    checks.finish()?;
    store::prompts::change(app.db(), &id, patch.hidden, patch.description.as_deref())
        .await
        .found("prompt", &id)?;
    let row = store::prompts::get(app.db(), &id).await.found("prompt", &id)?;
    Ok(Json(row.into()))
}
