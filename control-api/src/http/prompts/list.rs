//! GET /v1/prompts

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::super::extract::{Auth, CAMPAIGNS, InReach, Params, READ};
use super::super::paging::{List, page};
use super::super::problem::Problem;
use super::Prompt;
use crate::runtime::App;
use crate::store;
use crate::store::prompts::Filter;

/// Which versions.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PromptParams {
    /// Only those of this campaign; empty for the installation's own.
    campaign_id: Option<String>,
    /// Only those of this key.
    key: Option<String>,
    /// Hidden ones: `false` leaves them out, `true` lists them alone, `all` both.
    #[serde(default)]
    #[param(inline)]
    hidden: Hidden,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Versions of a page, 1 to 1000.
    #[param(default = 100, minimum = 1, maximum = 1000)]
    limit: Option<i64>,
}

/// What becomes of hidden versions.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Hidden {
    /// They are left out.
    #[default]
    False,
    /// Only they are listed.
    True,
    /// All are listed.
    All,
}

impl Hidden {
    fn wanted(self) -> Option<bool> {
        match self {
            Hidden::False => Some(false),
            Hidden::True => Some(true),
            Hidden::All => None,
        }
    }
}

/// Versions, oldest first; hidden ones only when they are asked for.
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
    let filter = Filter {
        campaign_id: params.campaign_id.as_deref(),
        key: params.key.as_deref(),
        hidden: params.hidden.wanted(),
    };
    let rows = store::prompts::list(app.db(), filter, auth.reach(), &page).await?;
    Ok(Json(List::of(rows, Prompt::from)))
}
