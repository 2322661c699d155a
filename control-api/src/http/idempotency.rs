//! `Idempotency-Key` on POSTs: the first request does the work, the others get its answer.
//!
//! Answers are kept encrypted, keys and requests as keyed references, for a day. What may go otherwise next time (429, 5xx) is not kept.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::MAX_UPLOAD_BYTES;
use super::extract::auth::Identity;
use super::problem::{Kind, Problem};
use crate::privacy::Keys;
use crate::runtime::App;
use crate::store::idempotency::{self, Begun};

/// Marks an answer that was given before.
pub(super) const REPLAYED: &str = "idempotency-replayed";

const HEADER: &str = "idempotency-key";

/// Most characters of a key.
const MAX_KEY_CHARS: usize = 255;

/// Most bytes of an answer that is kept.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// How long a client waits before it asks for the answer of a request that still runs.
const RUNNING_RETRY_MS: i64 = 1_000;

/// Wraps every guarded route.
pub(crate) async fn layer(State(app): State<App>, request: Request, next: Next) -> Result<Response, Problem> {
    let key = match (request.method(), request.headers().get(HEADER)) {
        (&Method::POST, Some(key)) => checked(key)?,
        _ => return Ok(next.run(request).await),
    };
    let owner = request
        .extensions()
        .get::<Identity>()
        .map(|identity| identity.id.clone())
        .unwrap_or_default();
    // Whoever hangs up while we work must still find the answer under the key: the work goes on without them.
    tokio::spawn(once(app, owner, key, request, next))
        .await
        .map_err(|_| {
            Problem::new(
                Kind::Internal,
                "the request broke off inside the server; the log says why",
            )
        })?
}

async fn once(
    app: App,
    owner: String,
    key: String,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, MAX_UPLOAD_BYTES)
        .await
        .map_err(|_| Problem::new(Kind::TooLarge, "the body is too long, or did not arrive whole"))?;
    let hash = request_ref(app.keys(), &key, &parts.method, parts.uri.path(), &bytes);
    let key = app.keys().reference("idempotency", &[key.as_bytes()]);
    match idempotency::begin(app.db(), &owner, &key, &hash, app.clock().now_ms()).await? {
        Begun::First => {}
        Begun::Running => {
            return Err(Problem::new(
                Kind::Conflict,
                "the first request with this Idempotency-Key still runs: ask again for its answer",
            )
            .retry_after_ms(RUNNING_RETRY_MS));
        }
        Begun::Done { status, body } => return replay(&app, &owner, &key, status, &body),
        Begun::Different => {
            return Err(Problem::new(
                Kind::InvalidField,
                "this Idempotency-Key was used for another request: use a new one for each",
            ));
        }
    }
    let answer = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    keep(&app, &owner, &key, answer).await
}

async fn keep(app: &App, owner: &str, key: &str, answer: Response) -> Result<Response, Problem> {
    let status = answer.status();
    let (parts, body) = answer.into_parts();
    let bytes = to_bytes(body, MAX_ANSWER_BYTES).await.unwrap_or_default();
    let kept = if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        idempotency::forget(app.db(), owner, key).await
    } else {
        let text = String::from_utf8_lossy(&bytes);
        match app.keys().encrypt(&text, &context(owner, key)) {
            Ok(sealed) => idempotency::finish(app.db(), owner, key, status.as_u16(), &sealed).await,
            Err(_) => idempotency::forget(app.db(), owner, key).await,
        }
    };
    if let Err(error) = kept {
        tracing::warn!(error = %error, "the answer under an Idempotency-Key was not kept");
    }
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

fn replay(app: &App, owner: &str, key: &str, status: u16, sealed: &str) -> Result<Response, Problem> {
    let text = app.keys().decrypt(sealed, &context(owner, key)).map_err(|_| {
        Problem::new(
            Kind::Conflict,
            "the answer under this Idempotency-Key was written with another key file: use a new key",
        )
    })?;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let content_type = if status.is_success() {
        "application/json"
    } else {
        "application/problem+json"
    };
    let mut response = (status, [(header::CONTENT_TYPE, content_type)], text).into_response();
    response
        .headers_mut()
        .insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

fn checked(key: &HeaderValue) -> Result<String, Problem> {
    match key.to_str() {
        Ok(key) if (1..=MAX_KEY_CHARS).contains(&key.len()) => Ok(key.to_owned()),
        Ok(_) | Err(_) => Err(Problem::new(
            Kind::InvalidField,
            format!("the Idempotency-Key must have 1 to {MAX_KEY_CHARS} ASCII characters; a UUID does well"),
        )),
    }
}

fn context(owner: &str, key: &str) -> String {
    format!("idempotency:{owner}:{key}")
}

/// What is kept of a request, to know it again. It holds a caller's number: nobody can work that out who has not the client's own key,
/// which is not kept.
fn request_ref(keys: &Keys, client_key: &str, method: &Method, path: &str, body: &Bytes) -> String {
    let parts: [&[u8]; 4] = [
        client_key.as_bytes(),
        method.as_str().as_bytes(),
        path.as_bytes(),
        body,
    ];
    keys.reference("request", &parts)
}
