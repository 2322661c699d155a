//! Operations: trunks, routes and calls as they are now, why a call failed, and who may do what. For those who see the whole installation.

mod audit;
mod blocklist;
mod calls;
mod events;
mod keys;
mod ladder;
mod nodes;
mod numbers;
mod overview;
mod records;
mod routes;
mod schedules;
mod trunks;
mod users;
mod webhooks;

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::OriginalUri;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::{List, encoded};
use super::door::Visitor;
use super::forms::Filled;
use super::layout::{Page, Section};
use super::parts;
use super::say::Say;
use super::{Answer, Console};
use crate::http::local::Refused;

pub(super) use ladder::ladder;

/// Things of one page of a list.
const LIMIT: u8 = 50;

/// The routes.
pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/operations", get(overview::overview))
        .route("/operations/calls", get(calls::calls))
        .route("/operations/calls/{id}/hang-up", post(calls::hang_up))
        .route("/operations/trunks", get(trunks::list).post(trunks::create))
        .route("/operations/trunks/new", get(trunks::new))
        .route("/operations/trunks/{id}", get(trunks::one).post(trunks::save))
        .route("/operations/trunks/{id}/remove", post(trunks::remove))
        .route("/operations/routes", get(routes::list).post(routes::create))
        .route("/operations/routes/{id}", get(routes::one).post(routes::save))
        .route("/operations/routes/{id}/remove", post(routes::remove))
        .route("/operations/numbers", get(numbers::list).post(numbers::create))
        .route("/operations/numbers/{id}", post(numbers::deed))
        .route("/operations/nodes", get(nodes::list))
        .route("/operations/nodes/{id}", post(nodes::deed))
        .route("/operations/records", get(records::search))
        .route("/operations/events", get(events::events))
        .route("/operations/webhooks", get(webhooks::list).post(webhooks::create))
        .route(
            "/operations/webhooks/{id}",
            get(webhooks::one).post(webhooks::deed),
        )
        .route(
            "/operations/blocklist",
            get(blocklist::list).post(blocklist::create),
        )
        .route("/operations/blocklist/{id}", post(blocklist::remove))
        .route("/operations/schedules", get(schedules::list))
        .route("/operations/schedules/{id}", post(schedules::end))
        .route("/operations/users", get(users::list).post(users::create))
        .route("/operations/users/{id}", post(users::deed))
        .route("/operations/keys", get(keys::list).post(keys::create))
        .route("/operations/keys/{id}", post(keys::revoke))
        .route("/operations/audit", get(audit::list))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tab {
    Overview,
    Calls,
    Records,
    Trunks,
    Routes,
    Numbers,
    Nodes,
    Events,
    Webhooks,
    Blocklist,
    Schedules,
    Users,
    Keys,
    Audit,
}

/// A page of operations, with the way to the others above it.
fn page(visitor: &Visitor, here: Tab, title: impl Into<String>, body: &Markup) -> Page {
    let say = visitor.say;
    let tab = |tab: Tab, path: &str, name: &str| {
        html! {
            li { a href={ "/operations" (path) } aria-current=[(tab == here).then_some("page")] { (name) } }
        }
    };
    let whole = html! {
        nav aria-label=(say.t("Operations")) {
            ul.tabs {
                (tab(Tab::Overview, "", &say.t("Overview")))
                (tab(Tab::Calls, "/calls", &say.t("Calls now")))
                (tab(Tab::Records, "/records", &say.t("Records")))
                (tab(Tab::Trunks, "/trunks", &say.t("Trunks")))
                (tab(Tab::Routes, "/routes", &say.t("Routes")))
                (tab(Tab::Numbers, "/numbers", &say.t("Numbers")))
                (tab(Tab::Nodes, "/nodes", &say.t("Nodes")))
                (tab(Tab::Events, "/events", &say.t("Events")))
                (tab(Tab::Webhooks, "/webhooks", &say.t("Webhooks")))
                (tab(Tab::Blocklist, "/blocklist", &say.t("Blocklist")))
                (tab(Tab::Schedules, "/schedules", &say.t("Daily callers")))
                @if visitor.may_all() {
                    (tab(Tab::Users, "/users", &say.t("Users")))
                    (tab(Tab::Keys, "/keys", &say.t("Keys")))
                    (tab(Tab::Audit, "/audit", &say.t("Audit log")))
                }
            }
        }
        (body)
    };
    Page::new(Section::Operations, title, whole)
}

