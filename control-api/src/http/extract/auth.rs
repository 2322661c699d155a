//! Who sends a request and what they may do: an API key with scopes, or a person with a role, logged in by cookie.
//!
//! A layer over the guarded routes finds out who it is; each route names, as the type of its first argument, the scopes of which one is
//! enough, and what somebody confined to some campaigns may reach through it: `Auth<{ READ | CALLS }, OfSession>`. A route that says
//! nothing of the kind is closed to them.

mod identity;
mod place;

use std::marker::PhantomData;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::Response;

use super::super::problem::{Kind, Problem};
use super::super::valid;
use crate::privacy;
use crate::runtime::App;
use crate::store::grants::Reach;
use crate::store::{StoreError, keys, user_sessions};
pub(crate) use identity::{Actor, Identity};
pub(crate) use place::{
    Everywhere, InReach, OfAnyPrompt, OfAnyTarget, OfCall, OfCampaign, OfPrompt, OfRecord, OfSchedule,
    OfSession, OfTarget, Place,
};

/// Reads everything but keys and users.
pub(crate) const READ: u8 = 1;
/// Starts, reads and ends sessions.
pub(crate) const CALLS: u8 = 2;
/// Reads and writes campaigns, targets and prompts.
pub(crate) const CAMPAIGNS: u8 = 4;
/// Reads and writes trunks, routes, numbers and the blocklist.
pub(crate) const OPS: u8 = 8;
/// What staff may do beside the scopes of keys: the blocklist.
pub(crate) const STAFF: u8 = 16;
/// What everybody may do who is known to us, even before they changed a password that we made.
pub(crate) const ANYBODY: u8 = 32;
/// Only `admin`, which may do everything.
pub(crate) const ADMIN_ONLY: u8 = 0;

/// The scope that is enough everywhere.
const ADMIN: &str = "admin";

/// Every scope with its bit.
pub(crate) const SCOPES: [(&str, u8); 5] = [
    ("read", READ),
    ("calls", CALLS),
    ("campaigns", CAMPAIGNS),
    ("ops", OPS),
    (ADMIN, ADMIN_ONLY),
];

/// The cookie of a person who has logged in.
pub(crate) const COOKIE: &str = "trunkline_session";

/// What a page must send beside the cookie when it changes something. Another site's page cannot set it (docs/adr/0006).
pub(crate) const CSRF_HEADER: &str = "trunkline-csrf";

/// Longest key or cookie that is looked up.
const MAX_KEY_CHARS: usize = 256;

/// How often the last use of a key is written down.
const TOUCH_MS: i64 = 60_000;

/// Somebody who may come here: with one of the scopes, within the reach that `P` says.
pub(crate) struct Auth<const SCOPES: u8, P: Place = Everywhere> {
    identity: Identity,
    place: PhantomData<P>,
}

impl<const SCOPES: u8, P: Place> Auth<SCOPES, P> {
    /// Who it is.
    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What lists must be narrowed to, and what is made must be noted for.
    pub(crate) fn reach(&self) -> &Reach {
        &self.identity.reach
    }
}

impl<const SCOPES: u8, P: Place> FromRequestParts<App> for Auth<SCOPES, P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let identity = parts.extensions.get::<Identity>().cloned().ok_or_else(nobody)?;
        if !identity.has(SCOPES) {
            return Err(Problem::new(Kind::Forbidden, lacks(&identity, SCOPES)));
        }
        P::admit(parts, app, &identity.reach).await?;
        Ok(Auth {
            identity,
            place: PhantomData,
        })
    }
}

/// Finds out who sends a request, or refuses it.
pub(crate) async fn layer(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let identity = match bearer(request.headers())?.map(str::to_owned) {
        Some(secret) => find(&app, &secret).await?.ok_or_else(|| {
            Problem::new(
                Kind::Unauthorized,
                "this API key is not good here: it is misspelt, expired or revoked. `trunkline key create` makes a new one",
            )
        })?,
        None => {
            let secret = cookie(request.headers(), COOKIE).ok_or_else(nobody)?.to_owned();
            let person = logged_in(&app, &secret).await?.ok_or_else(|| {
                Problem::new(
                    Kind::Unauthorized,
                    "you are not logged in any more: log in again (POST /v1/login)",
                )
            })?;
            from_our_page(request.method(), request.headers())?;
            person
        }
    };
    request.extensions_mut().insert(identity);
    Ok(next.run(request).await)
}

