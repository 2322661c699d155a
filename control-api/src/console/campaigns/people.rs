//! /campaigns/{id}/people: the campaign's own list, in order, searched and added to; and who would be called for a place.

use axum::Router;
use axum::extract::{OriginalUri, Path};
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::api::{List, encoded};
use super::super::door::Visitor;
use super::super::forms::{Field, Filled, object};
use super::super::layout::{Page, Section};
use super::super::parts;
use super::super::say::Say;
use super::super::{Answer, Console};
use super::{Campaign, Tab, path, preview};
use crate::http::local::Refused;

/// Found people that are shown.
const FOUND: u8 = 20;

/// Somebody who is called.
#[derive(Clone, Deserialize)]
pub(super) struct Target {
    pub(super) id: String,
    pub(super) key: String,
    pub(super) title: String,
    pub(super) name: String,
    pub(super) district: String,
    pub(super) phone: Option<String>,
}

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/campaigns/{id}/people", get(people))
        .route("/campaigns/{id}/people/order", post(order))
        .route("/campaigns/{id}/people/add", post(add))
        .route("/campaigns/{id}/people/new", post(create))
}

async fn people(visitor: Visitor, Path(id): Path<String>, OriginalUri(uri): OriginalUri) -> Answer {
    let query = Filled::parse(uri.query().unwrap_or_default().as_bytes());
    page(&visitor, &id, &query, &Filled::default()).await
}

async fn page(visitor: &Visitor, id: &str, query: &Filled, entry: &Filled) -> Result<Response, Refused> {
    let say = visitor.say;
    let campaign = Campaign::get(visitor, id).await?;
    let own = own_list(visitor, id).await?;
    let preview = preview::preview(visitor, &campaign, query).await;
    let found = found(visitor, query).await?;
    let body = html! {
        (parts::done(say, Some(query.text("done"))))
        (campaign.tabs(say, Tab::People))
        @if campaign.is_located() {
            p { (say.t("Callers reach whoever represents the place where they live. A list of your own goes beside these, or in their stead.")) }
        }
        (preview)
        h2 { (say.t("Your own list")) }
        (list(visitor, &campaign, &own))
        @if visitor.may_campaign() {
            h2 { (say.t("Add somebody")) }
            (search(say, &campaign, query, &found, &own))
            (entry_form(say, &campaign, entry))
        }
    };
    Ok(Page::new(Section::Campaigns, campaign.name.clone(), body).show(visitor))
}

async fn own_list(visitor: &Visitor, id: &str) -> Result<Vec<Target>, Refused> {
    Ok(visitor
        .api
        .get::<List<Target>>(&path(id, "/targets"))
        .await?
        .items)
}

async fn found(visitor: &Visitor, query: &Filled) -> Result<Vec<Target>, Refused> {
    if !query.has("q") {
        return Ok(Vec::new());
    }
    let path = format!("/v1/targets?limit={FOUND}&q={}", encoded(query.text("q")));
    Ok(visitor.api.get::<List<Target>>(&path).await?.items)
}

/// Every line has buttons for the keyboard and for browsers without scripting; a script adds dragging.
fn list(visitor: &Visitor, campaign: &Campaign, own: &[Target]) -> Markup {
    let say = visitor.say;
    let form = format!("/campaigns/{}/people/order", campaign.id);
    let ids = own
        .iter()
        .map(|target| target.id.as_str())
        .collect::<Vec<_>>()
        .join(",");
    html! {
        @if own.is_empty() { p { (say.t("There is none yet.")) } }
        form #order method="post" action=(form) { input type="hidden" name="order" value=(ids); }
        ol.order data-form="order" {
            @for (n, target) in own.iter().enumerate() {
                li data-id=(target.id) {
                    span.what { strong { (target.title) " " (target.name) } " " span.faint { (target.district) " " (number(say, target)) } }
                    @if visitor.may_campaign() {
                        (step(say, &form, own, n, Move::Up)) (step(say, &form, own, n, Move::Down)) (step(say, &form, own, n, Move::Out))
                    }
                }
            }
        }
    }
}