/// What stands behind `?` of a page's address.
fn query_of(uri: &OriginalUri) -> Filled {
    Filled::parse(uri.0.query().unwrap_or_default().as_bytes())
}

/// What the form before has come to, at the head of the page that it came back to.
fn told(say: Say, query: &Filled) -> Markup {
    html! {
        (parts::done(say, Some(query.text("done"))))
        @if query.has("fault") { p.fault role="alert" { (query.text("fault")) } }
    }
}

/// Back to a page, which says what was done, or in the API's words why not.
fn back<T>(there: &str, done: Result<T, Refused>, word: &str) -> Answer {
    let next = match done {
        Ok(_) => format!("{there}?done={word}"),
        Err(refused) => format!("{there}?fault={}", encoded(&refused.detail)),
    };
    Ok(Redirect::to(&next).into_response())
}

/// The parameters of a list that stand in a page's query, for the API: `&name=value` for each of these that is there.
fn passed_on(query: &Filled, names: &[&str]) -> String {
    let mut out = String::new();
    for name in names {
        if query.has(name) {
            out = format!("{out}&{name}={}", encoded(query.text(name)));
        }
    }
    out
}

/// To the next page of a list with the same filters.
fn more(say: Say, path: &str, filters: &str, next: Option<&str>) -> Markup {
    match filters.strip_prefix('&') {
        Some(filters) => parts::more(say, &format!("{path}?{filters}"), next),
        None => parts::more(say, path, next),
    }
}

/// Something with a name.
#[derive(Deserialize)]
struct Named {
    id: String,
    name: String,
}

/// Names by id.
type Names = BTreeMap<String, String>;

/// The names of trunks or campaigns.
async fn names(visitor: &Visitor, what: &str) -> Result<Names, Refused> {
    let all: List<Named> = visitor.api.get(&format!("/v1/{what}?limit=1000")).await?;
    Ok(all.items.into_iter().map(|one| (one.id, one.name)).collect())
}

/// A name, or the id where nothing has it any more.
fn name_of<'a>(names: &'a Names, id: &'a str) -> &'a str {
    names.get(id).map_or(id, String::as_str)
}

/// Names to choose from, after a line for none of them.
fn options(none: &str, names: &Names) -> Vec<(String, String)> {
    let first = (String::new(), none.to_owned());
    let others = names.iter().map(|(id, name)| (id.clone(), name.clone()));
    std::iter::once(first).chain(others).collect()
}

/// Words of the API to choose from.
fn words(say: Say, words: &[&str]) -> Vec<(String, String)> {
    let one = |word: &&str| ((*word).to_owned(), say.word(word).into_owned());
    words.iter().map(one).collect()
}

/// A number of a form, and this one where nothing stands.
fn number_or(filled: &Filled, name: &str, none: i64) -> Value {
    let number = filled.number(name);
    if number.is_null() { json!(none) } else { number }
}

/// A row over the whole width of a table that has no other.
fn nothing(say: Say, columns: u8) -> Markup {
    html! { tr { td colspan=(columns) { (say.t("There is none.")) } } }
}

/// A part of a whole, for people.
fn percent(part: Option<f64>) -> String {
    part.map_or("–".to_owned(), |part| format!("{:.1} %", part * 100.0))
}

/// A figure with one place behind the point.
fn tenth(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.1}"))
}

/// What was made for somebody and is shown this once.
fn secret(say: Say, name: &str, secret: &str) -> Markup {
    html! {
        section.card {
            h2 { (name) }
            p { (say.t("It is shown this once: write it down now.")) }
            pre { code #secret { (secret) } }
            button type="button" data-copy="secret" data-copied=(say.t("Copied.")) { (say.t("Copy")) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_passed_on_as_they_came() {
        let query = Filled::parse(b"cause=busy+here&trunk=&limit=9&one_way=true");
        assert_eq!(
            passed_on(&query, &["trunk", "cause", "one_way"]),
            "&cause=busy%20here&one_way=true"
        );
        let next = more(Say::English, "/x", "&a=1", Some("7")).into_string();
        assert!(next.contains("href=\"/x?a=1&amp;cursor=7\""), "{next}");
    }

    #[test]
    fn figures_are_for_people() {
        assert_eq!((percent(Some(0.5)), percent(None)), ("50.0 %".into(), "–".into()));
        assert_eq!((tenth(Some(4.25)), tenth(None)), ("4.2".into(), "–".into()));
    }
}
