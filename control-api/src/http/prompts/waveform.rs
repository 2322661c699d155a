//! GET /v1/prompts/{id}/waveform: a picture of a version.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use trunkline_prompts::lab;
use utoipa::ToSchema;

use super::super::extract::auth::OfAnyPrompt;
use super::super::extract::{Auth, CAMPAIGNS, Id, READ};
use super::super::problem::{Found as _, Problem};
use super::audio::on_the_phone;
use crate::runtime::App;
use crate::store;

/// A picture.
#[derive(ToSchema)]
#[schema(value_type = String)]
#[expect(dead_code, reason = "the shape in the OpenAPI document")]
pub(crate) struct Picture(String);

/// The waveform of a version as callers hear it, as SVG.
#[utoipa::path(
    get,
    path = "/v1/prompts/{id}/waveform",
    tag = "prompts",
    params(Id),
    responses(
        (status = 200, description = "The picture.", body = Picture, content_type = "image/svg+xml"),
        Problem
    ),
    security(("key" = ["read"]), ("key" = ["campaigns"]))
)]
pub(crate) async fn prompt_waveform(
    _: Auth<{ READ | CAMPAIGNS }, OfAnyPrompt>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Response, Problem> {
    let row = store::prompts::get(app.db(), &id).await.found("prompt", &id)?;
    let picture = lab::picture(&lab::waveform(&on_the_phone(&app, &row).await?));
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], picture).into_response())
}
