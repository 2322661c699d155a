//! Writes a row for every change: before it is made, so that none is without one, and again when it is known what became of it.
//!
//! What a thing was before is what a GET of the same path answers; what it is afterwards is what the change itself answered. So a
//! route does nothing to be audited, and nothing is kept that the API does not show anyway.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, Response as Answer, header};
use axum::middleware::Next;
use axum::response::Response;
use serde_json::Value;
use tower::ServiceExt as _;

use super::super::extract::auth::Identity;
use super::super::problem::Problem;
use super::record::{self, difference};
use crate::runtime::App;
use crate::store::audit;

/// Most bytes of an answer that is looked into.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// POSTs that change nothing, and starting sessions, which are records themselves.
const NO_CHANGES: [&str; 2] = ["/v1/sessions", "/v1/routes/test"];

/// What the layer needs.
#[derive(Clone)]
pub(crate) struct Audit {
    /// The program.
    pub(crate) app: App,
    /// The guarded routes without their layers, to ask what a thing was.
    pub(crate) routes: Router,
}

/// What a request means to do.
#[derive(Debug, PartialEq, Eq)]
struct Deed {
    action: String,
    noun: String,
    id: Option<String>,
}

impl Deed {
    /// What people do to themselves is done to a user.
    fn of(self, who: &Identity) -> Deed {
        let action = match (self.noun.as_str(), self.id) {
            ("me", Some(what)) => what,
            ("logout", _) => "logout".to_owned(),
            (_, id) => return Deed { id, ..self },
        };
        Deed {
            action,
            noun: "users".to_owned(),
            id: Some(who.id.clone()),
        }
    }
}

/// Wraps every guarded route.
pub(crate) async fn layer(
    State(audit): State<Audit>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let path = request.uri().path().to_owned();
    let who = request.extensions().get::<Identity>().cloned();
    let (Some(deed), Some(who)) = (deed(request.method(), &path), who) else {
        return Ok(next.run(request).await);
    };
    let deed = deed.of(&who);
    let before = match deed.id {
        Some(_) => audit.was(&path, &who).await,
        None => Value::Null,
    };
    let row = audit::Entry {
        done: false,
        ..record::entry(
            &audit.app,
            &who,
            &deed.action,
            &deed.noun,
            deed.id.as_deref(),
            Value::Null,
        )
    };
    audit::create(audit.app.db(), &row).await?;
    // Whoever hangs up while we work must not leave a row that does not know what became of it.
    let ran =
        tokio::spawn(async move { finish(audit.app, deed, row, before, next.run(request).await).await });
    ran.await.map_err(|_| {
        Problem::new(
            super::super::problem::Kind::Internal,
            "the request broke off inside the server; the log says why",
        )
    })
}

async fn finish(app: App, deed: Deed, row: audit::Entry, before: Value, answer: Response) -> Response {
    let kept = if answer.status().is_success() {
        let (answer, after) = look(answer).await;
        let id = deed
            .id
            .or_else(|| after.get("id").and_then(Value::as_str).map(str::to_owned));
        let (before, after) = difference(before, after);
        let kept = audit::finish(app.db(), &row.id, id.as_deref(), &before, &after).await;
        (answer, kept)
    } else {
        let kept = audit::forget(app.db(), &row.id).await;
        (answer, kept)
    };
    if let Err(error) = kept.1 {
        tracing::warn!(%error, audit.id = row.id, "what became of a change was not written down");
    }
    kept.0
}

impl Audit {
    /// The thing as a GET of its path answers it, or of the thing that the path's action is done to; null when neither does.
    async fn was(&self, path: &str, who: &Identity) -> Value {
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        for path in [path, parent] {
            let Ok(mut request) = Request::get(path).body(Body::empty()) else {
                continue;
            };
            request.extensions_mut().insert(who.clone());
            let Ok(answer) = self.routes.clone().oneshot(request).await;
            if answer.status().is_success() {
                return look(answer).await.1;
            }
        }
        Value::Null
    }
}

/// The JSON of an answer, which goes on as it was.
async fn look(answer: Response) -> (Response, Value) {
    let is_json = answer
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let (parts, body) = answer.into_parts();
    let short = axum::body::HttpBody::size_hint(&body)
        .upper()
        .is_some_and(|bytes| bytes <= MAX_ANSWER_BYTES as u64);
    if !is_json || !short {
        return (Answer::from_parts(parts, body), Value::Null);
    }
    let bytes: Bytes = to_bytes(body, MAX_ANSWER_BYTES).await.unwrap_or_default();
    let value = serde_json::from_slice(&bytes).unwrap_or_default();
    (Answer::from_parts(parts, Body::from(bytes)), value)
}

/// `POST /v1/campaigns/ID/launch` is launching a campaign. `None`: nothing is changed.
fn deed(method: &Method, path: &str) -> Option<Deed> {
    if method.is_safe() || (*method == Method::POST && NO_CHANGES.contains(&path)) {
        return None;
    }
    let mut parts = path.strip_prefix("/v1/").unwrap_or(path).split('/');
    let noun = parts.next().unwrap_or_default().to_owned();
    let id = parts.next().map(str::to_owned);
    let verb = match *method {
        Method::DELETE => "delete",
        Method::PATCH => "change",
        Method::PUT => "replace",
        _ => "create",
    };
    let action = match (parts.next(), verb) {
        (None, verb) => verb.to_owned(),
        (Some(word), "create") => word.to_owned(),
        (Some(word), verb) => format!("{verb} {word}"),
    };
    Some(Deed { action, noun, id })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_says_what_it_does() {
        let check = |method: Method, path: &str, expected: &str| {
            let said = match deed(&method, path) {
                None => "nothing".to_owned(),
                Some(d) => format!("{} {} {}", d.action, d.noun, d.id.unwrap_or_default()),
            };
            assert_eq!(said, expected);
        };
        check(Method::GET, "/v1/trunks", "nothing");
        check(Method::POST, "/v1/routes/test", "nothing");
        check(Method::POST, "/v1/trunks", "create trunks ");
        check(Method::PATCH, "/v1/trunks/7", "change trunks 7");
        check(Method::PUT, "/v1/trunks/7", "replace trunks 7");
        check(Method::DELETE, "/v1/sessions/7", "delete sessions 7");
        check(Method::POST, "/v1/campaigns/7/launch", "launch campaigns 7");
        check(
            Method::DELETE,
            "/v1/campaigns/7/targets/8",
            "delete targets campaigns 7",
        );
        check(Method::PUT, "/v1/me/password", "replace me password");
    }
}
