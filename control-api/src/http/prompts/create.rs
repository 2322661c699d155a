//! POST /v1/prompts

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use trunkline_prompts::key::PromptKey;
use trunkline_prompts::lab::Report;
use trunkline_prompts::template;
use trunkline_prompts::words::Word;

use super::super::campaigns::is_language;
use super::super::extract::{Auth, CAMPAIGNS, InReach};
use super::super::problem::{Checks, Kind, Problem};
use super::super::valid;
use super::Prompt;
use super::upload::Upload;
use crate::audio_store::AudioError;
use crate::campaign::NotTaken;
use crate::runtime::App;
use crate::store::grants::Reach;
use crate::store::prompts::{self, INSTALLATION};
use crate::store::{self, StoreError};

/// Two uploads at once may take the same version number; so often the later one tries the next.
const VERSION_TRIES: usize = 5;

/// Adds a version, a recording or a text that is spoken, and selects it: the next session plays it.
#[utoipa::path(
    post,
    path = "/v1/prompts",
    tag = "prompts",
    request_body(content = Upload, content_type = "multipart/form-data"),
    responses((status = 201, description = "The version.", body = Prompt), Problem),
    security(("key" = ["campaigns"]))
)]
pub(crate) async fn create_prompt(
    auth: Auth<{ CAMPAIGNS }, InReach>,
    State(app): State<App>,
    upload: Upload,
) -> Result<(StatusCode, Json<Prompt>), Problem> {
    let language = upload.language.clone().unwrap_or_else(|| "en".to_owned());
    let campaign_id = upload.campaign_id.clone().filter(|id| !id.is_empty());
    check(&app, &upload, &language, campaign_id.as_deref(), auth.reach()).await?;
    let file = upload.file;
    let recording = match &file {
        Some(bytes) => Some(keep(&app, bytes.clone()).await?),
        None => None,
    };
    let (audio_hash, report) = recording.unzip();
    let duration_ms = report
        .as_ref()
        .map(|report| i64::try_from(report.duration_ms).unwrap_or(i64::MAX));
    let row = prompts::Prompt {
        id: app.clock().new_id().to_string(),
        campaign_id: campaign_id.unwrap_or_else(|| INSTALLATION.to_owned()),
        key: upload.key,
        language,
        version: 0,
        text: upload.text,
        voice: upload.voice.unwrap_or_default(),
        audio_hash,
        duration_ms,
        description: upload.description.unwrap_or_default(),
        hidden: false,
        created_at: app.clock().now_ms(),
    };
    let made = insert(&app, &row).await?;
    if let Some(bytes) = file {
        // Somebody may have taken the same bytes away before our row was there (audio_store.rs).
        app.script().audio().put(bytes).await.map_err(not_kept)?;
    }
    Ok((StatusCode::CREATED, Json(Prompt::with(made, report))))
}

async fn check(
    app: &App,
    upload: &Upload,
    language: &str,
    campaign_id: Option<&str>,
    reach: &Reach,
) -> Result<(), Problem> {
    let mut checks = Checks::default();
    let key = PromptKey::parse(&upload.key);
    let names: Vec<&str> = PromptKey::ALL.iter().map(|key| key.as_str()).collect();
    let is_word = Word::parse(&upload.key).is_some();
    checks.require(
        key.is_ok() || is_word,
        "/key",
        format!(
            "expected one of {}, or a number's recording, word_0 to word_100",
            names.join(", ")
        ),
    );
    checks.require(
        !is_word || upload.text.is_none(),
        "/text",
        "a small word is recorded: without a recording it is spoken within its sentence",
    );
    checks.require(is_language(language), "/language", valid::LANGUAGE);
    valid::campaign_in_reach(&mut checks, app, "/campaign_id", campaign_id, reach).await?;
    valid::line(
        &mut checks,
        "/description",
        upload.description.as_deref().unwrap_or_default(),
    );
    valid::voice(&mut checks, upload.voice.as_deref().unwrap_or_default());
    checks.require(
        upload.file.is_some() != upload.text.is_some(),
        "/file",
        "expected either a file or a text, and not both",
    );
    if let (Some(text), Ok(key)) = (&upload.text, key)
        && let Err(error) = template::check(key, text)
    {
        checks.wrong("/text", error.to_string());
    }
    checks.finish()
}

/// Has the recording examined, to know that callers will hear it, and keeps it. Answers its hash and what was found out.
async fn keep(app: &App, bytes: Bytes) -> Result<(String, Report), Problem> {
    let taken = app.script().take_in(bytes).await;
    let (hash, report) = taken.map_err(|error| match error {
        NotTaken::Upload(refused) => Problem::field("/file", refused.to_string()),
        NotTaken::Kept(error) => not_kept(error),
        NotTaken::Failed => Problem::new(Kind::Unavailable, error.to_string()),
    })?;
    store::recordings::put(app.db(), &hash, &report).await?;
    Ok((hash, report))
}

fn not_kept(error: AudioError) -> Problem {
    tracing::error!(%error, "an uploaded recording cannot be kept");
    Problem::new(Kind::Unavailable, error.to_string())
}

async fn insert(app: &App, row: &prompts::Prompt) -> store::Result<prompts::Prompt> {
    let mut made = prompts::create(app.db(), row).await;
    for _ in 1..VERSION_TRIES {
        if !matches!(made, Err(StoreError::Conflict { .. })) {
            break;
        }
        made = prompts::create(app.db(), row).await;
    }
    made
}
