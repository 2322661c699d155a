//! /operations/users: who may log in, and as what. For admins.

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
use super::super::parts;
use super::super::say::Say;
use super::{
    Names, Tab, back, more, name_of, names, nothing, page, passed_on, query_of, secret, told, words,
};

/// What somebody may be.
const ROLES: [&str; 4] = ["viewer", "partner", "staff", "admin"];

#[derive(Deserialize)]
struct User {
    id: String,
    name: String,
    email: String,
    role: String,
    campaigns: Vec<String>,
    enabled: bool,
    last_login_at: Option<String>,
}

pub(super) async fn list(visitor: Visitor, uri: OriginalUri) -> Answer {
    let query = query_of(&uri);
    shown(&visitor, &query, &Filled::default().set("role", "viewer")).await
}

async fn shown(visitor: &Visitor, query: &Filled, filled: &Filled) -> Answer {
    let say = visitor.say;
    let cursor = passed_on(query, &["cursor"]);
    let users: List<User> = visitor.api.get(&format!("/v1/users?limit=100{cursor}")).await?;
    let campaigns = names(visitor, "campaigns").await?;
    let body = html! {
        (told(say, query))
        div.wide role="group" tabindex="0" aria-label=(say.t("Users")) { table {
            thead { tr {
                th { (say.t("Name")) } th { (say.t("Role")) } th { (say.t("Campaigns")) } th { (say.t("Logged in last")) }
                th { (say.t("Change")) }
            } }
            tbody {
                @for user in &users.items { (row(say, user, &campaigns)) }
                @if users.items.is_empty() { (nothing(say, 5)) }
            }
        } }
        (more(say, "/operations/users", "", users.next.as_deref()))
        section {
            h2 { (say.t("New user")) }
            form method="post" action="/operations/users" {
                (filled.complaint())
                (Field::new("name", say.t("Name")).hint(say.t("What they log in with.")).required().autocomplete("off").input(filled))
                (Field::new("email", say.t("E-mail")).kind("email").autocomplete("off").input(filled))
                (Field::new("role", say.t("Role")).hint(say.t("A partner sees the campaigns ticked below, staff everything but users, keys and trunks.")).select(filled, &words(say, &ROLES)))
                fieldset {
                    legend { (say.t("Campaigns of a partner")) }
                    @for (id, name) in &campaigns {
                        @let box_id = format!("campaign-{id}");
                        div.choice {
                            input type="checkbox" name="campaigns" value=(id) id=(box_id) checked[filled.all("campaigns").contains(id)];
                            label for=(box_id) { (name) }
                        }
                    }
                    @if campaigns.is_empty() { p { (say.t("There is none yet.")) } }
                }
                button.main type="submit" { (say.t("Make the user")) }
            }
        }
    };
    Ok(page(visitor, Tab::Users, say.t("Users"), &body).show(visitor))
}

fn row(say: Say, user: &User, campaigns: &Names) -> Markup {
    let there = format!("/operations/users/{}", user.id);
    let (enable, label) = match user.enabled {
        true => ("disable", say.t("Disable")),
        false => ("enable", say.t("Enable")),
    };
    html! {
        tr {
            td { (user.name) @if !user.email.is_empty() { br; span.faint { (user.email) } } @if !user.enabled { " " (parts::badge(say, "disabled")) } }
            td {
                form.row method="post" action=(there) {
                    select name="role" aria-label={ (say.t("Role")) " " (user.name) } {
                        @for (word, text) in words(say, &ROLES) { option value=(word) selected[word == user.role] { (text) } }
                    }
                    button type="submit" name="deed" value="role" aria-label={ (say.t("Save")) " " (user.name) } { (say.t("Save")) }
                }
            }
            td { @for (n, id) in user.campaigns.iter().enumerate() { @if n > 0 { ", " } (name_of(campaigns, id)) } }
            td { @if let Some(at) = &user.last_login_at { (parts::time(at)) } @else { "–" } }
            td {
                form.row method="post" action=(there) {
                    button type="submit" name="deed" value=(enable) aria-label={ (label) " " (user.name) } { (label) }
                    button type="submit" name="deed" value="reset" aria-label={ (say.t("New password")) " " (user.name) } { (say.t("New password")) }
                }
            }
        }
    }
}

pub(super) async fn create(visitor: Visitor, filled: Filled) -> Answer {
    let body = json!({
        "name": filled.string("name"), "email": filled.string("email"), "role": filled.string("role"),
        "campaigns": filled.all("campaigns"),
    });
    match visitor.api.post("/v1/users", body).await {
        Ok(made) => Ok(with_password(&visitor, &made)),
        Err(refused) => {
            let page = shown(&visitor, &Filled::default(), &filled.refused(refused)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// Shows a password that was made for somebody.
fn with_password(visitor: &Visitor, made: &Value) -> axum::response::Response {
    let say = visitor.say;
    let name = made["name"].as_str().unwrap_or_default();
    let body = html! {
        (secret(say, &say.with("Password of {name}", &[("name", &name)]), made["password"].as_str().unwrap_or_default()))
        p { (say.t("It is to be changed at the first login.")) }
        p { a href="/operations/users" { (say.t("To the users")) } }
    };
    page(visitor, Tab::Users, say.t("Users"), &body).show(visitor)
}

pub(super) async fn deed(visitor: Visitor, Path(id): Path<String>, filled: Filled) -> Answer {
    let path = format!("/v1/users/{}", encoded(&id));
    let body = match filled.text("deed") {
        "reset" => {
            return match visitor
                .api
                .post(&format!("{path}/reset_password"), Value::Null)
                .await
            {
                Ok(mut made) => {
                    if made["name"].is_null() {
                        let user: User = visitor.api.get(&path).await?;
                        made["name"] = json!(user.name);
                    }
                    Ok(with_password(&visitor, &made))
                }
                Err(refused) => back::<()>("/operations/users", Err(refused), ""),
            };
        }
        "disable" => json!({ "enabled": false }),
        "enable" => json!({ "enabled": true }),
        _ => json!({ "role": filled.string("role") }),
    };
    let done = visitor.api.send(Method::PATCH, &path, body).await;
    back("/operations/users", done, "saved")
}
