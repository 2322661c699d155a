//! /v1/prompts: versions of the recorded script, and which of them plays.

mod audio;
mod create;
mod delete;
mod deselect;
mod get;
mod list;
mod patch;
mod playing;
mod select;
mod upload;
mod waveform;

use axum::extract::DefaultBodyLimit;
use serde::Serialize;
use trunkline_prompts::lab::Report;
use utoipa::ToSchema;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use super::MAX_UPLOAD_BYTES;
use super::time::Time;
use crate::runtime::App;
use crate::store;
use crate::store::prompts::INSTALLATION;

pub(super) use playing::PlayingNow;

/// Room for the form around an audio file.
const FORM_BYTES: usize = 64 * 1024;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<App> {
    let upload = DefaultBodyLimit::max(MAX_UPLOAD_BYTES + FORM_BYTES);
    OpenApiRouter::default()
        .routes(routes!(list::list_prompts))
        .routes(routes!(create::create_prompt).layer(upload))
        .routes(routes!(
            get::get_prompt,
            patch::patch_prompt,
            delete::delete_prompt
        ))
        .routes(routes!(audio::prompt_audio))
        .routes(routes!(playing::playing_prompts))
        .routes(routes!(select::select_prompt, deselect::deselect_prompt))
        .routes(routes!(waveform::prompt_waveform))
}

/// One version of a prompt.
#[derive(Serialize, ToSchema)]
pub(crate) struct Prompt {
    id: String,
    #[schema(example = "msg_intro")]
    key: String,
    language: String,
    /// Whose version it is; null for the installation's own.
    campaign_id: Option<String>,
    /// Counts up from 1 per campaign and key.
    version: i64,
    /// `recording`, or `text` that is spoken.
    kind: &'static str,
    /// The template that is spoken.
    text: Option<String>,
    /// Voice that speaks the text; empty for the campaign's, else the configured one.
    voice: String,
    /// Length of the recording.
    duration_ms: Option<i64>,
    description: String,
    /// Left out of lists.
    hidden: bool,
    created_at: Time,
    /// What was found out about the recording when it was uploaded; told with one version, not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    recording: Option<Report>,
}

impl Prompt {
    fn with(row: store::prompts::Prompt, recording: Option<Report>) -> Prompt {
        Prompt {
            recording,
            ..Prompt::from(row)
        }
    }
}

impl From<store::prompts::Prompt> for Prompt {
    fn from(p: store::prompts::Prompt) -> Prompt {
        Prompt {
            id: p.id,
            key: p.key,
            language: p.language,
            campaign_id: (p.campaign_id != INSTALLATION).then_some(p.campaign_id),
            version: p.version,
            kind: if p.audio_hash.is_some() {
                "recording"
            } else {
                "text"
            },
            text: p.text,
            voice: p.voice,
            duration_ms: p.duration_ms,
            description: p.description,
            hidden: p.hidden,
            created_at: Time(p.created_at),
            recording: None,
        }
    }
}
