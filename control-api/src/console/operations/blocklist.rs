//! /operations/blocklist: who is never called, and from where nothing is taken.

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
use super::{LIMIT, Tab, back, more, nothing, page, passed_on, query_of, told};
use crate::http::extract::{OPS, STAFF};

#[derive(Deserialize)]
struct Block {
    id: String,
    phone_hash: Option<String>,
    network: Option<String>,
    prefix: Option<String>,
    reason: String,
    expires_at: Option<String>,
    hits: i64,
    created_at: String,
}

pub(super) async fn list(visitor: Visitor, uri: OriginalUri) -> Answer {
    let query = query_of(&uri);
    shown(&visitor, &query, &Filled::default()).await
}

async fn shown(visitor: &Visitor, query: &Filled, filled: &Filled) -> Answer {
    let say = visitor.say;
    let cursor = passed_on(query, &["cursor"]);
    let blocks: List<Block> = visitor
        .api
        .get(&format!("/v1/blocklist?limit={LIMIT}{cursor}"))
        .await?;
    let may = visitor.who.has(OPS | STAFF);
    let body = html! {
        (told(say, query))
        @if may {
            form.card method="post" action="/operations/blocklist" {
                h2 { (say.t("Add")) }
                p.hint { (say.t("One of the three. A number is kept as a keyed reference only: nobody can read it here later.")) }
                (filled.complaint())
                (Field::new("phone", say.t("Number")).hint("+12025550123").kind("tel").input(filled))
                (Field::new("prefix", say.t("Beginning of numbers")).hint("+1900").input(filled))
                (Field::new("network", say.t("Address or network of the internet")).hint("192.0.2.0/24").input(filled))
                (Field::new("reason", say.t("Why")).hint(say.t("For people. Write nothing personal into it.")).input(filled))
                (Field::new("expires_on", say.t("Until day (UTC)")).kind("date").input(filled))
                button.main type="submit" { (say.t("Add")) }
            }
        }
        div.wide role="group" tabindex="0" aria-label=(say.t("Blocklist")) { table {
            thead { tr {
                th { (say.t("Who")) } th { (say.t("Why")) } th { (say.t("Since")) } th { (say.t("Until")) } th.number { (say.t("Times that it matched")) }
                th { span.unseen { (say.t("Change")) } }
            } }
            tbody {
                @for block in &blocks.items { (row(visitor, may, block)) }
                @if blocks.items.is_empty() { (nothing(say, 6)) }
            }
        } }
        (more(say, "/operations/blocklist", "", blocks.next.as_deref()))
    };
    Ok(page(visitor, Tab::Blocklist, say.t("Blocklist"), &body).show(visitor))
}

fn row(visitor: &Visitor, may: bool, block: &Block) -> Markup {
    let say = visitor.say;
    let who = block.network.as_ref().or(block.prefix.as_ref()).cloned();
    let who = who.unwrap_or_else(|| {
        let hash = block.phone_hash.as_deref().unwrap_or_default();
        format!("{} {}…", say.t("Number"), hash.get(..8).unwrap_or(hash))
    });
    html! {
        tr {
            td { (who) } td { (block.reason) }
            td { (parts::time(&block.created_at)) }
            td { @if let Some(at) = &block.expires_at { (parts::time(at)) } @else { "–" } }
            td.number { (say.number(block.hits)) }
            td { @if may {
                (parts::careful_button(&format!("/operations/blocklist/{}", block.id), &say.t("Remove"), &say.t("Take this off the blocklist?")))
            } }
        }
    }
}

pub(super) async fn create(visitor: Visitor, filled: Filled) -> Answer {
    let until = match filled.text("expires_on") {
        "" => Value::Null,
        day => json!(format!("{day}T23:59:59Z")),
    };
    let body = object([
        ("phone", filled.optional("phone")),
        ("prefix", filled.optional("prefix")),
        ("network", filled.optional("network")),
        ("reason", filled.string("reason")),
        ("expires_at", until),
    ]);
    match visitor.api.post("/v1/blocklist", body).await {
        Ok(_) => back("/operations/blocklist", Ok(()), "made"),
        Err(refused) => {
            let page = shown(&visitor, &Filled::default(), &filled.refused(refused)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

pub(super) async fn remove(visitor: Visitor, Path(id): Path<String>) -> Answer {
    let path = format!("/v1/blocklist/{}", encoded(&id));
    let done = visitor.api.send(Method::DELETE, &path, Value::Null).await;
    back("/operations/blocklist", done, "removed")
}
