//! GET /v1/prompts/{id}

use axum::Json;
use axum::extract::State;

use super::super::extract::auth::OfAnyPrompt;
use super::super::extract::{Auth, CAMPAIGNS, Id, READ};
use super::super::problem::{Found as _, Problem};
use super::Prompt;
use crate::runtime::App;
use crate::store;

/// One version of a prompt, a recording with what the lab found out about it.
#[utoipa::path(
    get,
    path = "/v1/prompts/{id}",
    tag = "prompts",
    params(Id),
    responses((status = 200, description = "The version.", body = Prompt), Problem),
    security(("key" = ["read"]), ("key" = ["campaigns"]))
)]
pub(crate) async fn get_prompt(
    _: Auth<{ READ | CAMPAIGNS }, OfAnyPrompt>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<Prompt>, Problem> {
    let row = store::prompts::get(app.db(), &id).await.found("prompt", &id)?;
    let report = match &row.audio_hash {
        Some(hash) => store::recordings::get(app.db(), hash).await?,
        None => None,
    };
    Ok(Json(Prompt::with(row, report)))
}
