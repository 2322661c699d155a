//! Who comes to a page, and in which language; whether a form comes from a page of ours; and what browsers are told with every page.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::Console;
use super::api::{Api, encoded};
use super::layout;
use super::say::Say;
use crate::http::extract::auth::{self, Actor, Identity};
use crate::http::extract::{ADMIN_ONLY, CAMPAIGNS};
use crate::http::local::Refused;
use crate::http::problem::Problem;
use crate::store::grants::Reach;

/// Nothing but what this server sends itself runs, shows or is asked; no page of anybody frames a page of ours. Recordings are listened
/// to before they are sent, as blobs.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; connect-src 'self'; \
     font-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
);

/// Where whoever has not logged in goes.
const LOGIN: &str = "/login";

/// Where whoever has a password of ours goes.
pub(super) const PASSWORD: &str = "/password";

/// Who looks at a page.
#[derive(Clone)]
pub(crate) struct Visitor {
    /// Who it is.
    pub(crate) who: Identity,
    /// Their language.
    pub(crate) say: Say,
    /// The API by their rights.
    pub(crate) api: Api,
    /// Path and query of what they asked for.
    pub(crate) path: String,
}

impl Visitor {
    /// Whether they may change campaigns, targets and prompts, and start calls.
    pub(crate) fn may_campaign(&self) -> bool {
        self.who.has(CAMPAIGNS)
    }

    /// Whether they may change trunks, routes, numbers, users and keys.
    pub(crate) fn may_all(&self) -> bool {
        self.who.has(ADMIN_ONLY)
    }

    /// Whether they see the whole installation, and not some campaigns only.
    pub(crate) fn sees_all(&self) -> bool {
        self.who.reach == Reach::Everything
    }
}

impl FromRequestParts<Console> for Visitor {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &Console) -> Result<Visitor, Refused> {
        let visitor = parts.extensions.get::<Visitor>().cloned();
        visitor.ok_or_else(|| Refused::inside("this page has no door"))
    }
}

impl FromRequestParts<Console> for Say {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Console) -> Result<Say, Self::Rejection> {
        Ok(Say::of(&parts.headers))
    }
}

/// Over every page: forms from elsewhere are refused, and browsers are told what may happen on it.
pub(super) async fn everywhere(request: Request, next: Next) -> Response {
    let mut response = match from_our_page(request.method(), request.headers()) {
        true => next.run(request).await,
        false => {
            let say = Say::of(request.headers());
            let detail = say.t(
                "This form was sent from another page than ours. Open the page again and send it from there.",
            );
            layout::refused(say, StatusCode::FORBIDDEN, &detail)
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Over every page for people who have logged in.
pub(super) async fn inside(State(console): State<Console>, mut request: Request, next: Next) -> Response {
    let say = Say::of(request.headers());
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", |p| p.as_str())
        .to_owned();
    let who = match auth::person(&console.app, request.headers()).await {
        Ok(Some(who)) => who,
        Ok(None) => return Redirect::to(&format!("{LOGIN}?next={}", encoded(&path))).into_response(),
        Err(problem) => return unknown(say, &problem),
    };
    if matches!(who.actor, Actor::User { once: true, .. }) && ![PASSWORD, "/logout"].contains(&path.as_str())
    {
        return Redirect::to(PASSWORD).into_response();
    }
    let visitor = Visitor {
        api: Api::new(console.routes.by(who.clone())),
        who,
        say,
        path,
    };
    request.extensions_mut().insert(visitor.clone());
    let response = next.run(request).await;
    match response.extensions().get::<Refused>() {
        Some(refused) => layout::refused_to(&visitor, refused),
        None => response,
    }
}

/// Who it is could not be found out.
fn unknown(say: Say, problem: &Problem) -> Response {
    let (status, detail, _) = problem.told();
    layout::refused(say, status, detail)
}

/// Browsers say where a request comes from: Sec-Fetch-Site (Fetch Metadata), or Origin where they are older. A form of another site, or a
/// program that says neither, changes nothing. The cookie is SameSite=Lax besides.
fn from_our_page(method: &Method, headers: &HeaderMap) -> bool {
    if method.is_safe() {
        return true;
    }
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let origin = text(header::ORIGIN).and_then(|origin| origin.split_once("://"));
    matches!((origin, text(header::HOST)), (Some((_, origin)), Some(host)) if origin == host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_ours_change_something() {
        let check = |method: Method, lines: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.insert(*name, value.parse().unwrap());
            }
            from_our_page(&method, &headers)
        };
        let host = ("host", "calls.example.org");
        assert!(check(Method::GET, &[]));
        assert!(!check(Method::POST, &[host]));
        assert!(check(Method::POST, &[("sec-fetch-site", "same-origin")]));
        for foreign in ["cross-site", "same-site", "none"] {
            let site = ("sec-fetch-site", foreign);
            assert!(!check(
                Method::POST,
                &[site, host, ("origin", "https://calls.example.org")]
            ));
        }
        assert!(check(
            Method::POST,
            &[host, ("origin", "https://calls.example.org")]
        ));
        assert!(!check(Method::POST, &[host, ("origin", "https://evil.example")]));
        assert!(!check(Method::POST, &[host, ("origin", "null")]));
    }
}
