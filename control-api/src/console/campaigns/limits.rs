//! /campaigns/{id}/limits: how many, how long, in which order, from which numbers, for which pages.

use axum::extract::{OriginalUri, Path};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::Answer;
use super::super::api::List;
use super::super::door::Visitor;
use super::super::forms::{Field, Filled};
use super::super::layout::{Page, Section};
use super::super::parts;
use super::super::say::Say;
use super::{Campaign, Tab, path};

/// Numbers that are whole seconds here and milliseconds in the API.
const TIMERS: [&str; 7] = [
    "ring_caller_ms",
    "confirm_ms",
    "locate_ms",
    "schedule_ms",
    "ring_target_ms",
    "talk_ms",
    "session_ms",
];
const COUNTS: [&str; 4] = ["call_maximum", "locate_tries", "max_per_number", "retention_days"];
const LIMITS: [&str; 4] = [
    "phone_per_hour",
    "phone_per_day",
    "ip_per_hour",
    "sessions_per_day",
];
const TICKS: [&str; 6] = [
    "target_shuffle_chamber",
    "allow_intl_calls",
    "show_caller_number",
    "prompt_schedule",
    "record",
    "redial_lost",
];
const LISTS: [&str; 3] = ["allowed_countries", "denied_prefixes", "origins"];

/// One of our numbers.
#[derive(Deserialize)]
struct Number {
    id: String,
    e164: String,
    campaign_id: Option<String>,
}

pub(super) async fn edit(visitor: Visitor, Path(id): Path<String>, OriginalUri(uri): OriginalUri) -> Answer {
    let value: Value = visitor.api.get(&path(&id, "")).await?;
    let mut filled = Filled::of(&value);
    for name in TIMERS {
        let name = format!("timers.{name}");
        if let Some(ms) = filled.number(&name).as_i64() {
            filled = filled.set(&name, seconds(ms));
        }
    }
    let query = Filled::parse(uri.query().unwrap_or_default().as_bytes());
    page(&visitor, &id, &filled, query.text("done")).await
}

