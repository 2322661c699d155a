//! Who would be called for a place: the list that a caller from there would get, without calling anybody.

use maud::{Markup, html};
use serde::Deserialize;

use super::super::api::encoded;
use super::super::door::Visitor;
use super::super::forms::{Field, Filled};
use super::{Campaign, path};

/// Somebody who would be called.
#[derive(Deserialize)]
struct Called {
    title: String,
    name: String,
    district: String,
    phone: Option<String>,
}

/// The list.
#[derive(Deserialize)]
struct Preview {
    items: Vec<Called>,
}

/// The form, and what it found.
pub(super) async fn preview(visitor: &Visitor, campaign: &Campaign, query: &Filled) -> Markup {
    let say = visitor.say;
    let asked = query.has("location") || query.has("preview");
    let found = match asked {
        true => {
            let path = path(
                &campaign.id,
                &format!("/preview?location={}", encoded(query.text("location"))),
            );
            Some(visitor.api.get::<Preview>(&path).await)
        }
        false => None,
    };
    let label = say.t("ZIP, postal code or place of a caller");
    let field = Field::new("location", label);
    html! {
        section.card #preview {
            h2 { (say.t("Who would be called?")) }
            form.filters method="get" action={ "/campaigns/" (campaign.id) "/people" } {
                input type="hidden" name="preview" value="on";
                @if campaign.is_located() { (field.input(query)) }
                button type="submit" { (say.t("Show")) }
            }
            @match found {
                None => {}
                Some(Err(refused)) => { p.fault role="alert" { (refused.detail) } }
                Some(Ok(preview)) => {
                    @if preview.items.is_empty() { p role="status" { (say.t("Nobody: the caller would be asked for the place, or hear that nobody was found.")) } }
                    ol {
                        @for called in &preview.items {
                            li { (called.title) " " strong { (called.name) } " " span.faint { (called.district) " "
                                @match &called.phone { Some(phone) => (phone), None => (say.t("has no number")) } } }
                        }
                    }
                }
            }
        }
    }
}
