//! The API without a network, for commands of this program: the same routes, checks and audit, by somebody who owns the database.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
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

/// A request that was refused, in the words of its problem details (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub(crate) struct Refused {
    /// The status of the answer.
    pub(crate) status: StatusCode,
    /// What is wrong, and what to do.
    pub(crate) detail: String,
    /// Each wrong field: its JSON pointer (RFC 6901), and what is wrong with it.
    pub(crate) faults: Vec<(String, String)>,
}

impl Refused {
    /// A request that could not even be made, or an answer that could not be read.
    pub(crate) fn inside(error: impl std::fmt::Display) -> Refused {
        Refused {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            detail: error.to_string(),
            faults: Vec::new(),
        }
    }

    fn of(status: StatusCode, problem: &Value) -> Refused {
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let fault = |error: &Value| {
            let pointer = text(error, "pointer")?;
            Some((
                pointer.trim_start_matches('#').to_owned(),
                text(error, "detail").unwrap_or_default(),
            ))
        };
        let errors = problem.get("errors").and_then(Value::as_array);
        Refused {
            status,
            detail: text(problem, "detail").unwrap_or_else(|| status.as_str().to_owned()),
            faults: errors.into_iter().flatten().filter_map(fault).collect(),
        }
    }
}

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
        Local::of(app, Identity::of_command(command))
    }

    /// For somebody who is known to us.
    pub(crate) fn of(app: App, who: Identity) -> Local {
        let (routes, _) = guarded().split_for_parts();
        let audit = Audit {
            app: app.clone(),
            routes: routes.clone().with_state(app.clone()),
        };
        Local {
            routes: routes
                .route_layer(from_fn_with_state(audit, layer))
                .with_state(app),
            who,
        }
    }

    /// The same routes for somebody else: what they may not do is refused.
    pub(crate) fn by(&self, who: Identity) -> Local {
        Local {
            routes: self.routes.clone(),
            who,
        }
    }

    /// Sends JSON, or nothing with null.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Value) -> Result<Value, Refused> {
        let bytes = match body.is_null() {
            true => Vec::new(),
            false => serde_json::to_vec(&body).map_err(Refused::inside)?,
        };
        self.forward(method, path, "application/json", bytes.into()).await
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
        self.forward(Method::POST, path, &kind, body.into()).await
    }

    /// Sends a body as it came, of the type that it came with.
    pub(crate) async fn forward(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        body: Bytes,
    ) -> Result<Value, Refused> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, kind)
            .extension(self.who.clone())
            .body(Body::from(body))
            .map_err(Refused::inside)?;
        let Ok(answer) = self.routes.clone().oneshot(request).await;
        let status = answer.status();
        let bytes: Bytes = to_bytes(answer.into_body(), MAX_ANSWER_BYTES)
            .await
            .map_err(Refused::inside)?;
        let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        match status.is_success() {
            true => Ok(value),
            false => Err(Refused::of(status, &value)),
        }
    }
}
