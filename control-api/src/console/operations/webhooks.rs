//! /operations/webhooks: who is told of events, what became of it, and what is to be told again.

use axum::extract::{OriginalUri, Path};
use axum::http::{Method, StatusCode};
use axum::response::IntoResponse;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Answer;
use super::super::api::{List, encoded};
use super::super::door::Visitor;
use super::super::forms::{Field, Filled};
use super::super::parts;
use super::super::say::Say;
use super::{
    LIMIT, Tab, back, more, name_of, names, nothing, options, page, passed_on, query_of, secret, told, words,
};

#[derive(Deserialize)]
struct Webhook {
    id: String,
    url: String,
    events: Vec<String>,
    campaign_id: Option<String>,
    enabled: bool,
}

#[derive(Deserialize)]
struct Delivery {
    event_id: String,
    state: String,
    attempts: i64,
    status: Option<i64>,
    error: String,
    updated_at: String,
}

pub(super) async fn list(visitor: Visitor, uri: OriginalUri) -> Answer {
    let query = query_of(&uri);
    shown(&visitor, &query, &Filled::default()).await
}

async fn shown(visitor: &Visitor, query: &Filled, filled: &Filled) -> Answer {
    let say = visitor.say;
    let hooks: List<Webhook> = visitor.api.get("/v1/webhooks?limit=1000").await?;
    let campaigns = names(visitor, "campaigns").await?;
    let body = html! {
        (told(say, query))
        div.wide role="group" tabindex="0" aria-label=(say.t("Webhooks")) { table {
            thead { tr { th { (say.t("Address")) } th { (say.t("Events")) } th { (say.t("Campaign")) } th { (say.t("State")) } } }
            tbody {
                @for hook in &hooks.items {
                    tr {
                        td { a href={ "/operations/webhooks/" (hook.id) } { (hook.url) } }
                        td { (hook.events.join(", ")) }
                        td { @if let Some(id) = &hook.campaign_id { (name_of(&campaigns, id)) } @else { (say.t("for all")) } }
                        td { (parts::badge(say, if hook.enabled { "enabled" } else { "disabled" })) }
                    }
                }
                @if hooks.items.is_empty() { (nothing(say, 4)) }
            }
        } }
        @if visitor.may_all() {
            section {
                h2 { (say.t("New webhook")) }
                form method="post" action="/operations/webhooks" {
                    (filled.complaint())
                    (Field::new("url", say.t("Address")).hint(say.t("https, at a public address.")).kind("url").required().input(filled))
                    (Field::new("events", say.t("Events")).hint(say.t("One a line: session.*, call.ended, or * for all.")).area(filled, 2))
                    (Field::new("campaign_id", say.t("Only for this campaign")).select(filled, &options(&say.t("for all"), &campaigns)))
                    button.main type="submit" { (say.t("Save")) }
                }
            }
        }
    };
    Ok(page(visitor, Tab::Webhooks, say.t("Webhooks"), &body).show(visitor))
}

