//! GET /sessions/{id}: one caller, from the first ring to the last hang-up, as it happens.

use axum::Router;
use axum::extract::Path;
use axum::http::Method;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::super::api::encoded;
use super::super::door::Visitor;
use super::super::layout::{Live, Page, Section};
use super::super::operations::ladder;
use super::super::parts;
use super::super::say::Say;
use super::super::{Answer, Console};
use super::Campaign;
use super::overview::step_name;

/// A session, whole.
#[derive(Deserialize)]
struct Session {
    id: String,
    campaign_id: String,
    direction: String,
    status: String,
    state: String,
    step: String,
    phone: String,
    location: String,
    #[serde(rename = "ref")]
    reference: String,
    caller_id: Option<String>,
    targets: Vec<Target>,
    node: Option<String>,
    queued_at: String,
    queue_delay_ms: Option<i64>,
    duration_ms: Option<i64>,
    queue_place: Option<i64>,
    calls: Vec<Call>,
    legs: Vec<Value>,
    timeline: Vec<Event>,
}

#[derive(Deserialize)]
struct Target {
    key: String,
    title: String,
    name: String,
}

#[derive(Deserialize)]
struct Call {
    target_key: String,
    target_index: i64,
    status: String,
    outcome: Option<String>,
    duration_ms: Option<i64>,
}

#[derive(Deserialize)]
struct Event {
    at: String,
    kind: String,
    data: Value,
}

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/sessions/{id}", get(session))
        .route("/sessions/{id}/hang-up", post(hang_up))
}

async fn session(visitor: Visitor, Path(id): Path<String>) -> Answer {
    let say = visitor.say;
    let session: Session = visitor.api.get(&format!("/v1/sessions/{}", encoded(&id))).await?;
    let campaign = Campaign::get(&visitor, &session.campaign_id).await?;
    let ladder = ladder(&visitor, &session.id).await?;
    let body = html! {
        p { a href={ "/campaigns/" (campaign.id) "/log" } { "← " (campaign.name) } }
        div #session data-live {
            (head(say, &session))
            @if session.state != "ended" && visitor.may_campaign() {
                p { (parts::careful_button(&format!("/sessions/{}/hang-up", session.id), &say.t("Hang up"), &say.t("End this call for everybody on it?"))) }
            }
        }
        div.cards {
            section.card #timeline data-live {
                h2 { (say.t("As it happened")) }
                (timeline(say, &session))
            }
            section.card #calls data-live {
                h2 { (say.t("Calls")) }
                (calls(say, &session))
            }
        }
        section #legs data-live {
            h2 { (say.t("Legs")) }
            (legs(say, &session.legs))
        }
        (ladder)
    };
    let page = Page::new(
        Section::Campaigns,
        say.with("Caller {phone}", &[("phone", &session.phone)]),
        body,
    );
    Ok(page.live(Live::Session(session.id.clone())).show(&visitor))
}

async fn hang_up(visitor: Visitor, Path(id): Path<String>) -> Answer {
    let id = encoded(&id);
    visitor
        .api
        .send(Method::DELETE, &format!("/v1/sessions/{id}"), Value::Null)
        .await?;
    Ok(Redirect::to(&format!("/sessions/{id}")).into_response())
}

fn head(say: Say, session: &Session) -> Markup {
    html! {
        dl.figures {
            (parts::figure(&say.t("Status"), parts::badge(say, &session.status)))
            (parts::figure(&say.t("Step"), step_name(say, &session.step)))
            (parts::figure(&say.t("Length"), parts::duration(session.duration_ms.unwrap_or(0))))
            (parts::figure(&say.t("Wait for a line"), parts::duration(session.queue_delay_ms.unwrap_or(0))))
            @if let Some(place) = session.queue_place { (parts::figure(&say.t("Waiting before it"), say.number(place))) }
        }
        p.faint {
            (say.word(&session.direction)) " · " (parts::time(&session.queued_at))
            @if let Some(number) = &session.caller_id { " · " (say.t("our number")) " " (number) }
            @if !session.location.is_empty() { " · " (say.t("Place")) " " (session.location) }
            @if !session.reference.is_empty() { " · " (say.t("Referral")) " " (session.reference) }
            @if let Some(node) = &session.node { " · " (say.t("node")) " " (node) }
        }
    }
}

fn calls(say: Say, session: &Session) -> Markup {
    html! {
        div.wide role="group" tabindex="0" aria-label=(say.t("Calls")) { table {
            thead { tr { th { (say.t("Person")) } th { (say.t("Status")) } th { (say.t("Outcome")) } th.number { (say.t("Talked")) } } }
            tbody {
                @for call in &session.calls {
                    tr {
                        td { (who(session, usize::try_from(call.target_index).ok(), &call.target_key)) }
                        td { (parts::badge(say, &call.status)) }
                        td { @if let Some(outcome) = &call.outcome { (parts::badge(say, outcome)) } }
                        td.number { (parts::duration(call.duration_ms.unwrap_or(0))) }
                    }
                }
                @for target in session.targets.iter().skip(session.calls.len()) {
                    tr.faint { td { (target.title) " " (target.name) } td colspan="3" { (say.t("not called yet")) } }
                }
            }
        } }
    }
}

