//! POST /v1/prompts/{id}/select

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::campaigns::is_language;
use super::super::extract::auth::OfAnyPrompt;
use super::super::extract::{Auth, Body, CAMPAIGNS, Id};
use super::super::problem::{Checks, Found as _, Problem};
use super::super::valid;
use super::Prompt;
use crate::runtime::App;
use crate::store;
use crate::store::prompts::{INSTALLATION, Selection};

/// For whom a version plays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SelectInput {
    /// The campaign, which need not be the version's own; left out, it becomes the default of every campaign that selects none.
    #[serde(default)]
    campaign_id: Option<String>,
    /// For this language; left out, the version's own.
    #[serde(default)]
    language: Option<String>,
}

/// Selects the version that plays. The next session plays it.
#[utoipa::path(
    post,
    path = "/v1/prompts/{id}/select",
    tag = "prompts",
    params(Id),
    request_body = SelectInput,
    responses((status = 200, description = "The version.", body = Prompt), Problem),
    security(("key" = ["campaigns"]))
)]
pub(crate) async fn select_prompt(
    auth: Auth<{ CAMPAIGNS }, OfAnyPrompt>,
    State(app): State<App>,
    Id(id): Id,
    Body(input): Body<SelectInput>,
) -> Result<Json<Prompt>, Problem> {
    let row = store::prompts::get(app.db(), &id).await.found("prompt", &id)?;
    let mut checks = Checks::default();
    valid::campaign_in_reach(
        &mut checks,
        &app,
        "/campaign_id",
        input.campaign_id.as_deref(),
        auth.reach(),
    )
    .await?;
    let language = input.language.unwrap_or_else(|| row.language.clone());
    checks.require(is_language(&language), "/language", valid::LANGUAGE);
    checks.finish()?;
    let selection = Selection {
        campaign_id: input.campaign_id.unwrap_or_else(|| INSTALLATION.to_owned()),
        key: row.key.clone(),
        language,
        prompt_id: id,
    };
    store::prompts::select(app.db(), &selection).await?;
    Ok(Json(row.into()))
}
