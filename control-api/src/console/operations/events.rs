//! GET /operations/events: what has happened of late, newest first, and on.

use axum::extract::{OriginalUri, State};
use axum::http::StatusCode;
use maud::{Markup, html};

use super::super::Answer;
use super::super::door::Visitor;
use super::super::forms::{Field, Filled};
use super::super::layout::Live;
use super::super::parts;
use super::super::say::Say;
use super::{Tab, nothing, page, query_of};
use crate::http::extract::{CALLS, OPS, READ};
use crate::http::local::Refused;
use crate::http::time::Time;
use crate::runtime::App;
use crate::store::events::Event;

/// Events of the page.
const SHOWN: usize = 100;
/// Characters of an event's details.
const MAX_DETAIL_CHARS: usize = 200;

/// The API tells events as a stream that has no end, which a page cannot wait for: it reads what the stream would begin with.
pub(super) async fn events(visitor: Visitor, State(app): State<App>, uri: OriginalUri) -> Answer {
    let say = visitor.say;
    if !visitor.sees_all() || !visitor.who.has(READ | CALLS | OPS) {
        let detail = say
            .t("Only who sees the whole installation sees all of its events.")
            .into_owned();
        return Err(Refused {
            status: StatusCode::FORBIDDEN,
            detail,
            faults: Vec::new(),
        });
    }
    let query = query_of(&uri);
    let family = query.text("kind");
    let recent = app.hub().subscribe(Some("")).missed;
    let wanted = recent.iter().rev().filter(|event| event.kind.starts_with(family));
    let wanted: Vec<_> = wanted.take(SHOWN).collect();
    let body = html! {
        (form(say, &query))
        div.wide #events data-live role="group" tabindex="0" aria-label=(say.t("Events")) {
            table {
                caption { (say.t("The newest of this node, since it was started.")) }
                thead { tr { th { (say.t("When")) } th { (say.t("Event")) } th { (say.t("Caller")) } th { (say.t("Details")) } } }
                tbody {
                    @for event in &wanted { (row(event)) }
                    @if wanted.is_empty() { (nothing(say, 4)) }
                }
            }
        }
    };
    let live = Live::Calls { every: 0 };
    Ok(page(&visitor, Tab::Events, say.t("Events"), &body)
        .live(live)
        .show(&visitor))
}

fn form(say: Say, query: &Filled) -> Markup {
    let families = ["session.", "call.", "leg.", "trunk."];
    let mut choice = vec![(String::new(), say.t("All").into_owned())];
    choice.extend(families.map(|family| (family.to_owned(), format!("{family}*"))));
    html! {
        form.filters method="get" action="/operations/events" {
            (Field::new("kind", say.t("Event")).select(query, &choice))
            button type="submit" { (say.t("Show")) }
        }
    }
}

fn row(event: &Event) -> Markup {
    let at = serde_json::to_value(Time(event.at)).unwrap_or_default();
    let detail: String = event.data.to_string().chars().take(MAX_DETAIL_CHARS).collect();
    html! {
        tr {
            td { (parts::time(at.as_str().unwrap_or_default())) }
            td { code { (event.kind) } }
            td { @if let Some(id) = &event.session_id { a href={ "/sessions/" (id) } { (id.get(..8).unwrap_or(id)) "…" } } }
            td { code { (detail) } }
        }
    }
}
