//! Coming and going: login, logout, one's password, one's language, and the first admin of all.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::html;
use serde_json::{Value, json};

use super::door::{PASSWORD, Visitor};
use super::forms::{Field, Filled};
use super::layout::{Page, Section, narrow, refused};
use super::say::{self, Say};
use super::{Answer, Console};
use crate::http::extract::ClientIp;
use crate::http::extract::auth::Identity;
use crate::http::local::Refused;
use crate::http::login;
use crate::runtime::App;
use crate::store::users;

/// A year, in seconds: how long a browser keeps a language.
const YEAR_S: u32 = 31_536_000;
/// Longest address that one is sent back to.
const MAX_NEXT: usize = 2_000;

/// For those who have not logged in.
pub(super) fn outside() -> Router<Console> {
    Router::new()
        .route("/login", get(login_form).post(login))
        .route("/language", post(language))
        .route("/first/{token}", get(first_form).post(first))
}

/// For those who have.
pub(super) fn inside() -> Router<Console> {
    Router::new()
        .route("/logout", post(logout))
        .route(PASSWORD, get(password_form).post(password))
}

async fn login_form(say: Say, uri: axum::http::Uri) -> Response {
    let query = Filled::parse(uri.query().unwrap_or_default().as_bytes());
    login_page(say, &query, StatusCode::OK)
}

fn login_page(say: Say, filled: &Filled, status: StatusCode) -> Response {
    let (name, password) = (say.t("Name"), say.t("Password"));
    let body = html! {
        (filled.complaint())
        form method="post" action="/login" {
            input type="hidden" name="next" value=(filled.text("next"));
            (Field::new("name", name).required().autocomplete("username").input(filled))
            (Field::new("password", password).kind("password").required().autocomplete("current-password").input(filled))
            button.main type="submit" { (say.t("Log in")) }
        }
    };
    (status, narrow(say, &say.t("Log in"), "/login", body)).into_response()
}

async fn login(State(app): State<App>, say: Say, client: ClientIp, filled: Filled) -> Response {
    match login::enter(&app, client, filled.text("name"), filled.text("password")).await {
        Ok(cookie) => {
            let mut response = Redirect::to(within(filled.text("next"))).into_response();
            response.headers_mut().append(SET_COOKIE, cookie);
            response
        }
        Err(problem) => {
            let (status, detail, _) = problem.told();
            let refused = Refused {
                status,
                detail: say.t(detail).into_owned(),
                faults: Vec::new(),
            };
            login_page(say, &filled.refused(refused), status)
        }
    }
}

/// A path of ours, wherever somebody else wants to send our visitors.
fn within(next: &str) -> &str {
    let ours =
        next.starts_with('/') && !next.starts_with("//") && !next.contains('\\') && next.len() <= MAX_NEXT;
    if ours && !next.chars().any(char::is_control) {
        next
    } else {
        "/"
    }
}

