//! The API without a network, for commands of this program: the same routes, checks and audit, by somebody who owns the database.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Method, Request, header};
use axum::middleware::from_fn_with_state;
use serde_json::Value;
use tower::ServiceExt;

use super::audit::layer::{Audit, layer};
use super::extract::auth::Identity;
use super::guarded;
use crate::runtime::App;

/// Most bytes of an answer.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// Separates the fields of a form. A recording that holds it is refused by the route as a broken form.
const BOUNDARY: &str = "trunkline-form-0b9c1f4e7a2d5836";

/// The routes, as one command uses them.
#[derive(Clone)]
pub(crate) struct Local {
    routes: Router,
    who: Identity,
}

/// A request that was refused, in the words of its problem details.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Refused(pub(crate) String);

/// One field of a form.
pub(crate) struct Field<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// Its value.
    pub(crate) value: &'a [u8],
}

impl Local {
    /// `command` is the name that the audit has.
    pub(crate) fn new(app: App, command: &str) -> Local {
        let (routes, _) = guarded().split_for_parts();
        let audit = Audit {
            app: app.clone(),
            routes: routes.clone().with_state(app.clone()),
        };
        Local {
            routes: routes
                .route_layer(from_fn_with_state(audit, layer))
                .with_state(app),
            who: Identity::of_command(command),
        }
    }

    /// Sends JSON, or nothing with null.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Value) -> Result<Value, Refused> {
        let bytes = match body.is_null() {
            true => Vec::new(),
            false => serde_json::to_vec(&body).map_err(|error| Refused(error.to_string()))?,
        };
        self.answer(method, path, "application/json", bytes).await
    }

    /// Sends a form (RFC 7578).
    pub(crate) async fn form(&self, path: &str, fields: &[Field<'_>]) -> Result<Value, Refused> {
        let mut body = Vec::new();
        for Field { name, value } in fields {
            let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(value);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        self.answer(Method::POST, path, &kind, body).await
    }

    async fn answer(&self, method: Method, path: &str, kind: &str, body: Vec<u8>) -> Result<Value, Refused> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, kind)
            .extension(self.who.clone())
            .body(Body::from(body))
            .map_err(|error| Refused(error.to_string()))?;
        let Ok(answer) = self.routes.clone().oneshot(request).await;
        let status = answer.status();
        let bytes: Bytes = to_bytes(answer.into_body(), MAX_ANSWER_BYTES)
            .await
            .map_err(|error| Refused(error.to_string()))?;
        let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if status.is_success() {
            return Ok(value);
        }
        let detail = value.get("detail").and_then(Value::as_str);
        Err(Refused(detail.unwrap_or(status.as_str()).to_owned()))
    }
}