pub(super) async fn create(visitor: Visitor, filled: Filled) -> Answer {
    let say = visitor.say;
    let body = json!({
        "url": filled.string("url"), "events": filled.lines("events"), "campaign_id": filled.optional("campaign_id"),
    });
    match visitor.api.post("/v1/webhooks", body).await {
        Ok(made) => {
            let there = format!("/operations/webhooks/{}", made["id"].as_str().unwrap_or_default());
            let body = html! {
                (secret(say, &say.t("What deliveries are signed with"), made["secret"].as_str().unwrap_or_default()))
                p { a href=(there) { (say.t("To the webhook")) } }
            };
            Ok(page(&visitor, Tab::Webhooks, say.t("New webhook"), &body).show(&visitor))
        }
        Err(refused) => {
            let page = shown(&visitor, &Filled::default(), &filled.refused(refused)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

pub(super) async fn one(visitor: Visitor, Path(id): Path<String>, uri: OriginalUri) -> Answer {
    let say = visitor.say;
    let query = query_of(&uri);
    let path = format!("/v1/webhooks/{}", encoded(&id));
    let hook: Webhook = visitor.api.get(&path).await?;
    let filters = passed_on(&query, &["state"]);
    let cursor = passed_on(&query, &["cursor"]);
    let deliveries: List<Delivery> = visitor
        .api
        .get(&format!("{path}/deliveries?limit={LIMIT}{filters}{cursor}"))
        .await?;
    let there = format!("/operations/webhooks/{}", hook.id);
    let mut states = vec![(String::new(), say.t("All").into_owned())];
    states.extend(words(say, &["waiting", "done", "dead"]));
    let body = html! {
        (told(say, &query))
        @if visitor.may_all() { (deeds(say, &there)) }
        h2 { (say.t("Deliveries")) }
        form.filters method="get" action=(there) {
            (Field::new("state", say.t("State")).select(&query, &states))
            button type="submit" { (say.t("Show")) }
        }
        div.wide role="group" tabindex="0" aria-label=(say.t("Deliveries")) { table {
            thead { tr {
                th { (say.t("When")) } th { (say.t("Event")) } th { (say.t("State")) } th.number { (say.t("Tries")) }
                th { "HTTP" } th { (say.t("What was wrong")) } th { span.unseen { (say.t("Change")) } }
            } }
            tbody {
                @for one in &deliveries.items { (row(&visitor, &there, one)) }
                @if deliveries.items.is_empty() { (nothing(say, 7)) }
            }
        } }
        (more(say, &there, &filters, deliveries.next.as_deref()))
    };
    Ok(page(&visitor, Tab::Webhooks, hook.url.clone(), &body).show(&visitor))
}

fn deeds(say: Say, there: &str) -> Markup {
    html! {
        div.row {
            form.inline method="post" action=(there) {
                button type="submit" name="deed" value="test" { (say.t("Send a test")) }
                " "
                button type="submit" name="deed" value="replay" { (say.t("Deliver everything dead again")) }
            }
            form.inline method="post" action=(there) data-ask=(say.t("Remove this webhook? It is told of nothing any more.")) {
                button.danger type="submit" name="deed" value="remove" { (say.t("Remove")) }
            }
        }
    }
}

fn row(visitor: &Visitor, there: &str, one: &Delivery) -> Markup {
    let say = visitor.say;
    html! {
        tr {
            td { (parts::time(&one.updated_at)) }
            td { code { (one.event_id.get(..8).unwrap_or(&one.event_id)) "…" } }
            td { (parts::badge(say, &one.state)) }
            td.number { (one.attempts) }
            td { @match one.status { Some(status) => (status), None => "–" } }
            td { (one.error) }
            td { @if visitor.may_all() && one.state != "waiting" {
                form.inline method="post" action=(there) {
                    input type="hidden" name="event_id" value=(one.event_id);
                    button type="submit" name="deed" value="replay" { (say.t("Deliver again")) }
                }
            } }
        }
    }
}

pub(super) async fn deed(visitor: Visitor, Path(id): Path<String>, filled: Filled) -> Answer {
    let path = format!("/v1/webhooks/{}", encoded(&id));
    let there = format!("/operations/webhooks/{}", encoded(&id));
    match filled.text("deed") {
        "remove" => {
            let done = visitor.api.send(Method::DELETE, &path, Value::Null).await;
            back("/operations/webhooks", done, "removed")
        }
        "test" => {
            let told = visitor.api.post(&format!("{path}/test"), Value::Null).await;
            // That it was refused over there is an answer too.
            let told = told.and_then(|told| match told["delivered"].as_bool() {
                Some(true) => Ok(()),
                Some(false) | None => Err(crate::http::local::Refused {
                    status: StatusCode::BAD_GATEWAY,
                    detail: told["error"].as_str().unwrap_or_default().to_owned(),
                    faults: Vec::new(),
                }),
            });
            back(&there, told, "saved")
        }
        _ => {
            let body = match filled.has("event_id") {
                true => json!({ "event_id": filled.string("event_id") }),
                false => json!({}),
            };
            let done = visitor.api.post(&format!("{path}/replay"), body).await;
            back(&there, done, "saved")
        }
    }
}