async fn logout(State(app): State<App>, visitor: Visitor) -> Answer {
    visitor.api.post("/v1/logout", Value::Null).await?;
    let mut response = Redirect::to("/login").into_response();
    if let Some(cookie) = login::no_cookie(&app) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

async fn language(filled: Filled) -> Response {
    let mut response = Redirect::to(within(filled.text("next"))).into_response();
    if let Some(chosen) = Say::parse(filled.text("language")) {
        let cookie = format!(
            "{}={}; Path=/; Max-Age={YEAR_S}; SameSite=Lax",
            say::COOKIE,
            chosen.tag()
        );
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
    response
}

async fn password_form(visitor: Visitor) -> Response {
    password_page(&visitor, &Filled::default())
}

fn password_page(visitor: &Visitor, filled: &Filled) -> Response {
    let say = visitor.say;
    let body = html! {
        (filled.complaint())
        form method="post" action=(PASSWORD) {
            (Field::new("old", say.t("Password now")).kind("password").required().autocomplete("current-password").input(filled))
            (new_password(say, filled))
            button.main type="submit" { (say.t("Change")) }
        }
    };
    Page::new(Section::Yourself, say.t("Your password"), body).show(visitor)
}

fn new_password(say: Say, filled: &Filled) -> maud::Markup {
    let (label, hint) = (say.t("New password"), say.t("12 characters or more."));
    let field = Field::new("new", label)
        .hint(hint)
        .kind("password")
        .required()
        .autocomplete("new-password");
    field.input(filled)
}

async fn password(visitor: Visitor, filled: Filled) -> Response {
    let body = json!({ "old": filled.text("old"), "new": filled.text("new") });
    match visitor.api.send(Method::PUT, "/v1/me/password", body).await {
        Ok(_) => Redirect::to("/?done=saved").into_response(),
        Err(refused) => {
            let status = refused.status;
            (status, password_page(&visitor, &filled.refused(refused))).into_response()
        }
    }
}

/// Where the first admin is made, as long as there is nobody; none when there is. Every node of an installation tells the same.
pub(crate) async fn first_admin_link(app: &App) -> Option<String> {
    let nobody = is_without_admin(app).await;
    nobody.then(|| format!("{}/first/{}", app.config().public_url(), first_token(app)))
}

/// The API never lets the last admin go: once there is one, there always is.
async fn is_without_admin(app: &App) -> bool {
    users::has_other_admin(app.db(), "").await.is_ok_and(|has| !has)
}

fn first_token(app: &App) -> String {
    app.keys().reference("first admin", &[])
}

/// The link is good once: as soon as there is somebody it is a page like none.
async fn first_is_open(app: &App, token: &str) -> bool {
    token == first_token(app) && is_without_admin(app).await
}

async fn first_form(State(app): State<App>, say: Say, Path(token): Path<String>) -> Response {
    match first_is_open(&app, &token).await {
        true => first_page(say, &token, &Filled::default(), StatusCode::OK),
        false => first_is_over(say),
    }
}

fn first_is_over(say: Say) -> Response {
    let detail =
        say.t("This link was good once, and somebody has used it. Log in, or have an admin make you a user.");
    refused(say, StatusCode::NOT_FOUND, &detail)
}

fn first_page(say: Say, token: &str, filled: &Filled, status: StatusCode) -> Response {
    let name = say.t("Name");
    let body = html! {
        p { (say.t("Nobody can log in yet. You will be the admin, and can make others.")) }
        (filled.complaint())
        form method="post" action={ "/first/" (token) } {
            (Field::new("name", name).required().autocomplete("username").input(filled))
            (new_password(say, filled))
            button.main type="submit" { (say.t("Begin")) }
        }
    };
    (
        status,
        narrow(say, &say.t("Welcome to Trunkline"), "/login", body),
    )
        .into_response()
}

async fn first(
    State(console): State<Console>,
    say: Say,
    client: ClientIp,
    Path(token): Path<String>,
    filled: Filled,
) -> Response {
    if !first_is_open(&console.app, &token).await {
        return first_is_over(say);
    }
    let by_link = console.routes.by(Identity::of_command("the first-admin link"));
    let body = json!({ "name": filled.text("name"), "role": "admin", "password": filled.text("new") });
    match by_link.send(Method::POST, "/v1/users", body).await {
        Ok(_) => login_after(&console.app, say, client, &filled).await,
        Err(mut refused) => {
            for (pointer, _) in &mut refused.faults {
                if pointer == "/password" {
                    "/new".clone_into(pointer);
                }
            }
            first_page(
                say,
                &token,
                &filled.refused(refused),
                StatusCode::UNPROCESSABLE_ENTITY,
            )
        }
    }
}

async fn login_after(app: &App, say: Say, client: ClientIp, filled: &Filled) -> Response {
    match login::enter(app, client, filled.text("name"), filled.text("new")).await {
        Ok(cookie) => {
            let mut response = Redirect::to("/").into_response();
            response.headers_mut().append(SET_COOKIE, cookie);
            response
        }
        Err(problem) => refused(say, problem.told().0, problem.told().1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_sent_back_to_pages_of_ours_only() {
        assert_eq!(within("/campaigns?x=1"), "/campaigns?x=1");
        for elsewhere in [
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/a\nb",
        ] {
            assert_eq!(within(elsewhere), "/", "{elsewhere}");
        }
    }
}
