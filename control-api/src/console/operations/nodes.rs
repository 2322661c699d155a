//! /operations/nodes: which nodes run, and which of them take calls.

use axum::extract::{OriginalUri, Path};
use axum::http::Method;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::super::Answer;
use super::super::api::{List, encoded};
use super::super::door::Visitor;
use super::super::forms::Filled;
use super::super::layout::Live;
use super::super::parts;
use super::super::say::Say;
use super::{Tab, back, nothing, page, query_of, told};

/// Between two looks: no event tells what a node does.
const EVERY_SECONDS: u8 = 2;

/// A node.
#[derive(Deserialize)]
pub(super) struct Node {
    id: String,
    version: String,
    state: String,
    started_at: String,
    seen_at: String,
    drain_asked: bool,
    sessions: i64,
    queued: i64,
}

pub(super) async fn list(visitor: Visitor, uri: OriginalUri) -> Answer {
    let say = visitor.say;
    let nodes: List<Node> = visitor.api.get("/v1/nodes").await?;
    let body = html! {
        (told(say, &query_of(&uri)))
        p { (say.t("A node that drains takes no new calls; running ones go on. Once it is drained it can be stopped without ending a call.")) }
        div.wide #nodes data-live role="group" tabindex="0" aria-label=(say.t("Nodes")) {
            table {
                thead { tr {
                    th { (say.t("Node")) } th { (say.t("State")) } th.number { (say.t("Callers")) } th.number { (say.t("Claimed")) }
                    th { (say.t("Version")) } th { (say.t("Started")) } th { (say.t("Seen last")) } th { span.unseen { (say.t("Change")) } }
                } }
                tbody {
                    @for node in &nodes.items { (row(&visitor, node)) }
                    @if nodes.items.is_empty() { (nothing(say, 8)) }
                }
            }
        }
    };
    let live = Live::Calls { every: EVERY_SECONDS };
    Ok(page(&visitor, Tab::Nodes, say.t("Nodes"), &body)
        .live(live)
        .show(&visitor))
}

/// The nodes in short, for the overview.
pub(super) fn table(say: Say, nodes: &[Node]) -> Markup {
    html! {
        div.wide role="group" tabindex="0" aria-label=(say.t("Nodes")) { table {
            thead { tr { th { (say.t("Node")) } th { (say.t("State")) } th.number { (say.t("Callers")) } } }
            tbody {
                @for node in nodes {
                    tr { td { (node.id) } td { (parts::badge(say, &node.state)) } td.number { (say.number(node.sessions)) } }
                }
                @if nodes.is_empty() { (nothing(say, 3)) }
            }
        } }
    }
}

fn row(visitor: &Visitor, node: &Node) -> Markup {
    let say = visitor.say;
    let (deed, label) = match node.drain_asked {
        true => ("resume", say.t("Take calls again")),
        false => ("drain", say.t("Drain")),
    };
    html! {
        tr {
            td { (node.id) }
            td { (parts::badge(say, &node.state)) }
            td.number { (say.number(node.sessions)) }
            td.number { (say.number(node.queued)) }
            td { (node.version) } td { (parts::time(&node.started_at)) } td { (parts::time(&node.seen_at)) }
            td {
                @if visitor.may_all() {
                    form.inline method="post" action={ "/operations/nodes/" (encoded(&node.id)) } {
                        button type="submit" name="deed" value=(deed) aria-label={ (label) " " (node.id) } { (label) }
                    }
                }
            }
        }
    }
}

pub(super) async fn deed(visitor: Visitor, Path(id): Path<String>, filled: Filled) -> Answer {
    let method = match filled.text("deed") {
        "drain" => Method::POST,
        _ => Method::DELETE,
    };
    let path = format!("/v1/nodes/{}/drain", encoded(&id));
    let done = visitor.api.send(method, &path, Value::Null).await;
    back("/operations/nodes", done, "saved")
}
