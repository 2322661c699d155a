//! GET /api/audiorecording, GET /api/audiorecording/{id}: versions of prompts.

use std::collections::HashMap;

use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::super::compat::answer::Fault;
use super::super::extract::{Answer, Json, Key, KeyParams, Query};
use super::{BrowseParams, Objects, find, get};
use crate::runtime::App;
use crate::store::browse::{AUDIO_RECORDING, AudioRow, selections};
/// A version of a prompt, with CallPower's fields first.
#[derive(Serialize, ToSchema)]
pub(crate) struct AudioObject {
    id: String,
    #[schema(example = "msg_intro")]
    key: String,
    version: i64,
    description: String,
    /// The template that is spoken; null for a recording.
    text_to_speech: Option<String>,
    hidden: bool,
    /// Where a recording is heard, with the key of the API; null for a text.
    file_url: Option<String>,
    /// Campaigns that it belongs to or that have selected it, joined by commas.
    campaign_names: String,
    campaign_ids: Vec<String>,
    /// Campaigns that play it, joined by commas.
    selected_campaign_names: String,
    selected_campaign_ids: Vec<String>,
    language: String,
}

/// Campaigns by the version that they have selected: id and name.
type Selections = HashMap<String, Vec<(String, String)>>;

fn object(app: &App, row: AudioRow, selections: &Selections) -> AudioObject {
    let selected = selections.get(&row.id).cloned().unwrap_or_default();
    let own = row.campaign_id.zip(row.campaign_name);
    let mut all = selected.clone();
    all.extend(own.filter(|own| !selected.contains(own)));
    let names = |campaigns: &[(String, String)]| {
        let names: Vec<&str> = campaigns.iter().map(|(_, name)| name.as_str()).collect();
        names.join(",")
    };
    let ids = |campaigns: &[(String, String)]| campaigns.iter().map(|(id, _)| id.clone()).collect();
    AudioObject {
        file_url: row
            .audio_hash
            .map(|_| format!("{}/v1/prompts/{}/audio", app.config().public_url(), row.id)),
        campaign_names: names(&all),
        campaign_ids: ids(&all),
        selected_campaign_names: names(&selected),
        selected_campaign_ids: ids(&selected),
        id: row.id,
        key: row.key,
        version: row.version,
        description: row.description,
        text_to_speech: row.text,
        hidden: row.hidden,
        language: row.language,
    }
}

/// Versions of prompts by filters.
#[utoipa::path(
    get,
    path = "/api/audiorecording",
    tag = "compatible",
    params(BrowseParams, KeyParams),
    responses(
        (status = 200, description = "A page.", body = Objects<AudioObject>),
        (status = 400, description = "A filter, an order or a page is not understood; the description says what would be.", body = Fault),
        (status = 401, description = "No key, or one that is not good.", body = Fault),
        (status = 403, description = "The key may not read.", body = Fault),
        (status = 503, description = "Not now; Retry-After says when.", body = Fault)
    ),
    security(("key" = ["read"]))
)]
pub(crate) async fn audiorecordings(Key(reach): Key, State(app): State<App>, query: Query) -> Answer {
    let mut found = find::<AudioRow>(&app, &AUDIO_RECORDING, &reach, &query).await?;
    let selected = selections(app.db(), &reach).await?;
    let rows = std::mem::take(&mut found.rows);
    let objects = rows.into_iter().map(|row| object(&app, row, &selected)).collect();
    found.answer::<AudioObject>(objects)
}

/// One version of a prompt.
#[utoipa::path(
    get,
    path = "/api/audiorecording/{id}",
    tag = "compatible",
    params(("id" = String, Path, description = "The version's id."), KeyParams),
    responses(
        (status = 200, description = "It.", body = AudioObject),
        (status = 401, description = "No key, or one that is not good.", body = Fault),
        (status = 403, description = "The key may not read.", body = Fault),
        (status = 404, description = "There is none.", body = Fault),
        (status = 503, description = "Not now; Retry-After says when.", body = Fault)
    ),
    security(("key" = ["read"]))
)]
pub(crate) async fn audiorecording(
    Key(reach): Key,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Answer {
    let row = get::<AudioRow>(&app, &AUDIO_RECORDING, &reach, &id).await?;
    let selected = selections(app.db(), &reach).await?;
    Ok(Json::of(&object(&app, row, &selected)))
}
