//! GET /campaigns/{id}/log: every caller of a campaign, newest first, by status, day and number.

use axum::extract::{OriginalUri, Path};
use maud::{Markup, html};
use serde::Deserialize;

use super::super::Answer;
use super::super::api::{List, encoded};
use super::super::door::Visitor;
use super::super::forms::{Field, Filled};
use super::super::layout::{Live, Page, Section};
use super::super::parts;
use super::super::say::Say;
use super::overview::step_name;
use super::{Campaign, Tab};

/// Sessions of one page.
const LIMIT: u8 = 50;
/// Statuses in the order of a call.
const STATUSES: [&str; 9] = [
    "queued",
    "ringing",
    "in-progress",
    "completed",
    "busy",
    "failed",
    "no-answer",
    "canceled",
    "unknown",
];

/// A caller.
#[derive(Deserialize)]
struct Session {
    id: String,
    direction: String,
    status: String,
    step: String,
    phone: String,
    location: String,
    #[serde(rename = "ref")]
    reference: String,
    queued_at: String,
    duration_ms: Option<i64>,
}

pub(super) async fn log(visitor: Visitor, Path(id): Path<String>, OriginalUri(uri): OriginalUri) -> Answer {
    let say = visitor.say;
    let campaign = Campaign::get(&visitor, &id).await?;
    let query = Filled::parse(uri.query().unwrap_or_default().as_bytes());
    let filters = wanted(&query);
    let mut list = format!("/v1/sessions?limit={LIMIT}&campaign_id={}{filters}", encoded(&id));
    if query.has("cursor") {
        list = format!("{list}&cursor={}", encoded(query.text("cursor")));
    }
    let sessions: List<Session> = visitor.api.get(&list).await?;
    let here = format!("/campaigns/{}/log", campaign.id);
    let body = html! {
        (campaign.tabs(say, Tab::Log))
        (filter_form(say, &here, &query))
        div.wide #log data-live role="group" tabindex="0" aria-label=(say.t("Call log")) {
            table {
                thead { tr {
                    th { (say.t("When")) } th { (say.t("Caller")) } th { (say.t("Status")) } th { (say.t("Step")) }
                    th { (say.t("Place")) } th { (say.t("Referral")) } th.number { (say.t("Length")) }
                } }
                tbody {
                    @for session in &sessions.items { (row(say, session)) }
                    @if sessions.items.is_empty() { tr { td colspan="7" { (say.t("There is none.")) } } }
                }
            }
        }
        (parts::more(say, &format!("{here}?{}", filters.trim_start_matches('&')), sessions.next.as_deref()))
    };
    let page = Page::new(Section::Campaigns, campaign.name.clone(), body);
    Ok(page.live(Live::Calls { every: 0 }).show(&visitor))
}

/// What the API is asked for: a day is 24 hours of UTC.
fn wanted(query: &Filled) -> String {
    let mut wanted = String::new();
    for name in ["status", "phone"] {
        if query.has(name) {
            wanted = format!("{wanted}&{name}={}", encoded(query.text(name)));
        }
    }
    for (name, time) in [("since", "T00:00:00Z"), ("until", "T23:59:59Z")] {
        // The form has days, the link to the next page has times.
        let text = query.text(name);
        if !text.is_empty() {
            let at = if text.len() > 10 {
                text.to_owned()
            } else {
                format!("{text}{time}")
            };
            wanted = format!("{wanted}&{name}={}", encoded(&at));
        }
    }
    wanted
}

fn filter_form(say: Say, here: &str, query: &Filled) -> Markup {
    let mut statuses = vec![(String::new(), say.t("All").into_owned())];
    statuses.extend(STATUSES.map(|status| (status.to_owned(), say.word(status).into_owned())));
    let (status, since, until, phone) = (
        say.t("Status"),
        say.t("From day (UTC)"),
        say.t("To day (UTC)"),
        say.t("Caller's number"),
    );
    html! {
        form.filters method="get" action=(here) {
            (Field::new("status", status).select(query, &statuses))
            (Field::new("since", since).kind("date").input(query))
            (Field::new("until", until).kind("date").input(query))
            (Field::new("phone", phone).kind("tel").input(query))
            button type="submit" { (say.t("Show")) }
        }
    }
}

fn row(say: Say, session: &Session) -> Markup {
    html! {
        tr {
            td { a href={ "/sessions/" (session.id) } { (parts::time(&session.queued_at)) } }
            td { (session.phone) " " span.faint { (say.word(&session.direction)) } }
            td { (parts::badge(say, &session.status)) }
            td { (step_name(say, &session.step)) }
            td { (session.location) } td { (session.reference) }
            td.number { @if let Some(ms) = session.duration_ms { (parts::duration(ms)) } @else { "–" } }
        }
    }
}
