//! GET /operations: what is under way, whether callers wait, and how the trunks and nodes are, as it changes.

use std::collections::BTreeMap;

use axum::extract::OriginalUri;
use maud::{Markup, html};
use serde::Deserialize;

use super::super::Answer;
use super::super::door::Visitor;
use super::super::layout::Live;
use super::super::say::Say;
use super::super::{chart, parts};
use super::trunks::{self, Status};
use super::{Tab, nodes, page, query_of, told};

/// Between two looks, where no event tells of a change.
const EVERY_SECONDS: u8 = 2;

#[derive(Deserialize)]
struct Overview {
    sessions: BTreeMap<String, i64>,
    calls: BTreeMap<String, i64>,
    queue: Queue,
    today: Today,
    trunks: Vec<Status>,
    nodes: Vec<nodes::Node>,
}

#[derive(Deserialize)]
struct Queue {
    waiting: i64,
    oldest_ms: Option<i64>,
    delay_ms: Option<i64>,
}

#[derive(Deserialize)]
struct Today {
    since: String,
    sessions: BTreeMap<String, i64>,
    calls: BTreeMap<String, i64>,
}

pub(super) async fn overview(visitor: Visitor, uri: OriginalUri) -> Answer {
    let say = visitor.say;
    let now: Overview = visitor.api.get("/v1/overview").await?;
    let body = html! {
        (told(say, &query_of(&uri)))
        div #now data-live { (figures(say, &now)) }
        div.cards {
            section.card #today data-live {
                h2 { (say.t("Today")) }
                p.faint { (say.t("Since")) " " (parts::time(&now.today.since)) }
                h3 { (say.t("Calls by outcome")) }
                (bars(say, &now.today.calls))
                h3 { (say.t("Callers by status")) }
                (bars(say, &now.today.sessions))
            }
            section.card #nodes data-live {
                h2 { a href="/operations/nodes" { (say.t("Nodes")) } }
                (nodes::table(say, &now.nodes))
            }
        }
        section #trunks data-live {
            h2 { a href="/operations/trunks" { (say.t("Trunks")) } }
            (trunks::table(say, &now.trunks))
        }
    };
    let live = Live::Calls { every: EVERY_SECONDS };
    Ok(page(&visitor, Tab::Overview, say.t("Operations"), &body)
        .live(live)
        .show(&visitor))
}

fn figures(say: Say, now: &Overview) -> Markup {
    let sessions = |state: &str| now.sessions.get(state).copied().unwrap_or_default();
    let calls: i64 = now.calls.values().sum();
    let talking = now.calls.get("in-progress").copied().unwrap_or_default();
    let wait = |ms: Option<i64>| ms.map_or("–".to_owned(), parts::duration);
    html! {
        dl.figures {
            (parts::figure(&say.t("Callers on the line"), say.number(sessions("live"))))
            (parts::figure(&say.t("Callers being dialled"), say.number(sessions("dialling"))))
            (parts::figure(&say.t("Calls to offices"), say.number(calls)))
            (parts::figure(&say.t("Of these, talking"), say.number(talking)))
            (parts::figure(&say.t("Waiting for a line"), say.number(now.queue.waiting)))
            (parts::figure(&say.t("The first waits for"), wait(now.queue.oldest_ms)))
            (parts::figure(&say.t("Mean wait of late"), wait(now.queue.delay_ms)))
        }
    }
}

fn bars(say: Say, counts: &BTreeMap<String, i64>) -> Markup {
    let rows: Vec<(String, i64)> = counts
        .iter()
        .map(|(word, count)| (say.word(word).into_owned(), *count))
        .collect();
    html! {
        (chart::bars(say, &rows))
        @if rows.is_empty() { p { (say.t("There is none yet.")) } }
    }
}
