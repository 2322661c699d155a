//! The frame of every page: where one can go, who one is, in which language; and the pages that say why not.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use super::assets;
use super::door::Visitor;
use super::say::Say;
use crate::http::extract::auth::Actor;
use crate::http::local::Refused;

/// Which part of the console a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// Campaigns and all that is theirs.
    Campaigns,
    /// Trunks, calls now, and whoever may do what.
    Operations,
    /// One's own login.
    Yourself,
}

/// What a page shows.
pub(crate) struct Page {
    /// Heading and title.
    pub(crate) title: String,
    /// The part that it belongs to.
    pub(crate) section: Section,
    /// What is shown changes by itself.
    pub(crate) live: Live,
    /// Below the heading.
    pub(crate) body: Markup,
}

/// Whether a page goes on by itself. Its elements with an id and `data-live` are put in anew whenever something happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Live {
    /// It stays as it is.
    No,
    /// With everything that happens to calls; and every few seconds where a figure changes without an event.
    Calls {
        /// Seconds between two looks at figures that no event tells of; 0 for none.
        every: u8,
    },
    /// With what happens to one session.
    Session(String),
}

impl Page {
    /// A page that stays as it is.
    pub(crate) fn new(section: Section, title: impl Into<String>, body: Markup) -> Page {
        Page {
            title: title.into(),
            section,
            live: Live::No,
            body,
        }
    }

    /// The same, alive.
    pub(crate) fn live(self, live: Live) -> Page {
        Page { live, ..self }
    }

    /// As HTML for somebody.
    pub(crate) fn show(self, visitor: &Visitor) -> Response {
        let (stream, every) = match &self.live {
            Live::No => (None, 0),
            Live::Calls { every } => (Some("/live".to_owned()), *every),
            Live::Session(id) => (Some(format!("/live?session={id}")), 0),
        };
        let body = html! {
            a.skip href="#main" { (visitor.say.t("Skip to the page")) }
            (header(visitor, self.section))
            main #main tabindex="-1" data-stream=[stream] data-every=[(every > 0).then_some(every)] {
                h1 { (self.title) }
                (self.body)
            }
            (footer(visitor.say, &visitor.path))
        };
        document(visitor.say, &self.title, body).into_response()
    }
}

/// A page for nobody in particular: to log in, or to be told why not.
pub(crate) fn narrow(say: Say, title: &str, path: &str, body: Markup) -> Markup {
    let body = html! {
        main #main.narrow {
            p.brand { "Trunkline" }
            h1 { (title) }
            (body)
        }
        (footer(say, path))
    };
    document(say, title, body)
}

/// Says why not, to nobody in particular.
pub(crate) fn refused(say: Say, status: StatusCode, detail: &str) -> Response {
    let body = html! {
        p role="alert" { (detail) }
        p { a href="/" { (say.t("To the start")) } }
    };
    (status, narrow(say, &title_of(say, status), "/", body)).into_response()
}

/// Says why not, to somebody.
pub(super) fn refused_to(visitor: &Visitor, refused: &Refused) -> Response {
    let say = visitor.say;
    if refused.status.is_server_error() {
        tracing::warn!(
            detail = refused.detail,
            "a page of the console could not be shown"
        );
    }
    let body = html! {
        p.fault role="alert" { (refused.detail) }
        p { a href="/" { (say.t("To the start")) } }
    };
    let page = Page::new(Section::Yourself, title_of(say, refused.status), body).show(visitor);
    (refused.status, page).into_response()
}

fn title_of(say: Say, status: StatusCode) -> String {
    match status {
        StatusCode::NOT_FOUND => say.t("There is no such page"),
        StatusCode::FORBIDDEN => say.t("You may not do this"),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::INTERNAL_SERVER_ERROR => {
            say.t("Not possible at this moment")
        }
        _ => say.t("This did not work"),
    }
    .into_owned()
}

fn document(say: Say, title: &str, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(say.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " – Trunkline" }
                link rel="stylesheet" href=(assets::url("console.css"));
                link rel="icon" href=(assets::url("icon.svg")) type="image/svg+xml";
                script type="module" src=(assets::url("console.js")) {}
            }
            body { (body) }
        }
    }
}

fn header(visitor: &Visitor, section: Section) -> Markup {
    let say = visitor.say;
    let here = |at: Section| (at == section).then_some("page");
    html! {
        header.top {
            a.brand href="/" { "Trunkline" }
            nav aria-label=(say.t("Main")) {
                ul {
                    li { a href="/campaigns" aria-current=[here(Section::Campaigns)] { (say.t("Campaigns")) } }
                    @if visitor.sees_all() {
                        li { a href="/operations" aria-current=[here(Section::Operations)] { (say.t("Operations")) } }
                    }
                }
            }
            form.whoami method="post" action="/logout" {
                a href="/password" { (visitor.who.name) @if let Actor::User { role, .. } = &visitor.who.actor { " (" (say.word(role.as_str())) ")" } }
                button.quiet type="submit" { (say.t("Log out")) }
            }
        }
    }
}

fn footer(say: Say, path: &str) -> Markup {
    html! {
        footer {
            form method="post" action="/language" {
                input type="hidden" name="next" value=(path);
                @for other in Say::ALL {
                    button.quiet type="submit" name="language" value=(other.tag()) lang=(other.tag())
                        aria-pressed=(if other == say { "true" } else { "false" }) { (other.name()) }
                }
            }
        }
    }
}
