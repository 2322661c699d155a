//! /campaigns/{id}/embed: the lines to put into one's own page, and how its form behaves (CAMPAIGNS.md 8).

use axum::Router;
use axum::extract::{OriginalUri, Path, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::super::api::encoded;
use super::super::door::Visitor;
use super::super::forms::{Field, Filled};
use super::super::layout::{Page, Section};
use super::super::say::Say;
use super::super::{Answer, Console, parts};
use super::{Campaign, Tab, path};
use crate::http::local::Refused;
use crate::runtime::App;

/// Options that are one line of text.
const LINES: [&str; 6] = [
    "redirectAfter",
    "form",
    "phoneField",
    "locationField",
    "phoneDisplay",
    "overlayCloseText",
];
/// Options that are numbers.
const NUMBERS: [&str; 1] = ["submitDelay"];
/// Options that are code of the campaign's own.
const CODE: [&str; 3] = ["customCSS", "customJS", "customOnload"];
/// What may become of the script that callers read.
const DISPLAYS: [&str; 5] = ["overlay", "replace", "redirect", "alert", "custom"];

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/campaigns/{id}/embed", get(show).post(save))
}

async fn show(
    visitor: Visitor,
    State(app): State<App>,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
) -> Answer {
    let query = Filled::parse(uri.query().unwrap_or_default().as_bytes());
    let value: Value = visitor.api.get(&path(&id, "")).await?;
    let filled = Filled::of(&value["embed"]).set("done", query.text("done"));
    page(&visitor, &app, &id, &filled).await
}

async fn save(visitor: Visitor, State(app): State<App>, Path(id): Path<String>, filled: Filled) -> Answer {
    // What the form does not show stays: the API merges (RFC 7396), and null falls back to the default.
    let texts = LINES.iter().chain(&CODE).chain(&["scriptDisplay"]);
    let mut embed: Map<String, Value> = texts
        .map(|name| ((*name).to_owned(), filled.optional(name)))
        .collect();
    embed.extend(NUMBERS.map(|name| (name.to_owned(), filled.number(name))));
    embed.insert("companion".to_owned(), json!(filled.has("companion")));
    let sent = visitor
        .api
        .send(Method::PATCH, &path(&id, ""), json!({ "embed": embed }))
        .await;
    match sent {
        Ok(_) => Ok(Redirect::to(&format!("/campaigns/{}/embed?done=saved", encoded(&id))).into_response()),
        Err(mut refused) => {
            for (pointer, _) in &mut refused.faults {
                *pointer = pointer.trim_start_matches("/embed").to_owned();
            }
            let page = page(&visitor, &app, &id, &filled.refused(refused)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

async fn page(visitor: &Visitor, app: &App, id: &str, filled: &Filled) -> Result<Response, Refused> {
    let say = visitor.say;
    let campaign = Campaign::get(visitor, id).await?;
    let address = format!("{}/api/campaign/{}", app.config().public_url(), campaign.id);
    let body = html! {
        (parts::done(say, Some(filled.text("done"))))
        (campaign.tabs(say, Tab::Embed))
        p { (say.t("A form on your own page starts the call: put one of these into it.")) }
        (code(say, "code-script", &say.t("For a form that you have"), &format!("<script src=\"{address}/embed.js\" defer></script>")))
        (code(say, "code-frame", &say.t("As a frame with a form of ours"),
            &format!("<iframe src=\"{address}/embed_iframe.html\" title=\"{}\" width=\"100%\" height=\"480\"></iframe>", campaign.name)))
        p { a href={ (address) "/embed_code.html" } { (say.t("Both with a whole form, to copy")) } " · "
            a href={ (address) "/embed_iframe.html" } { (say.t("Try the form")) } }
        h2 { (say.t("How the form behaves")) }
        form method="post" action={ "/campaigns/" (campaign.id) "/embed" } {
            (filled.complaint())
            (fields(say, filled))
            @if visitor.may_campaign() { button.main type="submit" { (say.t("Save")) } }
        }
    };
    Ok(Page::new(Section::Campaigns, campaign.name.clone(), body).show(visitor))
}

fn code(say: Say, id: &str, title: &str, text: &str) -> Markup {
    html! {
        h3 { (title) }
        pre role="group" tabindex="0" aria-label=(title) { code id=(id) { (text) } }
        button type="button" data-copy=(id) data-copied=(say.t("Copied")) { (say.t("Copy")) }
    }
}

fn fields(say: Say, filled: &Filled) -> Markup {
    let displays = DISPLAYS.map(|word| (word.to_owned(), say.word(word).into_owned()));
    html! {
        (Field::new("form", say.t("Selector of your form")).hint(say.t("As in style sheets: #call_form.")).input(filled))
        (Field::new("phoneField", say.t("Selector of its field for the telephone")).input(filled))
        (Field::new("locationField", say.t("Selector of its field for the place")).hint(say.t("Several, with commas between them, are joined.")).input(filled))
        (Field::new("scriptDisplay", say.t("How the script is shown")).select(filled, &displays))
        (Field::new("companion", say.t("Show how the call stands: it rings, who is on the line")).tick(filled))
        (Field::new("phoneDisplay", say.t("Selector of where our number is shown")).input(filled))
        (Field::new("overlayCloseText", say.t("Text of the button that closes the overlay")).input(filled))
        (Field::new("redirectAfter", say.t("Address of the page that comes next")).kind("url").input(filled))
        (Field::new("submitDelay", say.t("Send your form on after so many milliseconds")).kind("number").input(filled))
        (Field::new("customCSS", say.t("Styles of your own")).area(filled, 4))
        (Field::new("customJS", say.t("JavaScript of your own, before the form is sent")).area(filled, 4))
        (Field::new("customOnload", say.t("JavaScript of your own, when the page is ready")).area(filled, 4))
    }
}
