//! One request and its answer.

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::refused::OutboundError;
use super::{MAX_ANSWER_BYTES, Outbound, Refused, trust_of};

/// What is asked.
#[derive(Clone, Debug)]
pub struct Request {
    /// GET, POST, …
    pub method: Method,
    /// Where.
    pub url: String,
    /// Beside those that HTTP needs.
    pub headers: HeaderMap,
    /// Empty: none.
    pub body: Bytes,
}

/// What came back, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// The beginning of the body, [`MAX_ANSWER_BYTES`] at most.
    pub body: Bytes,
}

impl Request {
    /// GET.
    pub fn get(url: impl Into<String>) -> Request {
        Request {
            method: Method::GET,
            url: url.into(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    /// POST of a body of some type.
    pub fn post(url: impl Into<String>, content_type: &'static str, body: impl Into<Bytes>) -> Request {
        let mut headers = HeaderMap::new();
        headers.insert(
            reqwest::header::CONTENT_TYPE,
            HeaderValue::from_static(content_type),
        );
        Request {
            method: Method::POST,
            url: url.into(),
            headers,
            body: body.into(),
        }
    }

    /// The same with one more header. A value that cannot stand in a header is left out.
    pub fn header(mut self, name: &'static str, value: &str) -> Request {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }
}

impl Answer {
    /// 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// `Retry-After` in seconds (RFC 9110 section 10.2.3); a date is not read.
    pub fn retry_after_seconds(&self) -> Option<u32> {
        let value = self.headers.get(reqwest::header::RETRY_AFTER)?;
        value.to_str().ok()?.trim().parse().ok()
    }
}

impl Outbound {
    /// Sends it, if it may go there.
    pub async fn send(&self, request: Request) -> Result<Answer, OutboundError> {
        let url = self.check(&request.url)?;
        let trust = trust_of(&url).ok_or(Refused::Scheme)?;
        let mut sending = self
            .client(trust)?
            .request(request.method, url)
            .headers(request.headers);
        if !request.body.is_empty() {
            sending = sending.body(request.body);
        }
        let response = sending.send().await;
        let mut response = response.map_err(|error| OutboundError::from_reqwest(&error))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Vec::new();
        while body.len() < MAX_ANSWER_BYTES {
            let chunk = response.chunk().await;
            match chunk.map_err(|error| OutboundError::from_reqwest(&error))? {
                Some(chunk) => body.extend_from_slice(&chunk),
                None => break,
            }
        }
        body.truncate(MAX_ANSWER_BYTES);
        Ok(Answer {
            status,
            headers,
            body: body.into(),
        })
    }
}