fn who(session: &Session, index: Option<usize>, key: &str) -> String {
    match index
        .and_then(|index| session.targets.get(index))
        .filter(|t| key.is_empty() || t.key == key)
    {
        Some(target) => format!("{} {}", target.title, target.name).trim().to_owned(),
        None => key.to_owned(),
    }
}

fn timeline(say: Say, session: &Session) -> Markup {
    let begin = session
        .timeline
        .first()
        .and_then(|event| event.at.parse::<Timestamp>().ok());
    let since = |at: &str| match (begin, at.parse::<Timestamp>()) {
        (Some(begin), Ok(at)) => {
            let ms = at.as_millisecond() - begin.as_millisecond();
            format!("{}.{:03}", ms / 1_000, ms % 1_000)
        }
        _ => String::new(),
    };
    html! {
        ol.timeline {
            @for event in &session.timeline {
                li data-kind=(event.kind) {
                    time.at datetime=(event.at) data-offset { (since(&event.at)) " s" }
                    span { (what(say, session, event)) }
                }
            }
        }
    }
}

/// One event in words.
fn what(say: Say, session: &Session, event: &Event) -> String {
    let text = |name: &str| event.data[name].as_str().unwrap_or_default();
    let side = match text("side") {
        "target" => say.t("Office"),
        _ => say.t("Caller"),
    };
    let status = event.data["detail"]["sip_status"]
        .as_u64()
        .map_or(String::new(), |s| s.to_string());
    let index = event.data["index"].as_u64().and_then(|n| usize::try_from(n).ok());
    let name = who(session, index, "");
    match event.kind.as_str() {
        "leg.dialling" => say.with("{side}: is dialled", &[("side", &side)]),
        "leg.ringing" => say.with(
            "{side}: rings ({status})",
            &[("side", &side), ("status", &status)],
        ),
        "leg.answered" => say.with("{side}: answers", &[("side", &side)]),
        "leg.ended" => {
            let why = event.data["detail"]["cause"].as_str().unwrap_or_default();
            say.with(
                "{side}: the leg ends ({status} {why})",
                &[("side", &side), ("status", &status), ("why", &why)],
            )
        }
        "session.playing" => {
            let prompts = event.data["prompts"].as_array();
            let named: Vec<String> = prompts
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(|id| prompt(say, id))
                .collect();
            say.with("The caller hears: {prompts}", &[("prompts", &named.join(", "))])
        }
        "session.key" => say.t("The caller presses a key").into_owned(),
        "session.step" => say.with("Step: {step}", &[("step", &step_name(say, text("step")))]),
        "call.started" => say.with("Call to {name}", &[("name", &name)]),
        "call.ended" => {
            let outcome = if text("outcome").is_empty() {
                text("status")
            } else {
                text("outcome")
            };
            say.with(
                "Call to {name} ends: {outcome}",
                &[("name", &name), ("outcome", &say.word(outcome))],
            )
        }
        "session.ended" => say.with("Over: {status}", &[("status", &say.word(text("status")))]),
        other => other.to_owned(),
    }
}

/// `msg_target_intro#2` is the introduction of the third office.
fn prompt(say: Say, id: &str) -> String {
    let key = id.split('#').next().unwrap_or(id);
    say.word(key).into_owned()
}

fn legs(say: Say, legs: &[Value]) -> Markup {
    let text = |leg: &Value, name: &str| match &leg[name] {
        Value::String(text) => text.clone(),
        Value::Null => "–".to_owned(),
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => other.to_string(),
    };
    html! {
        div.wide role="group" tabindex="0" aria-label=(say.t("Legs")) { table {
            thead { tr {
                th { (say.t("Side")) } th { (say.t("Status")) } th { "SIP" } th { (say.t("Cause")) } th { (say.t("Ended by")) } th { "Codec" }
                th.number { (say.t("Until it rang")) } th.number { (say.t("Lost packets")) } th.number { "Jitter" } th.number { "MOS" }
            } }
            tbody {
                @for leg in legs {
                    tr {
                        td { (say.word(leg["side"].as_str().unwrap_or_default())) } td { (say.word(leg["state"].as_str().unwrap_or_default())) }
                        td { (text(leg, "sip_status")) } td { (text(leg, "cause")) } td { (say.word(leg["ended_by"].as_str().unwrap_or("–"))) }
                        td { (text(leg, "codec")) } td.number { (text(leg, "pdd_ms")) } td.number { (text(leg, "rtp_lost")) }
                        td.number { (text(leg, "jitter_ms")) } td.number { (text(leg, "mos")) }
                    }
                }
            }
        } }
    }
}
