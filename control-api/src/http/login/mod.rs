//! /v1/login, /v1/logout, /v1/me: people, as they come and go.

mod enter;
mod logout;
mod me;
mod password;

use axum::http::HeaderValue;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use enter::by_form as enter;

use super::extract::auth::{Actor, COOKIE, Identity};
use super::problem::Problem;
use crate::runtime::App;
use crate::store::grants::{self, Reach};
use crate::store::users::Role;

/// How long a login lasts.
const SESSION_MS: i64 = 12 * 3_600_000;

/// The route that needs nobody to be logged in.
pub(super) fn open() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(enter::login))
}

/// The others.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(logout::logout))
        .routes(routes!(me::get_me))
        .routes(routes!(password::put_password))
}

/// Whoever asks.
#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    id: String,
    name: String,
    /// `user` or `key`
    kind: &'static str,
    /// `admin`, `staff`, `partner`, `viewer`; null for a key.
    role: Option<Role>,
    /// What they may do, as scopes of keys.
    scopes: Vec<&'static str>,
    /// The campaigns that they are confined to; null when they are not.
    campaigns: Option<Vec<String>>,
    /// The password was made for them, and nothing else may be done before it is changed: PUT /v1/me/password.
    password_once: bool,
}

impl Me {
    async fn of(app: &App, identity: &Identity) -> Result<Me, Problem> {
        let campaigns = match &identity.reach {
            Reach::Everything => None,
            Reach::Granted(owner) => Some(grants::of(app.db(), owner).await?),
        };
        let (role, password_once) = match &identity.actor {
            Actor::Key | Actor::Command => (None, false),
            Actor::User { role, once, .. } => (Some(*role), *once),
        };
        Ok(Me {
            id: identity.id.clone(),
            name: identity.name.clone(),
            kind: identity.kind(),
            role,
            scopes: identity.scopes(),
            campaigns,
            password_once,
        })
    }
}

/// What takes the cookie of somebody who has logged out away.
pub(crate) fn no_cookie(app: &App) -> Option<HeaderValue> {
    set_cookie(app, "", 0)
}

/// Sets the cookie (RFC 6265bis): for our own pages only, never for scripts, and not in the clear where the server is known by https.
fn set_cookie(app: &App, secret: &str, seconds: i64) -> Option<HeaderValue> {
    let https = app
        .config()
        .http
        .public_url
        .as_ref()
        .is_some_and(|url| url.scheme() == "https");
    let secure = if https { "; Secure" } else { "" };
    let line = format!("{COOKIE}={secret}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&line).ok()
}
