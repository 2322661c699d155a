//! /operations/routes: which trunks take which numbers, and where a number would go now and why.

use axum::extract::{OriginalUri, Path};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Answer;
use super::super::api::{List, encoded};
use super::super::door::Visitor;
use super::super::forms::{Field, Filled};
use super::super::parts;
use super::super::say::Say;
use super::{Names, Tab, back, name_of, names, nothing, number_or, options, page, query_of, told};
use crate::http::local::Refused;

#[derive(Deserialize)]
struct Route {
    id: String,
    name: String,
    prefixes: Vec<String>,
    campaign_id: Option<String>,
    countries: Vec<String>,
    trunks: Vec<Tried>,
}

#[derive(Deserialize)]
struct Tried {
    trunk_id: String,
    priority: u16,
    cost: u32,
    weight: u16,
}

/// Where a number would go.
#[derive(Deserialize)]
struct Choice {
    explanation: String,
    routes: Vec<RouteVerdict>,
    trunks: Vec<TrunkVerdict>,
}

#[derive(Deserialize)]
struct RouteVerdict {
    name: String,
    decides: bool,
    why: String,
}

#[derive(Deserialize)]
struct TrunkVerdict {
    name: String,
    tried: bool,
    why: String,
}

pub(super) async fn list(visitor: Visitor, uri: OriginalUri) -> Answer {
    let query = query_of(&uri);
    shown(&visitor, &query, &Filled::default()).await
}

/// The list, a question, and the form of a new one as far as it is filled in.
async fn shown(visitor: &Visitor, query: &Filled, filled: &Filled) -> Answer {
    let say = visitor.say;
    let routes: List<Route> = visitor.api.get("/v1/routes?limit=1000").await?;
    let trunks = names(visitor, "trunks").await?;
    let campaigns = names(visitor, "campaigns").await?;
    let answer = question(visitor, query).await;
    let body = html! {
        (told(say, query))
        section.card {
            h2 { (say.t("Where would a number go?")) }
            form.filters method="get" action="/operations/routes" {
                (Field::new("number", say.t("Number")).hint("+12025550123").kind("tel").required().input(query))
                (Field::new("campaign", say.t("Campaign")).select(query, &options(&say.t("none of them"), &campaigns)))
                button type="submit" { (say.t("Show")) }
            }
            @if let Some(answer) = answer { (verdict(say, answer)) }
        }
        div.wide role="group" tabindex="0" aria-label=(say.t("Routes")) { table {
            thead { tr {
                th { (say.t("Route")) } th { (say.t("Prefixes")) } th { (say.t("Campaign")) } th { (say.t("Countries")) } th { (say.t("Trunks, the first ones first")) }
            } }
            tbody {
                @for route in &routes.items { (row(&trunks, &campaigns, route)) }
                @if routes.items.is_empty() { (nothing(say, 5)) }
            }
        } }
        @if visitor.may_all() {
            section {
                h2 { (say.t("New route")) }
                form method="post" action="/operations/routes" {
                    (filled.complaint())
                    (fields(say, filled, &trunks, &campaigns))
                    button.main type="submit" { (say.t("Save")) }
                }
            }
        }
    };
    Ok(page(visitor, Tab::Routes, say.t("Routes"), &body).show(visitor))
}

fn row(trunks: &Names, campaigns: &Names, route: &Route) -> Markup {
    let mut tried: Vec<&Tried> = route.trunks.iter().collect();
    tried.sort_by_key(|t| (t.priority, t.cost, std::cmp::Reverse(t.weight)));
    html! {
        tr {
            td { a href={ "/operations/routes/" (route.id) } { (route.name) } }
            td { (route.prefixes.join(", ")) }
            td { @if let Some(id) = &route.campaign_id { (name_of(campaigns, id)) } @else { "–" } }
            td { (route.countries.join(", ")) }
            td { @for (n, one) in tried.iter().enumerate() { @if n > 0 { ", " } (name_of(trunks, &one.trunk_id)) " (" (one.priority) ")" } }
        }
    }
}

