//! /operations/schedules: who is called daily, when next, and an end to it.

use axum::extract::{OriginalUri, Path};
use axum::http::Method;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::super::Answer;
use super::super::api::{List, encoded};
use super::super::door::Visitor;
use super::super::forms::Field;
use super::super::parts;
use super::{
    LIMIT, Names, Tab, back, more, name_of, names, nothing, options, page, passed_on, query_of, told, words,
};

#[derive(Deserialize)]
struct Schedule {
    id: String,
    campaign_id: String,
    phone: String,
    time_zone: String,
    time: String,
    status: String,
    next_at: Option<String>,
    last_called_on: Option<String>,
    last_session_id: Option<String>,
}

pub(super) async fn list(visitor: Visitor, uri: OriginalUri) -> Answer {
    let say = visitor.say;
    let query = query_of(&uri);
    let filters = passed_on(&query, &["status", "campaign_id"]);
    let cursor = passed_on(&query, &["cursor"]);
    let schedules: List<Schedule> = visitor
        .api
        .get(&format!("/v1/schedules?limit={LIMIT}{filters}{cursor}"))
        .await?;
    let campaigns = names(&visitor, "campaigns").await?;
    let mut statuses = vec![(String::new(), say.t("All").into_owned())];
    statuses.extend(words(say, &["active", "paused", "ended"]));
    let body = html! {
        (told(say, &query))
        form.filters method="get" action="/operations/schedules" {
            (Field::new("campaign_id", say.t("Campaign")).select(&query, &options(&say.t("All"), &campaigns)))
            (Field::new("status", say.t("Status")).select(&query, &statuses))
            button type="submit" { (say.t("Show")) }
        }
        div.wide role="group" tabindex="0" aria-label=(say.t("Daily callers")) { table {
            thead { tr {
                th { (say.t("Caller")) } th { (say.t("Campaign")) } th { (say.t("Status")) } th { (say.t("Local time")) }
                th { (say.t("Called next")) } th { (say.t("Called last")) } th { span.unseen { (say.t("Change")) } }
            } }
            tbody {
                @for schedule in &schedules.items { (row(&visitor, &campaigns, schedule)) }
                @if schedules.items.is_empty() { (nothing(say, 7)) }
            }
        } }
        (more(say, "/operations/schedules", &filters, schedules.next.as_deref()))
    };
    Ok(page(&visitor, Tab::Schedules, say.t("Daily callers"), &body).show(&visitor))
}

fn row(visitor: &Visitor, campaigns: &Names, schedule: &Schedule) -> Markup {
    let say = visitor.say;
    let last = schedule.last_called_on.as_deref().unwrap_or("–");
    html! {
        tr {
            td { (schedule.phone) }
            td { (name_of(campaigns, &schedule.campaign_id)) }
            td { (parts::badge(say, &schedule.status)) }
            td { (schedule.time) " " span.faint { (schedule.time_zone) } }
            td { @if let Some(at) = &schedule.next_at { (parts::time(at)) } @else { "–" } }
            td { @if let Some(id) = &schedule.last_session_id { a href={ "/sessions/" (id) } { (last) } } @else { (last) } }
            td { @if visitor.may_campaign() && schedule.status != "ended" {
                (parts::careful_button(&format!("/operations/schedules/{}", schedule.id), &say.t("End it"), &say.t("Call this person no more every day?")))
            } }
        }
    }
}

pub(super) async fn end(visitor: Visitor, Path(id): Path<String>) -> Answer {
    let path = format!("/v1/schedules/{}", encoded(&id));
    let done = visitor.api.send(Method::DELETE, &path, Value::Null).await;
    back("/operations/schedules", done, "removed")
}
