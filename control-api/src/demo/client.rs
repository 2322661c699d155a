//! The control API as a stranger uses it: HTTP, JSON, an API key.

use anyhow::{Context, bail};
use serde_json::Value;

/// Pages that are followed in one list; the demo never fills so many.
const MAX_PAGES: usize = 1_000;

/// Somebody with an API key.
#[derive(Clone, Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    key: String,
}

impl Client {
    pub(super) fn new(base: String, key: String) -> Client {
        Client {
            http: crate::outbound::loopback_client(),
            base,
            key,
        }
    }

    /// `http://127.0.0.1:…`
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// A request with the key.
    pub(super) fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&self.key)
    }

    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        json(path, self.request(reqwest::Method::GET, path)).await
    }

    pub(super) async fn text(&self, path: &str) -> anyhow::Result<String> {
        text(path, self.request(reqwest::Method::GET, path)).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        json(path, self.request(reqwest::Method::POST, path).json(body)).await
    }

    pub(super) async fn put(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        json(path, self.request(reqwest::Method::PUT, path).json(body)).await
    }

    pub(super) async fn form(&self, path: &str, form: reqwest::multipart::Form) -> anyhow::Result<Value> {
        json(path, self.request(reqwest::Method::POST, path).multipart(form)).await
    }

    /// A whole list, page by page.
    pub(super) async fn all(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let mut found = Vec::new();
        let mut next = path.to_owned();
        for _ in 0..MAX_PAGES {
            let page = self.get(&next).await?;
            found.extend(
                page["items"]
                    .as_array()
                    .with_context(|| format!("{path} is no list"))?
                    .iter()
                    .cloned(),
            );
            match page["next"].as_str() {
                Some(cursor) => next = format!("{path}?cursor={cursor}"),
                None => return Ok(found),
            }
        }
        bail!("{path} has no end")
    }
}

async fn json(path: &str, request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
    let text = text(path, request).await?;
    if text.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(&text).with_context(|| format!("{path} answered no JSON: {text}"))
}

async fn text(path: &str, request: reqwest::RequestBuilder) -> anyhow::Result<String> {
    let response = request
        .send()
        .await
        .with_context(|| format!("{path} cannot be reached"))?;
    let status = response.status();
    let text = response
        .text()
        .await
        .with_context(|| format!("{path} broke off"))?;
    if status.is_success() {
        Ok(text)
    } else {
        bail!("{path} answered {status}: {text}")
    }
}
