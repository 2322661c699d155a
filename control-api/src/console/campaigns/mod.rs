//! Campaigns: set up in the order of the tabs (who is called, what is said, limits), tried, launched, watched.

mod basics;
mod deeds;
mod embed;
mod figures;
mod limits;
mod list;
mod log;
mod overview;
mod people;
mod preview;
mod script;
mod session;

use axum::Router;
use axum::routing::{get, post};
use maud::{Markup, html};
use serde::Deserialize;

use super::Console;
use super::door::Visitor;
use super::say::Say;
use crate::http::local::Refused;

pub(super) use overview::step_name;

/// The routes.
pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/campaigns", get(list::list).post(basics::create))
        .route("/campaigns/new", get(basics::new))
        .route("/campaigns/{id}", get(overview::overview))
        .route("/campaigns/{id}/basics", get(basics::edit).post(basics::save))
        .route("/campaigns/{id}/limits", get(limits::edit).post(limits::save))
        .route("/campaigns/{id}/log", get(log::log))
        .route("/campaigns/{id}/deeds", post(deeds::deed))
        .merge(embed::routes())
        .merge(people::routes())
        .merge(script::routes())
        .merge(session::routes())
}

/// What every page of a campaign needs of it.
#[derive(Deserialize)]
struct Campaign {
    id: String,
    name: String,
    status: String,
    segment_by: String,
    language: String,
}

impl Campaign {
    async fn get(visitor: &Visitor, id: &str) -> Result<Campaign, Refused> {
        visitor.api.get(&path(id, "")).await
    }

    /// Whether callers' places say whom they reach.
    fn is_located(&self) -> bool {
        self.segment_by == "location"
    }

    /// Its name as the heading, what it is now, and its pages.
    fn tabs(&self, say: Say, here: Tab) -> Markup {
        let tab = |tab: Tab, path: &str, name: &str| {
            html! {
                li { a href={ "/campaigns/" (self.id) (path) } aria-current=[(tab == here).then_some("page")] { (name) } }
            }
        };
        html! {
            nav aria-label=(say.t("Campaign")) {
                ul.tabs {
                    (tab(Tab::Overview, "", &say.t("Overview")))
                    (tab(Tab::Basics, "/basics", &say.t("Basics")))
                    (tab(Tab::People, "/people", &say.t("Who is called")))
                    (tab(Tab::Script, "/script", &say.t("Script")))
                    (tab(Tab::Limits, "/limits", &say.t("Limits and numbers")))
                    (tab(Tab::Embed, "/embed", &say.t("Your page")))
                    (tab(Tab::Log, "/log", &say.t("Call log")))
                }
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tab {
    Overview,
    Basics,
    People,
    Script,
    Limits,
    Embed,
    Log,
}

/// A route of the API below a campaign.
fn path(id: &str, rest: &str) -> String {
    format!("/v1/campaigns/{}{rest}", super::api::encoded(id))
}
