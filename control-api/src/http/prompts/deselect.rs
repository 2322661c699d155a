//! DELETE /v1/prompts/{id}/select

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use super::super::extract::auth::OfAnyPrompt;
use super::super::extract::{Auth, CAMPAIGNS, Id, Params};
use super::super::problem::{Checks, Found as _, Kind, Problem};
use super::super::valid;
use crate::runtime::App;
use crate::store::prompts::{self, INSTALLATION};

/// Whose choice is taken back.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeselectParams {
    /// The campaign's; left out, the installation's.
    campaign_id: Option<String>,
    /// The choice for this language; left out, the version's own.
    language: Option<String>,
}

/// Takes the choice of a version back: the installation's plays again, or our own text. The version itself stays.
#[utoipa::path(
    delete,
    path = "/v1/prompts/{id}/select",
    tag = "prompts",
    params(Id, DeselectParams),
    responses((status = 204, description = "It is selected no more."), Problem),
    security(("key" = ["campaigns"]))
)]
pub(crate) async fn deselect_prompt(
    auth: Auth<{ CAMPAIGNS }, OfAnyPrompt>,
    State(app): State<App>,
    Id(id): Id,
    Params(params): Params<DeselectParams>,
) -> Result<StatusCode, Problem> {
    let row = prompts::get(app.db(), &id).await.found("prompt", &id)?;
    let campaign_id = params.campaign_id.filter(|id| !id.is_empty());
    let mut checks = Checks::default();
    valid::campaign_in_reach(
        &mut checks,
        &app,
        "/campaign_id",
        campaign_id.as_deref(),
        auth.reach(),
    )
    .await?;
    checks.finish()?;
    let campaign_id = campaign_id.unwrap_or_else(|| INSTALLATION.to_owned());
    let language = params.language.unwrap_or(row.language);
    let was = prompts::deselect(app.db(), &campaign_id, &row.key, &language, Some(&id)).await?;
    match was {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::new(
            Kind::NotFound,
            format!(
                "the version is not selected there for {language}: GET /v1/campaigns/{{id}}/prompts says what is"
            ),
        )),
    }
}
