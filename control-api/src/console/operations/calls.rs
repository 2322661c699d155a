//! /operations/calls: who is on the line, who is being called, who waits; each can be hung up.

use axum::extract::{OriginalUri, Path};
use axum::http::Method;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::super::Answer;
use super::super::api::{List, encoded};
use super::super::campaigns::step_name;
use super::super::door::Visitor;
use super::super::layout::Live;
use super::super::parts;
use super::{LIMIT, Names, Tab, back, more, name_of, names, nothing, page, query_of, told};

/// A caller.
#[derive(Deserialize)]
struct Session {
    id: String,
    campaign_id: String,
    direction: String,
    state: String,
    status: String,
    step: String,
    phone: String,
    node: Option<String>,
    queued_at: String,
    started_at: Option<String>,
}

pub(super) async fn calls(visitor: Visitor, uri: OriginalUri) -> Answer {
    let say = visitor.say;
    let query = query_of(&uri);
    let cursor = super::passed_on(&query, &["cursor"]);
    let now: List<Session> = visitor
        .api
        .get(&format!("/v1/sessions?under_way=true&limit={LIMIT}{cursor}"))
        .await?;
    let campaigns = names(&visitor, "campaigns").await?;
    let (waiting, running): (Vec<&Session>, Vec<&Session>) = now
        .items
        .iter()
        .partition(|session| matches!(session.state.as_str(), "queued" | "claimed"));
    let body = html! {
        (told(say, &query))
        section #running data-live {
            h2 { (say.t("On the line")) }
            (table(&visitor, &campaigns, &running))
        }
        section #waiting data-live {
            h2 { (say.t("Waiting for a line")) }
            (table(&visitor, &campaigns, &waiting))
        }
        (more(say, "/operations/calls", "", now.next.as_deref()))
    };
    let live = Live::Calls { every: 0 };
    Ok(page(&visitor, Tab::Calls, say.t("Calls now"), &body)
        .live(live)
        .show(&visitor))
}

fn table(visitor: &Visitor, campaigns: &Names, sessions: &[&Session]) -> Markup {
    let say = visitor.say;
    html! {
        div.wide role="group" tabindex="0" aria-label=(say.t("Calls now")) { table {
            thead { tr {
                th { (say.t("Since")) } th { (say.t("Caller")) } th { (say.t("Campaign")) } th { (say.t("Status")) }
                th { (say.t("Step")) } th { (say.t("Node")) } th { span.unseen { (say.t("Change")) } }
            } }
            tbody {
                @for session in sessions {
                    tr {
                        td { a href={ "/sessions/" (session.id) } { (parts::time(session.started_at.as_deref().unwrap_or(&session.queued_at))) } }
                        td { (session.phone) " " span.faint { (say.word(&session.direction)) } }
                        td { (name_of(campaigns, &session.campaign_id)) }
                        td { (parts::badge(say, &session.status)) }
                        td { (step_name(say, &session.step)) }
                        td { (session.node.as_deref().unwrap_or("–")) }
                        td { @if visitor.may_campaign() {
                            (parts::careful_button(
                                &format!("/operations/calls/{}/hang-up", session.id),
                                &say.t("Hang up"),
                                &say.t("End this call for everybody on it?"),
                            ))
                        } }
                    }
                }
                @if sessions.is_empty() { (nothing(say, 7)) }
            }
        } }
    }
}

pub(super) async fn hang_up(visitor: Visitor, Path(id): Path<String>) -> Answer {
    let path = format!("/v1/sessions/{}", encoded(&id));
    let done = visitor.api.send(Method::DELETE, &path, Value::Null).await;
    back("/operations/calls", done, "hung-up")
}
