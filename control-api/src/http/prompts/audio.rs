//! GET /v1/prompts/{id}/audio: hear a version before callers do.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use trunkline_prompts::pcm::Pcm;
use trunkline_prompts::template;
use utoipa::ToSchema;

use super::super::extract::auth::OfAnyPrompt;
use super::super::extract::{Auth, CAMPAIGNS, Id, READ};
use super::super::problem::{Found as _, Kind, Problem};
use crate::audio_store::AudioError;
use crate::runtime::App;
use crate::store;

/// A file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "the shape in the OpenAPI document")]
pub(crate) struct Sound(Vec<u8>);

/// What callers would hear: the recording as it was uploaded, or the text as it is spoken, with examples for its variables.
#[utoipa::path(
    get,
    path = "/v1/prompts/{id}/audio",
    tag = "prompts",
    params(Id),
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
) -> Result<Response, Problem> {
    let row = store::prompts::get(app.db(), &id).await.found("prompt", &id)?;
    let bytes = match row.audio_hash {
        Some(hash) => recording(&app, hash).await?,
        None => Bytes::from(spoken(&app, row.text.unwrap_or_default(), row.language, row.voice).await?),
    };
    Ok(([(header::CONTENT_TYPE, content_type(&bytes))], bytes).into_response())
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

async fn spoken(app: &App, text: String, language: String, voice: String) -> Result<Vec<u8>, Problem> {
    let examples = json!({
        "n_targets": 3, "many": true, "title": "Senator", "name": "Ada Lovelace", "location": "Albany",
        "office_type": "main", "district": "3", "calls_left": 2, "one": false, "organization": "the campaign",
        "letters": false,
    });
    let text = template::render_spoken(&text, &examples, &language)
        .map_err(|e| Problem::new(Kind::Conflict, e.to_string()))?;
    let pcm = app
        .script()
        .say(text, language, voice)
        .await
        .map_err(|e| Problem::new(Kind::Unavailable, e.to_string()))?;
    Ok(wav(&pcm))
}

/// A WAV file (RIFF, PCM, 16 bit, mono, 8 kHz).
pub(crate) fn wav(pcm: &Pcm) -> Vec<u8> {
    const RATE: u32 = 8_000;
    let data_bytes = u32::try_from(pcm.samples.len() * 2).unwrap_or(u32::MAX - 36);
    let mut out = Vec::with_capacity(44 + pcm.samples.len() * 2);
    out.extend_from_slice(b"RIFF");
    out.extend_from_slice(&(36 + data_bytes).to_le_bytes());
    out.extend_from_slice(b"WAVEfmt ");
    out.extend_from_slice(&16u32.to_le_bytes());
    out.extend_from_slice(&1u16.to_le_bytes());
    out.extend_from_slice(&1u16.to_le_bytes());
    out.extend_from_slice(&RATE.to_le_bytes());
    out.extend_from_slice(&(RATE * 2).to_le_bytes());
    out.extend_from_slice(&2u16.to_le_bytes());
    out.extend_from_slice(&16u16.to_le_bytes());
    out.extend_from_slice(b"data");
    out.extend_from_slice(&data_bytes.to_le_bytes());
    for sample in &pcm.samples {
        out.extend_from_slice(&sample.to_le_bytes());
    }
    out
}

/// By the first bytes: the name of the uploaded file is not kept.
fn content_type(bytes: &[u8]) -> &'static str {
    match bytes {
        [b'R', b'I', b'F', b'F', ..] => "audio/wav",
        [b'f', b'L', b'a', b'C', ..] => "audio/flac",
        [b'O', b'g', b'g', b'S', ..] => "audio/ogg",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "audio/mp4",
        [b'I', b'D', b'3', ..] | [0xff, 0xe0..=0xff, ..] => "audio/mpeg",
        _ => "application/octet-stream",
    }
}
