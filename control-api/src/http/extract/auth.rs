//! API keys: `Authorization: Bearer tl_…` (RFC 6750 section 2.1), stored hashed, with scopes.
//!
//! A layer over the guarded routes finds the key; each route names the scopes of which one is enough: `Auth<{ READ | OPS }>`.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;

use super::super::problem::{Kind, Problem};
use super::super::valid;
use crate::privacy;
use crate::runtime::App;
use crate::store::{StoreError, keys};

/// Reads everything but keys.
pub(crate) const READ: u8 = 1;
/// Starts, reads and ends sessions.
pub(crate) const CALLS: u8 = 2;
/// Reads and writes campaigns, targets and prompts.
pub(crate) const CAMPAIGNS: u8 = 4;
/// Reads and writes trunks, routes, numbers and the blocklist.
pub(crate) const OPS: u8 = 8;
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

/// Longest key that is looked up.
const MAX_KEY_CHARS: usize = 256;

/// How often the last use of a key is written down.
const TOUCH_MS: i64 = 60_000;

/// The key of a request, with its scopes.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// The key's id.
    pub(crate) id: String,
    scopes: Vec<String>,
}

impl Identity {
    /// Whether one of the scopes in `allowed` (or `admin`) is the key's.
    pub(crate) fn may(&self, allowed: u8) -> bool {
        self.scopes.iter().any(|scope| {
            scope == ADMIN
                || SCOPES
                    .iter()
                    .any(|(name, bit)| scope == name && allowed & bit != 0)
        })
    }
}

/// A key with one of the scopes.
pub(crate) struct Auth<const SCOPES: u8>;

impl<S: Send + Sync, const SCOPES: u8> FromRequestParts<S> for Auth<SCOPES> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let identity = parts.extensions.get::<Identity>().ok_or_else(no_key)?;
        if identity.may(SCOPES) {
            Ok(Auth)
        } else {
            Err(Problem::new(Kind::Forbidden, lacks(SCOPES)))
        }
    }
}

/// Finds the key of a request, or refuses it.
pub(crate) async fn layer(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let secret = bearer(request.headers())?.ok_or_else(no_key)?.to_owned();
    let identity = find(&app, &secret).await?.ok_or_else(|| {
        Problem::new(
            Kind::Unauthorized,
            "this API key is not good here: it is misspelt, expired or revoked. `trunkline key create` makes a new one",
        )
    })?;
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
    Ok(Some(Identity {
        id: key.id,
        scopes: key.scopes,
    }))
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

fn no_key() -> Problem {
    Problem::new(
        Kind::Unauthorized,
        "send an API key: `Authorization: Bearer KEY`. `trunkline key create --name N --scope S` makes one",
    )
}

fn lacks(allowed: u8) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_opens_its_routes_and_admin_opens_all() {
        for (name, bit) in SCOPES {
            let identity = Identity {
                id: String::new(),
                scopes: vec![name.to_owned()],
            };
            for (_, other) in SCOPES {
                assert_eq!(
                    identity.may(other),
                    name == ADMIN || (bit == other && other != ADMIN_ONLY),
                    "{name} {other}"
                );
            }
        }
    }

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
}