/// What the API says to the number in the query; nothing where none is asked about.
async fn question(visitor: &Visitor, query: &Filled) -> Option<Result<Choice, Refused>> {
    if !query.has("number") {
        return None;
    }
    // In a query + is a space.
    let number = query.text("number").trim_start_matches('+');
    let body = json!({ "number": format!("+{number}"), "campaign_id": query.optional("campaign") });
    let answer = visitor.api.post("/v1/routes/test", body).await;
    Some(answer.and_then(|value| serde_json::from_value(value).map_err(Refused::inside)))
}

fn verdict(say: Say, answer: Result<Choice, Refused>) -> Markup {
    let choice = match answer {
        Ok(choice) => choice,
        Err(refused) => return html! { p.fault role="alert" { (refused.detail) } },
    };
    html! {
        p role="status" { strong { (choice.explanation) } }
        div.cards {
            table {
                caption { (say.t("Routes")) }
                tbody { @for route in &choice.routes {
                    tr { th scope="row" { (route.name) @if route.decides { " " span.badge.good { (say.t("decides")) } } } td { (route.why) } }
                } }
            }
            table {
                caption { (say.t("Trunks")) }
                tbody { @for trunk in &choice.trunks {
                    tr { th scope="row" { (trunk.name) @if trunk.tried { " " span.badge.good { (say.t("tried")) } } } td { (trunk.why) } }
                } }
            }
        }
    }
}

fn fields(say: Say, filled: &Filled, trunks: &Names, campaigns: &Names) -> Markup {
    html! {
        fieldset {
            legend { (say.t("Which numbers")) }
            (Field::new("name", say.t("Name")).required().input(filled))
            (Field::new("prefixes", say.t("Prefixes")).hint(say.t("One a line, such as +1; the longest of all routes decides. + alone is every number.")).area(filled, 2))
            (Field::new("campaign_id", say.t("Only for this campaign")).select(filled, &options(&say.t("for all"), campaigns)))
            (Field::new("countries", say.t("Only for these countries")).hint(say.t("One a line, such as us. Empty: every country.")).input(filled))
            (Field::new("stop_codes", say.t("SIP statuses after which no other trunk is tried")).hint(say.t("Empty: 404, 486, 600, 603, 607, 608.")).input(filled))
        }
        fieldset {
            legend { (say.t("Which trunks")) }
            p.hint { (say.t("The lowest priority is tried first, then the lowest cost; the weight is the share among equals.")) }
            table {
                thead { tr { th { (say.t("Trunk")) } th { (say.t("Priority")) } th { (say.t("Cost")) } th { (say.t("Weight")) } } }
                tbody { @for (id, name) in trunks {
                    @let box_id = format!("trunk-{id}");
                    tr {
                        td { div.choice {
                            input type="checkbox" name="trunk" value=(id) id=(box_id) checked[filled.all("trunk").contains(id)];
                            label for=(box_id) { (name) }
                        } }
                        @for (what, label) in [("priority", say.t("Priority")), ("cost", say.t("Cost")), ("weight", say.t("Weight"))] {
                            @let field = format!("{what}-{id}");
                            td { input type="number" min="0" name=(field) value=(filled.text(&field)) aria-label={ (label) " " (name) }; }
                        }
                    }
                } }
            }
        }
    }
}

/// As the API wants it. Windows stay as they are.
fn body(filled: &Filled) -> Value {
    let number = |name: String, none: i64| number_or(filled, &name, none);
    let one = |id: &String| {
        json!({
            "trunk_id": id,
            "priority": number(format!("priority-{id}"), 0),
            "cost": number(format!("cost-{id}"), 0),
            "weight": number(format!("weight-{id}"), 1),
        })
    };
    let codes = filled.text("stop_codes").split([',', '\n', ' ']).map(str::trim);
    let codes: Vec<Value> = codes
        .filter(|code| !code.is_empty())
        .map(|code| {
            code.parse::<u16>()
                .map_or_else(|_| json!(code), |code| json!(code))
        })
        .collect();
    json!({
        "name": filled.string("name"),
        "prefixes": filled.lines("prefixes"),
        "campaign_id": filled.optional("campaign_id"),
        "countries": filled.lines("countries"),
        "stop_codes": codes,
        "trunks": filled.all("trunk").iter().map(one).collect::<Vec<_>>(),
    })
}