/// The key that a secret belongs to; `None` when there is none that is good now.
pub(crate) async fn find(app: &App, secret: &str) -> Result<Option<Identity>, Problem> {
    if secret.len() > MAX_KEY_CHARS {
        return Ok(None);
    }
    let now = app.clock().now_ms();
    let key = match keys::find_valid(app.db(), &privacy::secret_hash(secret), now).await {
        Ok(key) => key,
        Err(StoreError::NotFound) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if key.last_used_at.is_none_or(|at| at < now - TOUCH_MS)
        && let Err(error) = keys::touch(app.db(), &key.id, now).await
    {
        tracing::debug!(error = %error, "the use of an API key was not noted");
    }
    Ok(Some(Identity::of_key(key)))
}

/// The person whose cookie these headers hold; `None` when there is none that is good now.
pub(crate) async fn person(app: &App, headers: &HeaderMap) -> Result<Option<Identity>, Problem> {
    match cookie(headers, COOKIE) {
        Some(secret) => logged_in(app, secret).await,
        None => Ok(None),
    }
}

async fn logged_in(app: &App, secret: &str) -> Result<Option<Identity>, Problem> {
    if secret.len() > MAX_KEY_CHARS {
        return Ok(None);
    }
    let hash = privacy::secret_hash(secret);
    match user_sessions::find_valid(app.db(), &hash, app.clock().now_ms()).await {
        Ok(user) => Ok(Some(Identity::of_user(user, hash))),
        Err(StoreError::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A browser sends the cookie with whatever page asks it to. Only a page of ours can set a header of its own, as the routes of `/v1` answer
/// no preflight (the Fetch standard's CORS protocol); and browsers say themselves where a request came from (Sec-Fetch-Site).
fn from_our_page(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    if method.is_safe() {
        return Ok(());
    }
    let site = headers.get("sec-fetch-site").map(|site| site.as_bytes());
    let foreign = site.is_some_and(|site| !matches!(site, b"same-origin" | b"none"));
    if foreign || !headers.contains_key(CSRF_HEADER) {
        return Err(Problem::new(
            Kind::Forbidden,
            "a change by somebody logged in needs the header `Trunkline-CSRF: 1`, from a page of this server",
        ));
    }
    Ok(())
}

/// The value of a cookie (RFC 6265 section 5.4).
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == wanted && !value.is_empty()).then_some(value))
}

/// The token of `Authorization: Bearer`; the scheme's case does not matter (RFC 9110 section 11.1).
pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let token = value.to_str().ok().and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    match token {
        Some(token) if !token.is_empty() => Ok(Some(token)),
        Some(_) | None => Err(Problem::new(
            Kind::Unauthorized,
            "the Authorization header is not of the form `Bearer KEY`",
        )),
    }
}

fn nobody() -> Problem {
    Problem::new(
        Kind::Unauthorized,
        "send an API key: `Authorization: Bearer KEY`. `trunkline key create --name N --scope S` makes one",
    )
}

fn lacks(identity: &Identity, allowed: u8) -> String {
    match &identity.actor {
        Actor::User { once: true, .. } => {
            "your password was made for you: change it first (PUT /v1/me/password)".to_owned()
        }
        Actor::User { role, .. } => format!("your role is {role}, and that may not do this: ask an admin"),
        Actor::Key | Actor::Command => {
            let names: Vec<&str> = SCOPES
                .iter()
                .filter(|(name, bit)| *name == ADMIN || allowed & bit != 0)
                .map(|(name, _)| *name)
                .collect();
            format!(
                "the API key lacks the scope for this: it needs {}",
                valid::either(&names)
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bearer_is_read_in_any_case() {
        let read = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().expect("legal"));
            bearer(&headers)
                .map(|t| t.map(str::to_owned))
                .map_err(|p| p.status().as_u16())
        };
        assert_eq!(read("Bearer tl_1"), Ok(Some("tl_1".to_owned())));
        assert_eq!(read("bearer  tl_1"), Ok(Some("tl_1".to_owned())));
        assert_eq!(read("Basic dTpw"), Err(401));
        assert_eq!(read("Bearer "), Err(401));
        assert!(matches!(bearer(&HeaderMap::new()), Ok(None)));
    }

    #[test]
    fn our_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        assert_eq!(cookie(&headers, COOKIE), None);
        headers.append(header::COOKIE, "a=b; trunkline_session=".parse().expect("legal"));
        assert_eq!(cookie(&headers, COOKIE), None);
        headers.append(
            header::COOKIE,
            "x_trunkline_session=no; trunkline_session=s1"
                .parse()
                .expect("legal"),
        );
        assert_eq!(cookie(&headers, COOKIE), Some("s1"));
    }

    #[test]
    fn only_our_own_pages_change_things_by_cookie() {
        let check = |method: Method, lines: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.insert(*name, value.parse().expect("legal"));
            }
            from_our_page(&method, &headers).is_ok()
        };
        let csrf = (CSRF_HEADER, "1");
        assert!(check(Method::GET, &[]));
        assert!(!check(Method::POST, &[]));
        assert!(check(Method::POST, &[csrf]));
        assert!(check(Method::DELETE, &[csrf, ("sec-fetch-site", "same-origin")]));
        assert!(!check(Method::DELETE, &[csrf, ("sec-fetch-site", "cross-site")]));
        assert!(!check(Method::PATCH, &[csrf, ("sec-fetch-site", "same-site")]));
    }
}