/// 1500 ms as `1.5`.
fn seconds(ms: i64) -> String {
    let text = format!("{}.{:03}", ms / 1_000, ms % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `1.5` as 1500 ms; what is no number goes on as it is, for the API to refuse.
fn milliseconds(text: &str) -> Value {
    let (whole, part) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let part: String = part.chars().chain("000".chars()).take(3).collect();
    match (whole.parse::<i64>(), part.parse::<i64>()) {
        (Ok(whole), Ok(part)) if whole >= 0 => json!(whole.saturating_mul(1_000).saturating_add(part)),
        _ => json!(text),
    }
}

pub(super) async fn save(visitor: Visitor, Path(id): Path<String>, filled: Filled) -> Answer {
    let saved = match visitor
        .api
        .send(Method::PATCH, &path(&id, ""), body(&filled))
        .await
    {
        Ok(_) => numbers(&visitor, &id, &filled).await,
        Err(refused) => Err(refused),
    };
    match saved {
        Ok(()) => {
            let there = format!("/campaigns/{}/limits?done=saved", super::super::api::encoded(&id));
            Ok(Redirect::to(&there).into_response())
        }
        Err(refused) => {
            let page = page(&visitor, &id, &filled.refused(refused), "").await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

fn body(filled: &Filled) -> Value {
    let mut body = Map::new();
    for name in COUNTS {
        body.insert(name.to_owned(), filled.number(name));
    }
    for name in TICKS {
        body.insert(name.to_owned(), json!(filled.has(name)));
    }
    for name in LISTS {
        body.insert(name.to_owned(), filled.lines(name));
    }
    for name in ["target_ordering", "target_offices", "time_zone"] {
        body.insert(name.to_owned(), filled.string(name));
    }
    body.insert("include_special".to_owned(), filled.optional("include_special"));
    let limits = LIMITS.map(|name| (name.to_owned(), filled.number(&format!("limits.{name}"))));
    body.insert("limits".to_owned(), Value::Object(limits.into_iter().collect()));
    let timer = |name: &str| match filled.text(&format!("timers.{name}")) {
        "" => Value::Null,
        text => milliseconds(text),
    };
    let timers = TIMERS.map(|name| (name.to_owned(), timer(name)));
    body.insert("timers".to_owned(), Value::Object(timers.into_iter().collect()));
    Value::Object(body)
}

/// Gives the campaign the numbers that are ticked, and takes away those that were and are not any more. Numbers are an admin's.
async fn numbers(visitor: &Visitor, id: &str, filled: &Filled) -> Result<(), crate::http::local::Refused> {
    if !visitor.may_all() {
        return Ok(());
    }
    let ticked = filled.all("numbers");
    let known: List<Number> = visitor.api.get("/v1/numbers?limit=1000").await?;
    for number in known.items {
        let ours = number.campaign_id.as_deref() == Some(id);
        let wanted = ticked.contains(&number.id);
        if ours != wanted {
            let body = json!({ "campaign_id": wanted.then_some(id) });
            visitor
                .api
                .send(Method::PATCH, &format!("/v1/numbers/{}", number.id), body)
                .await?;
        }
    }
    Ok(())
}

async fn page(
    visitor: &Visitor,
    id: &str,
    filled: &Filled,
    done: &str,
) -> Result<Response, crate::http::local::Refused> {
    let say = visitor.say;
    let campaign = Campaign::get(visitor, id).await?;
    let known = match visitor.sees_all() {
        true => {
            visitor
                .api
                .get::<List<Number>>("/v1/numbers?limit=1000")
                .await?
                .items
        }
        false => Vec::new(),
    };
    let body = html! {
        (parts::done(say, Some(done)))
        (campaign.tabs(say, Tab::Limits))
        form method="post" action={ "/campaigns/" (campaign.id) "/limits" } {
            (filled.complaint())
            (calls(say, filled))
            (how_many(say, filled))
            (how_long(say, filled))
            (own_numbers(visitor, id, &known))
            (pages(say, filled))
            @if visitor.may_campaign() { button.main type="submit" { (say.t("Save")) } }
        }
    };
    Ok(Page::new(Section::Campaigns, campaign.name.clone(), body).show(visitor))
}

fn words(say: Say, words: &[&str]) -> Vec<(String, String)> {
    words
        .iter()
        .map(|word| ((*word).to_owned(), say.word(word).into_owned()))
        .collect()
}

fn calls(say: Say, filled: &Filled) -> Markup {
    let orders = [
        "in-order",
        "shuffle",
        "upper-first",
        "lower-first",
        "democrats-first",
        "republicans-first",
        "democrats-only",
        "republicans-only",
    ];
    let mut special = vec![(String::new(), say.t("the own list alone").into_owned())];
    special.extend(words(say, &["before", "after", "only", "first", "fallback"]));
    html! {
        fieldset {
            legend { (say.t("Whom callers reach")) }
            (Field::new("target_ordering", say.t("In which order")).select(filled, &words(say, &orders)))
            (Field::new("target_shuffle_chamber", say.t("Mix within each chamber, for each caller")).tick(filled))
            (Field::new("target_offices", say.t("Which office")).select(filled, &words(say, &["main", "district", "busy", "closest"])))
            (Field::new("include_special", say.t("Own list beside the representatives")).select(filled, &special))
            (Field::new("call_maximum", say.t("Most calls of one caller")).hint(say.t("Empty: no limit.")).kind("number").input(filled))
            (Field::new("prompt_schedule", say.t("Ask callers whether they want to be called daily")).tick(filled))
            (Field::new("show_caller_number", say.t("Show the caller's own number when it is proved")).tick(filled))
            (Field::new("record", say.t("Record what callers hear and say")).tick(filled))
            (Field::new("redial_lost", say.t("Call again whoever was lost with a server")).tick(filled))
        }
    }
}

fn how_many(say: Say, filled: &Filled) -> Markup {
    html! {
        fieldset {
            legend { (say.t("How many")) }
            (Field::new("limits.sessions_per_day", say.t("Callers a day, all together")).hint(say.t("Empty: no limit.")).kind("number").input(filled))
            (Field::new("limits.phone_per_hour", say.t("Calls of one number an hour")).kind("number").input(filled))
            (Field::new("limits.phone_per_day", say.t("Calls of one number a day, over all campaigns")).kind("number").input(filled))
            (Field::new("limits.ip_per_hour", say.t("Calls from one address of the internet an hour")).kind("number").input(filled))
            (Field::new("max_per_number", say.t("Calls to one office at once")).kind("number").input(filled))
            (Field::new("locate_tries", say.t("Times that a place is asked for")).kind("number").input(filled))
            (Field::new("retention_days", say.t("Days that callers' numbers are kept")).kind("number").input(filled))
            (Field::new("allowed_countries", say.t("Countries whose callers are called")).hint(say.t("Empty: the campaign's own.")).input(filled))
            (Field::new("denied_prefixes", say.t("Prefixes that are never called")).hint(say.t("One a line, such as +1900.")).area(filled, 3))
            (Field::new("allow_intl_calls", say.t("Call other countries from any number of ours")).tick(filled))
        }
    }
}

fn how_long(say: Say, filled: &Filled) -> Markup {
    html! {
        fieldset {
            legend { (say.t("How long, in seconds")) }
            (Field::new("timers.ring_caller_ms", say.t("Ring the caller")).input(filled))
            (Field::new("timers.confirm_ms", say.t("Wait for the first key")).input(filled))
            (Field::new("timers.locate_ms", say.t("Wait for the caller's place")).input(filled))
            (Field::new("timers.schedule_ms", say.t("Wait for the answer about daily calls")).input(filled))
            (Field::new("timers.ring_target_ms", say.t("Ring an office")).input(filled))
            (Field::new("timers.talk_ms", say.t("Longest talk")).input(filled))
            (Field::new("timers.session_ms", say.t("Longest call of all")).input(filled))
            (Field::new("time_zone", say.t("Time zone, where nothing else tells it")).input(filled))
        }
    }
}

fn own_numbers(visitor: &Visitor, id: &str, known: &[Number]) -> Markup {
    let say = visitor.say;
    html! {
        fieldset disabled[!visitor.may_all()] {
            legend { (say.t("Numbers of this campaign")) }
            p.hint { (say.t("Callers see one of them, and whoever dials it hears the campaign. Without any, numbers of no campaign are used.")) }
            @for number in known {
                @let (mine, free) = (number.campaign_id.as_deref() == Some(id), number.campaign_id.is_none());
                @if mine || free {
                    div.choice {
                        input type="checkbox" name="numbers" value=(number.id) id={ "number-" (number.id) } checked[mine];
                        label for={ "number-" (number.id) } { (number.e164) }
                    }
                }
            }
            @if known.is_empty() { p { (say.t("There is none yet.")) } }
        }
    }
}

fn pages(say: Say, filled: &Filled) -> Markup {
    let hint = say.t("One a line: https://www.example.org, or * for every page.");
    let label = say.t("Pages that may start calls");
    let field = Field::new("origins", label).hint(hint);
    html! {
        fieldset {
            legend { (say.t("Your page")) }
            (field.area(filled, 3))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_told_as_people_write_them() {
        assert_eq!(
            (seconds(10_000), seconds(1_500), seconds(50)),
            ("10".into(), "1.5".into(), "0.05".into())
        );
        for (text, ms) in [("10", 10_000), ("1.5", 1_500), ("0,05", 50), ("3600", 3_600_000)] {
            assert_eq!(milliseconds(text), json!(ms), "{text}");
        }
        assert_eq!(milliseconds("soon"), json!("soon"));
        assert_eq!(milliseconds("-1"), json!("-1"));
    }
}