pub(super) fn number(say: Say, target: &Target) -> String {
    target
        .phone
        .clone()
        .unwrap_or_else(|| say.t("has no number").into_owned())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Move {
    Up,
    Down,
    Out,
}

/// The list as it is after one move.
fn moved(own: &[Target], n: usize, step: Move) -> Vec<&str> {
    let mut ids: Vec<&str> = own.iter().map(|target| target.id.as_str()).collect();
    match step {
        Move::Up if n > 0 => ids.swap(n, n - 1),
        Move::Down if n + 1 < ids.len() => ids.swap(n, n + 1),
        Move::Out => {
            ids.remove(n);
        }
        Move::Up | Move::Down => {}
    }
    ids
}

fn step(say: Say, form: &str, own: &[Target], n: usize, step: Move) -> Markup {
    let name = own.get(n).map_or("", |target| target.name.as_str());
    let (sign, label, useless) = match step {
        Move::Up => ("↑", say.with("{name}: earlier", &[("name", &name)]), n == 0),
        Move::Down => (
            "↓",
            say.with("{name}: later", &[("name", &name)]),
            n + 1 == own.len(),
        ),
        Move::Out => (
            "×",
            say.with("{name}: take off the list", &[("name", &name)]),
            false,
        ),
    };
    html! {
        form.inline method="post" action=(form) {
            input type="hidden" name="order" value=(moved(own, n, step).join(","));
            button type="submit" aria-label=(label) disabled[useless] { (sign) }
        }
    }
}

async fn order(visitor: Visitor, Path(id): Path<String>, filled: Filled) -> Answer {
    let body = json!({ "target_ids": filled.lines("order") });
    visitor
        .api
        .send(Method::PUT, &path(&id, "/targets"), body)
        .await?;
    Ok(back(&id, "saved"))
}

async fn add(visitor: Visitor, Path(id): Path<String>, filled: Filled) -> Answer {
    let body = json!({ "target_ids": [filled.text("target")] });
    visitor.api.post(&path(&id, "/targets"), body).await?;
    Ok(back(&id, "saved"))
}

async fn create(visitor: Visitor, Path(id): Path<String>, filled: Filled) -> Answer {
    let body = object([
        ("title", filled.string("title")),
        ("name", filled.string("name")),
        ("district", filled.string("district")),
        ("phone", filled.optional("phone")),
        ("extension", filled.string("extension")),
        ("pronunciation", filled.string("pronunciation")),
    ]);
    match visitor.api.post("/v1/targets", body).await {
        Ok(made) => {
            let target = made.get("id").and_then(Value::as_str).unwrap_or_default();
            visitor
                .api
                .post(&path(&id, "/targets"), json!({ "target_ids": [target] }))
                .await?;
            Ok(back(&id, "saved"))
        }
        Err(refused) => {
            let status = refused.status;
            let page = page(&visitor, &id, &Filled::default(), &filled.refused(refused)).await?;
            Ok((status, page).into_response())
        }
    }
}

fn back(id: &str, done: &str) -> Response {
    Redirect::to(&format!("/campaigns/{}/people?done={done}", encoded(id))).into_response()
}

fn search(say: Say, campaign: &Campaign, query: &Filled, found: &[Target], own: &[Target]) -> Markup {
    let label = say.t("Search the people that are known: name, office, district");
    let field = Field::new("q", label).kind("search");
    html! {
        form.filters method="get" action={ "/campaigns/" (campaign.id) "/people#found" } role="search" {
            (field.input(query))
            button type="submit" { (say.t("Search")) }
        }
        div #found {
            @if query.has("q") && found.is_empty() { p role="status" { (say.t("Nobody was found.")) } }
            ul {
                @for target in found {
                    li.row {
                        span { (target.title) " " (target.name) " " span.faint { (target.district) " " (number(say, target)) " " code { (target.key) } } }
                        @if own.iter().any(|known| known.id == target.id) { span.badge { (say.t("is on the list")) } }
                        @else {
                            form.inline method="post" action={ "/campaigns/" (campaign.id) "/people/add" } {
                                input type="hidden" name="target" value=(target.id);
                                button type="submit" aria-label=(say.with("Add {name}", &[("name", &target.name)])) { (say.t("Add")) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn entry_form(say: Say, campaign: &Campaign, entry: &Filled) -> Markup {
    html! {
        details.card open[campaign.segment_by == "custom"] {
            summary { (say.t("Somebody new")) }
            form method="post" action={ "/campaigns/" (campaign.id) "/people/new" } {
                (entry.complaint())
                (Field::new("title", say.t("Title")).hint(say.t("Senator, Mayor, …")).input(entry))
                (Field::new("name", say.t("Name")).required().input(entry))
                (Field::new("phone", say.t("Telephone")).hint(say.t("With the country: +12025550111.")).kind("tel").input(entry))
                (Field::new("extension", say.t("Extension")).hint(say.t("Keys that are sent once somebody answers.")).input(entry))
                (Field::new("district", say.t("District")).input(entry))
                (Field::new("pronunciation", say.t("How the name is said")).hint(say.t("Only where speech gets it wrong.")).input(entry))
                button type="submit" { (say.t("Add")) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_changes_places_or_takes_off() {
        let own: Vec<Target> = ["a", "b", "c"]
            .map(|id| {
                serde_json::from_value(
                    json!({"id": id, "key": "", "title": "", "name": id, "district": "", "phone": null}),
                )
                .unwrap()
            })
            .into();
        let check = |n, step, expected: &str| assert_eq!(moved(&own, n, step).concat(), expected);
        check(0, Move::Up, "abc");
        check(1, Move::Up, "bac");
        check(1, Move::Down, "acb");
        check(2, Move::Down, "abc");
        check(1, Move::Out, "ac");
    }
}
