//! /operations/keys: which programs may use the API, and for what. A key's secret is shown once.

use axum::extract::{OriginalUri, Path};
use axum::http::{Method, StatusCode};
use axum::response::IntoResponse;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Answer;
use super::super::api::{List, encoded};
use super::super::door::Visitor;
use super::super::forms::{Field, Filled, object};
use super::super::parts;
use super::super::say::Say;
use super::{Tab, back, more, nothing, page, passed_on, query_of, secret, told};

/// What a key may be for.
const SCOPES: [&str; 5] = ["read", "calls", "campaigns", "ops", "admin"];

#[derive(Deserialize)]
struct Key {
    id: String,
    name: String,
    scopes: Vec<String>,
    expires_at: Option<String>,
    revoked_at: Option<String>,
    last_used_at: Option<String>,
}

pub(super) async fn list(visitor: Visitor, uri: OriginalUri) -> Answer {
    let query = query_of(&uri);
    shown(&visitor, &query, &Filled::default()).await
}

async fn shown(visitor: &Visitor, query: &Filled, filled: &Filled) -> Answer {
    let say = visitor.say;
    let cursor = passed_on(query, &["cursor"]);
    let keys: List<Key> = visitor.api.get(&format!("/v1/keys?limit=100{cursor}")).await?;
    let body = html! {
        (told(say, query))
        div.wide role="group" tabindex="0" aria-label=(say.t("Keys")) { table {
            thead { tr {
                th { (say.t("Name")) } th { (say.t("May")) } th { (say.t("Used last")) } th { (say.t("Good until")) } th { span.unseen { (say.t("Change")) } }
            } }
            tbody {
                @for key in &keys.items { (row(say, key)) }
                @if keys.items.is_empty() { (nothing(say, 5)) }
            }
        } }
        (more(say, "/operations/keys", "", keys.next.as_deref()))
        section {
            h2 { (say.t("New key")) }
            form method="post" action="/operations/keys" {
                (filled.complaint())
                (Field::new("name", say.t("Name")).hint(say.t("For people: who has it.")).required().input(filled))
                fieldset {
                    legend { (say.t("May")) }
                    @for scope in SCOPES {
                        div.choice {
                            input type="checkbox" name="scopes" value=(scope) id={ "scope-" (scope) } checked[filled.all("scopes").iter().any(|s| s == scope)];
                            label for={ "scope-" (scope) } { code { (scope) } " – " (meaning(say, scope)) }
                        }
                    }
                }
                (Field::new("expires_on", say.t("Until day (UTC)")).hint(say.t("Empty: until it is revoked.")).kind("date").input(filled))
                button.main type="submit" { (say.t("Make the key")) }
            }
        }
    };
    Ok(page(visitor, Tab::Keys, say.t("Keys"), &body).show(visitor))
}

fn meaning(say: Say, scope: &str) -> String {
    match scope {
        "read" => say.t("read everything but users, keys and the audit log"),
        "calls" => say.t("start, read and end calls"),
        "campaigns" => say.t("read and change campaigns, targets and prompts"),
        "ops" => say.t("read and change trunks, routes, numbers and the blocklist"),
        _ => say.t("everything"),
    }
    .into_owned()
}

fn row(say: Say, key: &Key) -> Markup {
    html! {
        tr {
            td { (key.name) }
            td { @for (n, scope) in key.scopes.iter().enumerate() { @if n > 0 { " " } code { (scope) } } }
            td { @if let Some(at) = &key.last_used_at { (parts::time(at)) } @else { "–" } }
            td {
                @if let Some(at) = &key.revoked_at { span.badge.bad { (say.t("revoked")) } " " (parts::time(at)) }
                @else if let Some(at) = &key.expires_at { (parts::time(at)) } @else { "–" }
            }
            td { @if key.revoked_at.is_none() {
                (parts::careful_button(&format!("/operations/keys/{}", key.id), &say.t("Revoke"), &say.t("Revoke this key? Whoever uses it is refused from now on.")))
            } }
        }
    }
}

pub(super) async fn create(visitor: Visitor, filled: Filled) -> Answer {
    let say = visitor.say;
    let until = match filled.text("expires_on") {
        "" => Value::Null,
        day => json!(format!("{day}T23:59:59Z")),
    };
    let body = object([
        ("name", filled.string("name")),
        ("scopes", json!(filled.all("scopes"))),
        ("expires_at", until),
    ]);
    match visitor.api.post("/v1/keys", body).await {
        Ok(made) => {
            let body = html! {
                (secret(say, &say.t("The key"), made["secret"].as_str().unwrap_or_default()))
                p { a href="/operations/keys" { (say.t("To the keys")) } }
            };
            Ok(page(&visitor, Tab::Keys, say.t("New key"), &body).show(&visitor))
        }
        Err(refused) => {
            let page = shown(&visitor, &Filled::default(), &filled.refused(refused)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

pub(super) async fn revoke(visitor: Visitor, Path(id): Path<String>) -> Answer {
    let path = format!("/v1/keys/{}", encoded(&id));
    let done = visitor.api.send(Method::DELETE, &path, Value::Null).await;
    back("/operations/keys", done, "removed")
}
