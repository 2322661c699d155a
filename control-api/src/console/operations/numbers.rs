//! /operations/numbers: our own numbers, the trunk that each comes in on, and the campaign that it starts.

use axum::extract::{OriginalUri, Path};
use axum::http::{Method, StatusCode};
use axum::response::IntoResponse;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Answer;
use super::super::api::{List, encoded};
use super::super::door::Visitor;
use super::super::forms::{Field, Filled};
use super::{Names, Tab, back, more, name_of, names, nothing, options, page, passed_on, query_of, told};

#[derive(Deserialize)]
struct Number {
    id: String,
    e164: String,
    trunk_id: String,
    campaign_id: Option<String>,
}

pub(super) async fn list(visitor: Visitor, uri: OriginalUri) -> Answer {
    let query = query_of(&uri);
    shown(&visitor, &query, &Filled::default()).await
}

async fn shown(visitor: &Visitor, query: &Filled, filled: &Filled) -> Answer {
    let say = visitor.say;
    let cursor = passed_on(query, &["cursor"]);
    let numbers: List<Number> = visitor.api.get(&format!("/v1/numbers?limit=100{cursor}")).await?;
    let trunks = names(visitor, "trunks").await?;
    let campaigns = names(visitor, "campaigns").await?;
    let body = html! {
        (told(say, query))
        div.wide role="group" tabindex="0" aria-label=(say.t("Numbers")) { table {
            thead { tr { th { (say.t("Number")) } th { (say.t("Trunk")) } th { (say.t("Campaign")) } th { span.unseen { (say.t("Change")) } } } }
            tbody {
                @for number in &numbers.items { (row(visitor, number, &trunks, &campaigns)) }
                @if numbers.items.is_empty() { (nothing(say, 4)) }
            }
        } }
        (more(say, "/operations/numbers", "", numbers.next.as_deref()))
        @if visitor.may_all() {
            section {
                h2 { (say.t("Add a number")) }
                form method="post" action="/operations/numbers" {
                    (filled.complaint())
                    (Field::new("e164", say.t("Number")).hint("+12025550100").kind("tel").required().input(filled))
                    (Field::new("trunk_id", say.t("Trunk")).select(filled, &options("–", &trunks)))
                    (Field::new("campaign_id", say.t("Campaign")).select(filled, &options(&say.t("none of them"), &campaigns)))
                    button.main type="submit" { (say.t("Add")) }
                }
            }
        }
    };
    Ok(page(visitor, Tab::Numbers, say.t("Numbers"), &body).show(visitor))
}

fn row(visitor: &Visitor, number: &Number, trunks: &Names, campaigns: &Names) -> Markup {
    let say = visitor.say;
    let here = number.campaign_id.as_deref().unwrap_or_default();
    html! {
        tr {
            td { (number.e164) }
            td { (name_of(trunks, &number.trunk_id)) }
            @if visitor.may_all() {
                td {
                    form.row method="post" action={ "/operations/numbers/" (number.id) } {
                        select name="campaign_id" aria-label={ (say.t("Campaign")) " " (number.e164) } {
                            @for (id, name) in options(&say.t("none of them"), campaigns) { option value=(id) selected[id == here] { (name) } }
                        }
                        button type="submit" name="deed" value="save" { (say.t("Save")) }
                    }
                }
                td {
                    form.inline method="post" action={ "/operations/numbers/" (number.id) } data-ask=(say.t("Remove this number? Calls to it are refused then.")) {
                        button.danger type="submit" name="deed" value="remove" aria-label={ (say.t("Remove")) " " (number.e164) } { (say.t("Remove")) }
                    }
                }
            } @else {
                td { (name_of(campaigns, here)) } td {}
            }
        }
    }
}

pub(super) async fn create(visitor: Visitor, filled: Filled) -> Answer {
    let body = json!({
        "e164": filled.string("e164"), "trunk_id": filled.string("trunk_id"), "campaign_id": filled.optional("campaign_id"),
    });
    match visitor.api.post("/v1/numbers", body).await {
        Ok(_) => back("/operations/numbers", Ok(()), "made"),
        Err(refused) => {
            let page = shown(&visitor, &Filled::default(), &filled.refused(refused)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

pub(super) async fn deed(visitor: Visitor, Path(id): Path<String>, filled: Filled) -> Answer {
    let path = format!("/v1/numbers/{}", encoded(&id));
    let (done, word) = match filled.text("deed") {
        "remove" => (
            visitor.api.send(Method::DELETE, &path, Value::Null).await,
            "removed",
        ),
        _ => {
            let body = json!({ "campaign_id": filled.optional("campaign_id") });
            (visitor.api.send(Method::PATCH, &path, body).await, "saved")
        }
    };
    back("/operations/numbers", done, word)
}
