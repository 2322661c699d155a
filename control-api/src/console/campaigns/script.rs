//! /campaigns/{id}/script: what callers hear, key by key: versions that are recorded here, uploaded or written, listened to, selected.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, OriginalUri, Path};
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::api::{List, encoded};
use super::super::door::Visitor;
use super::super::forms::{Field, Filled};
use super::super::layout::{Page, Section};
use super::super::parts;
use super::super::say::Say;
use super::super::{Answer, Console};
use super::{Campaign, Tab, path};
use crate::http::MAX_UPLOAD_BYTES;
use crate::http::local::Refused;

/// Room for the form around an upload.
const FORM_BYTES: usize = 64 * 1024;

/// A version.
#[derive(Deserialize)]
struct Version {
    id: String,
    language: String,
    version: i64,
    kind: String,
    text: Option<String>,
    duration_ms: Option<i64>,
    description: String,
    created_at: String,
}

/// What plays for a key.
#[derive(Deserialize)]
struct Plays {
    key: String,
    why: String,
    prompt: Option<Version>,
    text: Option<String>,
    never_plays: Option<String>,
}

/// What plays for every key.
#[derive(Deserialize)]
struct Playing {
    items: Vec<Plays>,
}

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/campaigns/{id}/script", get(script))
        .route("/campaigns/{id}/script/{key}", get(key))
        .route(
            "/campaigns/{id}/script/{key}/add",
            post(add).layer(DefaultBodyLimit::max(MAX_UPLOAD_BYTES + FORM_BYTES)),
        )
        .route("/campaigns/{id}/script/{key}/versions", post(version))
}

async fn playing(visitor: &Visitor, id: &str) -> Result<Playing, Refused> {
    visitor.api.get(&path(id, "/prompts")).await
}

async fn script(visitor: Visitor, Path(id): Path<String>) -> Answer {
    let say = visitor.say;
    let campaign = Campaign::get(&visitor, &id).await?;
    let playing = playing(&visitor, &id).await?;
    let (heard, silent): (Vec<&Plays>, Vec<&Plays>) =
        playing.items.iter().partition(|p| p.never_plays.is_none());
    let body = html! {
        (campaign.tabs(say, Tab::Script))
        p { (say.t("In the order of a call. What nobody has recorded or written is spoken in our own words.")) }
        div.wide role="group" tabindex="0" aria-label=(say.t("Script")) { table {
            thead { tr { th { (say.t("Prompt")) } th { (say.t("What plays")) } th { (say.t("Why")) } th { (say.t("Listen")) } } }
            tbody { @for plays in heard { (row(say, &campaign, plays)) } }
        } }
        @if !silent.is_empty() {
            details {
                summary { (say.t("Prompts that no caller of this campaign hears")) }
                ul { @for plays in silent { li { a href=(key_path(&campaign, &plays.key)) { (say.word(&plays.key)) } ": " (plays.never_plays.as_deref().unwrap_or_default()) } } }
            }
        }
    };
    Ok(Page::new(Section::Campaigns, campaign.name.clone(), body).show(&visitor))
}

fn key_path(campaign: &Campaign, key: &str) -> String {
    format!("/campaigns/{}/script/{}", campaign.id, encoded(key))
}

fn row(say: Say, campaign: &Campaign, plays: &Plays) -> Markup {
    html! {
        tr {
            td { a href=(key_path(campaign, &plays.key)) { (say.word(&plays.key)) } br; code.faint { (plays.key) } }
            td { (what(say, plays)) }
            td.faint { (plays.why) }
            td { @if let Some(version) = &plays.prompt { (listen(say, version, &plays.key)) } }
        }
    }
}

fn what(say: Say, plays: &Plays) -> Markup {
    match (&plays.text, &plays.prompt) {
        (Some(text), _) => html! { "“" (text) "”" },
        (None, Some(version)) => {
            html! { (say.word("recording")) " " (parts::duration(version.duration_ms.unwrap_or(0))) " " (version.description) }
        }
        (None, None) => html! { "–" },
    }
}

