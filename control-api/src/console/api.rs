//! The control API as a page uses it: answers read into what the page shows, by the rights of whoever looks.

use axum::body::Bytes;
use axum::http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::http::local::{Local, Refused};

/// The API for one visitor.
#[derive(Clone)]
pub(crate) struct Api(Local);

/// One page of a list.
#[derive(Deserialize)]
pub(crate) struct List<T> {
    /// The things.
    pub(crate) items: Vec<T>,
    /// `cursor` of the next page.
    pub(crate) next: Option<String>,
}

impl Api {
    /// These routes, as whoever they are for.
    pub(super) fn new(local: Local) -> Api {
        Api(local)
    }

    /// Reads something.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Refused> {
        let answer = self.0.send(Method::GET, path, Value::Null).await?;
        serde_json::from_value(answer).map_err(Refused::inside)
    }

    /// Changes something. With null nothing is sent.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Value) -> Result<Value, Refused> {
        self.0.send(method, path, body).await
    }

    /// Posts.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Result<Value, Refused> {
        self.0.send(Method::POST, path, body).await
    }

    /// Passes a body on as it came: an upload.
    pub(crate) async fn forward(&self, path: &str, kind: &str, body: Bytes) -> Result<Value, Refused> {
        self.0.forward(Method::POST, path, kind, body).await
    }
}

/// A value as it stands in a path or a query (RFC 3986 section 2.1).
pub(crate) fn encoded(value: &str) -> String {
    url::form_urlencoded::byte_serialize(value.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}
