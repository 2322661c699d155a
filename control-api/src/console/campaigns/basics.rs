//! /campaigns/new and /campaigns/{id}/basics: what a campaign is, before anything else.

use axum::extract::{OriginalUri, Path};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde_json::{Value, json};

use super::super::Answer;
use super::super::door::Visitor;
use super::super::forms::{Field, Filled, object};
use super::super::layout::{Page, Section};
use super::super::parts;
use super::super::say::Say;
use super::{Campaign, Tab, path};

pub(super) async fn new(visitor: Visitor) -> Response {
    let begin = Filled::of(
        &json!({ "country": "us", "whom": "custom", "language": visitor.say.tag(), "locate_by": "postal" }),
    );
    page(&visitor, None, &begin)
}

pub(super) async fn create(visitor: Visitor, filled: Filled) -> Response {
    match visitor.api.post("/v1/campaigns", body(&filled)).await {
        Ok(made) => {
            let id = made.get("id").and_then(Value::as_str).unwrap_or_default();
            Redirect::to(&format!("/campaigns/{id}/people?done=made")).into_response()
        }
        Err(refused) => {
            let status = refused.status;
            (status, page(&visitor, None, &filled.refused(refused))).into_response()
        }
    }
}

pub(super) async fn edit(visitor: Visitor, Path(id): Path<String>, OriginalUri(uri): OriginalUri) -> Answer {
    let campaign: Value = visitor.api.get(&path(&id, "")).await?;
    let custom = campaign["segment_by"] == "custom";
    let whom = if custom {
        "custom"
    } else {
        campaign["type"].as_str().unwrap_or_default()
    };
    let filled = Filled::of(&campaign).set("whom", whom);
    let query = Filled::parse(uri.query().unwrap_or_default().as_bytes());
    let campaign = Campaign::get(&visitor, &id).await?;
    Ok(page(&visitor, Some((&campaign, query.text("done"))), &filled))
}

pub(super) async fn save(visitor: Visitor, Path(id): Path<String>, filled: Filled) -> Answer {
    let campaign = Campaign::get(&visitor, &id).await?;
    match visitor
        .api
        .send(Method::PATCH, &path(&id, ""), body(&filled))
        .await
    {
        Ok(_) => Ok(Redirect::to(&format!("/campaigns/{}/basics?done=saved", campaign.id)).into_response()),
        Err(refused) => {
            let filled = filled.refused(refused);
            Ok((
                StatusCode::UNPROCESSABLE_ENTITY,
                page(&visitor, Some((&campaign, "")), &filled),
            )
                .into_response())
        }
    }
}

/// One choice of the form says `type`, `segment_by` and `locate_by`.
fn body(filled: &Filled) -> Value {
    let own = filled.text("whom") == "custom";
    object([
        ("name", filled.string("name")),
        ("country", filled.string("country")),
        ("language", filled.string("language")),
        ("type", filled.string("whom")),
        ("segment_by", json!(if own { "custom" } else { "location" })),
        (
            "locate_by",
            json!(if own { "none" } else { filled.text("locate_by") }),
        ),
        (
            "subtype",
            if own {
                json!("both")
            } else {
                filled.optional("subtype")
            },
        ),
        ("organization", filled.string("organization")),
        ("script", filled.string("script")),
        ("redirect", filled.string("redirect")),
    ])
}

fn page(visitor: &Visitor, campaign: Option<(&Campaign, &str)>, filled: &Filled) -> Response {
    let say = visitor.say;
    let (title, action) = match campaign {
        Some((campaign, _)) => (
            campaign.name.clone(),
            format!("/campaigns/{}/basics", campaign.id),
        ),
        None => (say.t("New campaign").into_owned(), "/campaigns".to_owned()),
    };
    let body = html! {
        @if let Some((campaign, done)) = campaign {
            (parts::done(say, Some(done)))
            (campaign.tabs(say, Tab::Basics))
        }
        form method="post" action=(action) {
            (filled.complaint())
            (fields(say, filled))
            @if visitor.may_campaign() {
                button.main type="submit" {
                    @if campaign.is_some() { (say.t("Save")) } @else { (say.t("Make it, and go on to who is called")) }
                }
            }
        }
    };
    Page::new(Section::Campaigns, title, body).show(visitor)
}

fn options(say: Say, words: &[&str]) -> Vec<(String, String)> {
    words
        .iter()
        .map(|word| ((*word).to_owned(), say.word(word).into_owned()))
        .collect()
}

fn fields(say: Say, filled: &Filled) -> Markup {
    let name_hint = say.t("For yourselves, and for pages that name it.");
    let country_hint = say.t("Two letters, such as us, ca or gb.");
    let language_hint = say.t("What callers hear: en, es, fr, or es-MX.");
    let whom = [
        "custom",
        "congress",
        "executive",
        "state",
        "local",
        "parliament",
        "province",
    ];
    html! {
        (Field::new("name", say.t("Name of the campaign")).hint(name_hint).required().input(filled))
        (Field::new("organization", say.t("Who you are")).hint(say.t("As callers hear it: your organisation's name.")).input(filled))
        (Field::new("country", say.t("Country")).hint(country_hint).required().input(filled))
        (Field::new("language", say.t("Language")).hint(language_hint).required().input(filled))
        (Field::new("whom", say.t("Who is called")).hint(say.t("Your own list, or whoever represents the place where the caller lives."))
            .select(filled, &options(say, &whom)))
        (Field::new("subtype", say.t("Which chamber")).select(filled, &options(say, &["both", "upper", "lower", "exec"])))
        (Field::new("locate_by", say.t("The caller's place is given as")).hint(say.t("Only where representatives are called."))
            .select(filled, &options(say, &["postal", "address", "latlon", "district", "none"])))
        (Field::new("script", say.t("What callers should say")).hint(say.t("Shown on your page after the form was sent. HTML is allowed.")).area(filled, 5))
        (Field::new("redirect", say.t("Page to go to afterwards")).kind("url").input(filled))
    }
}