pub(super) async fn create(visitor: Visitor, filled: Filled) -> Answer {
    match visitor.api.post("/v1/routes", body(&filled)).await {
        Ok(_) => back("/operations/routes", Ok(()), "made"),
        Err(refused) => {
            let page = shown(&visitor, &Filled::default(), &filled.refused(refused)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

pub(super) async fn one(visitor: Visitor, Path(id): Path<String>, uri: OriginalUri) -> Answer {
    let value: Value = visitor.api.get(&format!("/v1/routes/{}", encoded(&id))).await?;
    let route: Route = serde_json::from_value(value.clone()).map_err(Refused::inside)?;
    let mut filled = Filled::of(&value).with_each("trunk", route.trunks.iter().map(|t| t.trunk_id.clone()));
    for tried in &route.trunks {
        let id = &tried.trunk_id;
        filled = filled
            .set(&format!("priority-{id}"), tried.priority.to_string())
            .set(&format!("cost-{id}"), tried.cost.to_string())
            .set(&format!("weight-{id}"), tried.weight.to_string());
    }
    let codes: Vec<u64> = value["stop_codes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_u64)
        .collect();
    let codes: Vec<String> = codes.iter().map(u64::to_string).collect();
    edit(
        &visitor,
        &id,
        &filled.set("stop_codes", codes.join(", ")),
        &query_of(&uri),
    )
    .await
}

async fn edit(visitor: &Visitor, id: &str, filled: &Filled, query: &Filled) -> Result<Response, Refused> {
    let say = visitor.say;
    let trunks = names(visitor, "trunks").await?;
    let campaigns = names(visitor, "campaigns").await?;
    let there = format!("/operations/routes/{}", encoded(id));
    let body = html! {
        (told(say, query))
        form method="post" action=(there) {
            (filled.complaint())
            (fields(say, filled, &trunks, &campaigns))
            @if visitor.may_all() { button.main type="submit" { (say.t("Save")) } }
        }
        @if visitor.may_all() {
            p { (parts::careful_button(&format!("{there}/remove"), &say.t("Remove"), &say.t("Remove this route?"))) }
        }
    };
    Ok(page(visitor, Tab::Routes, filled.text("name").to_owned(), &body).show(visitor))
}

pub(super) async fn save(visitor: Visitor, Path(id): Path<String>, filled: Filled) -> Answer {
    let path = format!("/v1/routes/{}", encoded(&id));
    match visitor.api.send(Method::PATCH, &path, body(&filled)).await {
        Ok(_) => back(&format!("/operations/routes/{}", encoded(&id)), Ok(()), "saved"),
        Err(refused) => {
            let page = edit(&visitor, &id, &filled.refused(refused), &Filled::default()).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

pub(super) async fn remove(visitor: Visitor, Path(id): Path<String>) -> Answer {
    let path = format!("/v1/routes/{}", encoded(&id));
    let done = visitor.api.send(Method::DELETE, &path, Value::Null).await;
    back("/operations/routes", done, "removed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_becomes_a_route() {
        let form = b"name=a&prefixes=%2B1%0A%2B44&countries=us&stop_codes=486,+603&trunk=t1&priority-t1=2&weight-t1=&campaign_id=";
        assert_eq!(
            body(&Filled::parse(form)),
            json!({
                "name": "a", "prefixes": ["+1", "+44"], "campaign_id": null, "countries": ["us"], "stop_codes": [486, 603],
                "trunks": [{"trunk_id": "t1", "priority": 2, "cost": 0, "weight": 1}],
            })
        );
    }
}