/// Two ways to hear a version: as it is, and as it sounds on a telephone.
fn listen(say: Say, version: &Version, key: &str) -> Markup {
    let source = format!("/v1/prompts/{}/audio", version.id);
    html! {
        audio controls preload="none" src=(source) aria-label={ (say.word(key)) " " (version.version) } {}
        br;
        a href={ (source) "?as=phone" } { (say.t("as it sounds on a phone")) }
    }
}

async fn key(
    visitor: Visitor,
    Path((id, key)): Path<(String, String)>,
    OriginalUri(uri): OriginalUri,
) -> Answer {
    let query = Filled::parse(uri.query().unwrap_or_default().as_bytes());
    key_page(&visitor, &id, &key, &query).await
}

async fn key_page(visitor: &Visitor, id: &str, key: &str, filled: &Filled) -> Result<Response, Refused> {
    let say = visitor.say;
    let campaign = Campaign::get(visitor, id).await?;
    let playing = playing(visitor, id).await?;
    let plays = playing.items.iter().find(|plays| plays.key == key);
    let plays = plays.ok_or_else(|| Refused {
        status: axum::http::StatusCode::NOT_FOUND,
        detail: say.t("There is no such prompt.").into_owned(),
        faults: Vec::new(),
    })?;
    let list = format!(
        "/v1/prompts?campaign_id={}&key={}&limit=50",
        encoded(id),
        encoded(key)
    );
    let versions: List<Version> = visitor.api.get(&list).await?;
    let body = html! {
        (parts::done(say, Some(filled.text("done"))))
        (campaign.tabs(say, Tab::Script))
        h2 { (say.word(key)) " " code.faint { (key) } }
        section.card {
            h3 { (say.t("What plays now")) }
            p { (what(say, plays)) }
            p.hint { (plays.why) }
            @if let Some(version) = &plays.prompt { (listen(say, version, key)) }
        }
        @if visitor.may_campaign() {
            (filled.complaint())
            div.cards {
                (recorder(say, &campaign, key))
                (upload(say, &campaign, key))
                (written(say, &campaign, key, plays, filled))
            }
        }
        (versions_of(visitor, &campaign, key, plays, &versions.items))
    };
    Ok(Page::new(Section::Campaigns, campaign.name.clone(), body).show(visitor))
}

/// What the script needs to know stands in the element, so that its texts are in the reader's language.
fn recorder(say: Say, campaign: &Campaign, key: &str) -> Markup {
    let fields = json!({ "campaign_id": campaign.id, "key": key, "language": campaign.language });
    let then = format!("{}?done=added", key_path(campaign, key));
    html! {
        section.card #recorder data-fields=(fields) data-then=(then)
            data-running=(say.t("Recording: {value} s")) data-loud=(say.t("Recording: {value} s. Too loud: go back a little."))
            data-recorded=(say.t("Listen to it, then keep it or record it again.")) data-sending=(say.t("Being kept …"))
            data-refused=(say.t("The microphone cannot be used: {value}")) data-failed=(say.t("It was not kept: {value}")) {
            h3 { (say.t("Record it here")) }
            noscript { p { (say.t("Recording needs scripting. Upload a file instead.")) } }
            p.row {
                button.main type="button" data-part="start" { (say.t("Record")) }
                button type="button" data-part="stop" disabled { (say.t("Stop")) }
                button type="button" data-part="send" disabled { (say.t("Keep it")) }
            }
            label { (say.t("Level")) meter.level data-part="level" min="0" max="1" low="0.1" high="0.9" optimum="0.5" value="0" {} }
            p data-part="state" role="status" {}
            audio data-part="listen" controls hidden aria-label=(say.t("What was recorded")) {}
        }
    }
}

fn upload(say: Say, campaign: &Campaign, key: &str) -> Markup {
    html! {
        section.card {
            h3 { (say.t("Upload a file")) }
            form method="post" action={ (key_path(campaign, key)) "/add" } enctype="multipart/form-data" {
                (hidden(campaign, key))
                div.field {
                    label for="file" { (say.t("WAV, MP3, M4A, OGG, FLAC or WebM")) }
                    input id="file" name="file" type="file" accept="audio/*" required;
                }
                button type="submit" { (say.t("Upload")) }
            }
        }
    }
}

