//! GET /operations/audit: who changed what, and when. For admins.

use axum::extract::OriginalUri;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::super::Answer;
use super::super::api::List;
use super::super::door::Visitor;
use super::super::forms::Field;
use super::super::parts;
use super::super::say::Say;
use super::{LIMIT, Tab, more, nothing, page, passed_on, query_of};

/// Characters of what was changed.
const MAX_CHANGE_CHARS: usize = 300;

#[derive(Deserialize)]
struct Change {
    at: String,
    actor_kind: String,
    actor: String,
    action: String,
    noun: String,
    before: Value,
    after: Value,
    done: bool,
}

pub(super) async fn list(visitor: Visitor, uri: OriginalUri) -> Answer {
    let say = visitor.say;
    let query = query_of(&uri);
    let filters = passed_on(&query, &["noun", "action"]);
    let cursor = passed_on(&query, &["cursor"]);
    let changes: List<Change> = visitor
        .api
        .get(&format!("/v1/audit?limit={LIMIT}{filters}{cursor}"))
        .await?;
    let body = html! {
        form.filters method="get" action="/operations/audit" {
            (Field::new("noun", say.t("Kind of thing")).hint("campaigns, trunks, users").input(&query))
            (Field::new("action", say.t("Deed")).hint("create, change, delete, login").input(&query))
            button type="submit" { (say.t("Show")) }
        }
        div.wide role="group" tabindex="0" aria-label=(say.t("Audit log")) { table {
            thead { tr { th { (say.t("When")) } th { (say.t("Who")) } th { (say.t("Deed")) } th { (say.t("Before")) } th { (say.t("Afterwards")) } } }
            tbody {
                @for change in &changes.items { (row(say, change)) }
                @if changes.items.is_empty() { (nothing(say, 5)) }
            }
        } }
        (more(say, "/operations/audit", &filters, changes.next.as_deref()))
    };
    Ok(page(&visitor, Tab::Audit, say.t("Audit log"), &body).show(&visitor))
}

fn row(say: Say, change: &Change) -> Markup {
    html! {
        tr {
            td { (parts::time(&change.at)) }
            td { (change.actor) " " span.faint { (change.actor_kind) } }
            td { (change.action) " " (change.noun) @if !change.done { " " span.badge.mild { (say.t("perhaps not done")) } } }
            td { code { (short(&change.before)) } }
            td { code { (short(&change.after)) } }
        }
    }
}

fn short(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        other @ (Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_)) => other.to_string().chars().take(MAX_CHANGE_CHARS).collect(),
    }
}
