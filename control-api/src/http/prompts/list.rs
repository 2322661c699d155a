//! GET /v1/prompts

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::super::extract::{Auth, CAMPAIGNS, InReach, Params, READ};
use super::super::paging::{List, page};
use super::super::problem::Problem;
use super::Prompt;
use crate::runtime::App;
use crate::store;

/// Which versions.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PromptParams {
    /// Only those of this campaign; empty for the installation's own.
    campaign_id: Option<String>,
    /// Only those of this key.
    key: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Versions of a page, 1 to 1000.
    #[param(default = 100, minimum = 1, maximum = 1000)]
    limit: Option<i64>,
}

/// Versions that are not hidden, oldest first.
#[utoipa::path(
    get,
    path = "/v1/prompts",
    tag = "prompts",
    params(PromptParams),
    responses((status = 200, description = "A page of versions.", body = List<Prompt>), Problem),
    security(("key" = ["read"]), ("key" = ["campaigns"]))
)]
pub(crate) async fn list_prompts(
    auth: Auth<{ READ | CAMPAIGNS }, InReach>,
    State(app): State<App>,
    Params(params): Params<PromptParams>,
) -> Result<Json<List<Prompt>>, Problem> {
    let page = page(params.cursor, params.limit)?;
    let (campaign, key) = (params.campaign_id.as_deref(), params.key.as_deref());
    let rows = store::prompts::list(app.db(), campaign, key, auth.reach(), &page).await?;
    Ok(Json(List::of(rows, Prompt::from)))
}