fn written(say: Say, campaign: &Campaign, key: &str, plays: &Plays, filled: &Filled) -> Markup {
    let (label, hint) = (
        say.t("Text"),
        say.t("Variables as {{name}}. docs/PROMPTS.md has them all."),
    );
    let text = Field::new("text", label).hint(hint).required();
    let now = match filled.has("text") {
        true => filled.clone(),
        false => filled.clone().set("text", plays.text.clone().unwrap_or_default()),
    };
    html! {
        section.card {
            h3 { (say.t("Write it, and have it spoken")) }
            form method="post" action={ (key_path(campaign, key)) "/add" } enctype="multipart/form-data" {
                (hidden(campaign, key))
                (text.area(&now, 5))
                button type="submit" { (say.t("Keep the text")) }
            }
        }
    }
}

fn hidden(campaign: &Campaign, key: &str) -> Markup {
    html! {
        input type="hidden" name="campaign_id" value=(campaign.id);
        input type="hidden" name="key" value=(key);
        input type="hidden" name="language" value=(campaign.language);
    }
}

/// The form goes to the API as it came.
async fn add(
    visitor: Visitor,
    Path((id, key)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    match visitor.api.forward("/v1/prompts", kind, body).await {
        Ok(_) => {
            let there = format!("/campaigns/{}/script/{}?done=added", encoded(&id), encoded(&key));
            Ok(Redirect::to(&there).into_response())
        }
        Err(refused) => {
            let status = refused.status;
            let page = key_page(&visitor, &id, &key, &Filled::default().refused(refused)).await?;
            Ok((status, page).into_response())
        }
    }
}

fn versions_of(
    visitor: &Visitor,
    campaign: &Campaign,
    key: &str,
    plays: &Plays,
    versions: &[Version],
) -> Markup {
    let say = visitor.say;
    let now = plays.prompt.as_ref().map(|version| version.id.as_str());
    let deed = |version: &Version, word: &str, label: &str| {
        html! {
            form.inline method="post" action={ (key_path(campaign, key)) "/versions" } {
                input type="hidden" name="version" value=(version.id);
                input type="hidden" name="language" value=(version.language);
                button type="submit" name="deed" value=(word) aria-label={ (label) " " (version.version) } { (label) }
            }
        }
    };
    html! {
        h2 { (say.t("Versions")) }
        div.wide role="group" tabindex="0" aria-label=(say.t("Versions")) { table {
            thead { tr { th { "#" } th { (say.t("Language")) } th { (say.t("What")) } th { (say.t("Made")) } th { (say.t("Listen")) } th { (say.t("Use")) } } }
            tbody {
                @for version in versions {
                    tr {
                        td { (version.version) } td { (version.language) }
                        td {
                            @match &version.text { Some(text) => { "“" (text) "”" }, None => { (say.word(&version.kind)) " " (parts::duration(version.duration_ms.unwrap_or(0))) } }
                            @if !version.description.is_empty() { br; span.faint { (version.description) } }
                        }
                        td { (parts::time(&version.created_at)) }
                        td { (listen(say, version, key)) }
                        td {
                            @if now == Some(version.id.as_str()) { span.badge.good { (say.t("plays")) } " " @if visitor.may_campaign() { (deed(version, "deselect", &say.t("Do not use"))) } }
                            @else if visitor.may_campaign() { (deed(version, "select", &say.t("Use"))) " " (deed(version, "hide", &say.t("Hide"))) }
                        }
                    }
                }
                @if versions.is_empty() { tr { td colspan="6" { (say.t("There is none yet.")) } } }
            }
        } }
    }
}

async fn version(visitor: Visitor, Path((id, key)): Path<(String, String)>, filled: Filled) -> Answer {
    let prompt = format!("/v1/prompts/{}", encoded(filled.text("version")));
    let selection = json!({ "campaign_id": id });
    match filled.text("deed") {
        "select" => visitor.api.post(&format!("{prompt}/select"), selection).await?,
        "deselect" => {
            let path = format!("{prompt}/select?campaign_id={}", encoded(&id));
            visitor.api.send(Method::DELETE, &path, Value::Null).await?
        }
        _ => {
            visitor
                .api
                .send(Method::PATCH, &prompt, json!({ "hidden": true }))
                .await?
        }
    };
    let there = format!("/campaigns/{}/script/{}?done=saved", encoded(&id), encoded(&key));
    Ok(Redirect::to(&there).into_response())
}
