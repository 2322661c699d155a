//! POST /campaigns/{id}/deeds: launch, pause, archive, copy, and a test call.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect};
use serde_json::{Value, json};

use super::super::Answer;
use super::super::api::encoded;
use super::super::door::Visitor;
use super::super::forms::{Filled, object};
use super::{Campaign, path};
use crate::http::local::Refused;

/// Names that a copy tries, one after the other.
const COPIES: u32 = 20;

pub(super) async fn deed(visitor: Visitor, Path(id): Path<String>, filled: Filled) -> Answer {
    let there = format!("/campaigns/{}", encoded(&id));
    let done = match filled.text("deed") {
        word @ ("launch" | "pause" | "archive") => set_status(&visitor, &id, word).await,
        "call" => call(&visitor, &id, &filled).await,
        "copy" => return copy(&visitor, &id).await,
        _ => Ok("saved"),
    };
    let next = match done {
        Ok(word) => format!("{there}?done={word}"),
        Err(refused) => format!("{there}?fault={}", encoded(&refused.detail)),
    };
    Ok(Redirect::to(&next).into_response())
}

async fn set_status(visitor: &Visitor, id: &str, word: &str) -> Result<&'static str, Refused> {
    visitor
        .api
        .post(&path(id, &format!("/{word}")), Value::Null)
        .await?;
    Ok(match word {
        "launch" => "launched",
        "pause" => "paused",
        _ => "archived",
    })
}

async fn call(visitor: &Visitor, id: &str, filled: &Filled) -> Result<&'static str, Refused> {
    let body = object([
        ("campaign_id", json!(id)),
        ("phone", filled.string("phone")),
        ("location", filled.optional("location")),
    ]);
    visitor.api.post("/v1/sessions", body).await?;
    Ok("called")
}

/// The copy is named after the original, with the first number that is free.
async fn copy(visitor: &Visitor, id: &str) -> Answer {
    let original = Campaign::get(visitor, id).await?;
    for n in 2..=COPIES {
        let name = format!("{} {n}", original.name);
        match visitor
            .api
            .post(&path(id, "/copy"), json!({ "name": name }))
            .await
        {
            Ok(made) => {
                let copy = made.get("id").and_then(Value::as_str).unwrap_or_default();
                return Ok(Redirect::to(&format!("/campaigns/{copy}/basics?done=made")).into_response());
            }
            Err(refused) if refused.status == axum::http::StatusCode::CONFLICT => {}
            Err(refused) => return Err(refused),
        }
    }
    Err(Refused::inside(
        "there are too many copies of this name: rename some",
    ))
}
