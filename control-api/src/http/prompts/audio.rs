//! GET /v1/prompts/{id}/audio: hear a version before callers do.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use trunkline_media::codec::Codec;
use trunkline_prompts::pcm::{Pcm, RATE, wav};
use trunkline_prompts::{template, words};
use utoipa::{IntoParams, ToSchema};

use super::super::extract::auth::OfAnyPrompt;
use super::super::extract::{Auth, CAMPAIGNS, Id, Params, READ};
use super::super::problem::{Found as _, Kind, Problem};
use crate::audio_store::AudioError;
use crate::campaign::encode;
use crate::runtime::App;
use crate::store;
use crate::store::prompts::Prompt;

/// Samples a second of a telephone.
const PHONE_HZ: u32 = 8_000;

/// A file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "the shape in the OpenAPI document")]
pub(crate) struct Sound(Vec<u8>);

/// How to give it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum As {
    /// As it was uploaded, or as the text is spoken.
    #[default]
    Original,
    /// As a telephone plays it: levelled, trimmed, and through G.711 at 8 kHz.
    Phone,
}

/// How to give it.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AudioParams {
    /// `original`, or `phone` as callers hear it.
    #[serde(default, rename = "as")]
    #[param(inline)]
    form: As,
}

/// What callers would hear: the recording as it was uploaded or as a telephone plays it, or the text as it is spoken, with examples for its
/// variables.
#[utoipa::path(
    get,
    path = "/v1/prompts/{id}/audio",
    tag = "prompts",
    params(Id, AudioParams),
    responses(
        (status = 200, description = "The sound.", body = Sound, content_type = "audio/wav"),
        Problem
    ),
    security(("key" = ["read"]), ("key" = ["campaigns"]))
)]
pub(crate) async fn prompt_audio(
    _: Auth<{ READ | CAMPAIGNS }, OfAnyPrompt>,
    State(app): State<App>,
    Id(id): Id,
    Params(params): Params<AudioParams>,
) -> Result<Response, Problem> {
    let row = store::prompts::get(app.db(), &id).await.found("prompt", &id)?;
    let bytes = match (params.form, &row.audio_hash) {
        (As::Original, Some(hash)) => recording(&app, hash.clone()).await?,
        (As::Original, None) => wav(&spoken(&app, &row).await?.samples, RATE).into(),
        (As::Phone, _) => wav(&on_the_phone(&app, &row).await?, PHONE_HZ).into(),
    };
    Ok(([(header::CONTENT_TYPE, content_type(&bytes))], bytes).into_response())
}

/// A version as a telephone plays it.
pub(super) async fn on_the_phone(app: &App, row: &Prompt) -> Result<Vec<i16>, Problem> {
    let clip = match &row.audio_hash {
        Some(hash) => {
            let clip = app.script().recording(hash.clone()).await;
            clip.map_err(|why| Problem::new(Kind::Unavailable, why))?
        }
        None => encode(&spoken(app, row).await?),
    };
    let mut pcm = Vec::with_capacity(clip.samples);
    Codec::Pcmu.decode(&clip.pcmu, &mut pcm);
    Ok(pcm)
}

async fn recording(app: &App, hash: String) -> Result<Bytes, Problem> {
    app.script()
        .audio()
        .get(&hash)
        .await
        .map_err(|error| match error {
            AudioError::Absent => Problem::new(
                Kind::NotFound,
                "the recording is not on this node: upload it again",
            ),
            error @ (AudioError::Folder(_) | AudioError::Bucket(_) | AudioError::Broken) => {
                Problem::new(Kind::Unavailable, error.to_string())
            }
        })
}

async fn spoken(app: &App, row: &Prompt) -> Result<Pcm, Problem> {
    let examples = json!({
        "n_targets": 3, "many": true, "title": "Senator", "name": "Ada Lovelace", "location": "Albany",
        "office_type": "main", "district": "3", "calls_left": 2, "one": false, "organization": "the campaign",
        "letters": false, "day": words::date(0, 1, 5),
    });
    let text = row.text.as_deref().unwrap_or_default();
    let text = template::render_spoken(text, &examples, &row.language)
        .map_err(|e| Problem::new(Kind::Conflict, e.to_string()))?;
    let said = app
        .script()
        .say(text, row.language.clone(), row.voice.clone())
        .await;
    said.map_err(|e| Problem::new(Kind::Unavailable, e.to_string()))
}

/// By the first bytes: the name of the uploaded file is not kept.
fn content_type(bytes: &[u8]) -> &'static str {
    match bytes {
        [b'R', b'I', b'F', b'F', ..] => "audio/wav",
        [b'f', b'L', b'a', b'C', ..] => "audio/flac",
        [b'O', b'g', b'g', b'S', ..] => "audio/ogg",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "audio/mp4",
        [b'I', b'D', b'3', ..] | [0xff, 0xe0..=0xff, ..] => "audio/mpeg",
        [0x1A, 0x45, 0xDF, 0xA3, ..] => "audio/webm",
        _ => "application/octet-stream",
    }
}
