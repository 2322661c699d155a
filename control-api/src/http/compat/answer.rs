//! Answers in CallPower's form: plain JSON, errors as `{status, error, description}`, either of them as JSONP when asked.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Most characters of a callback's name.
const MAX_CALLBACK_CHARS: usize = 128;

/// An error in CallPower's form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Fault {
    /// HTTP status.
    #[schema(example = 400)]
    status: u16,
    /// Its reason phrase.
    #[schema(example = "Bad Request")]
    error: String,
    /// What is wrong.
    #[schema(example = "userPhone is required")]
    description: String,
    #[serde(skip)]
    retry_after_ms: Option<i64>,
}

impl Fault {
    /// An error of a status.
    pub(in crate::http) fn new(status: u16, description: impl Into<String>) -> Fault {
        let reason = StatusCode::from_u16(status)
            .ok()
            .and_then(|s| s.canonical_reason());
        Fault {
            status,
            error: reason.unwrap_or("Error").to_owned(),
            description: description.into(),
            retry_after_ms: None,
        }
    }

    /// What is wrong.
    #[cfg(test)]
    pub(in crate::http) fn description(&self) -> &str {
        &self.description
    }

    /// The same, to be tried again after a time.
    pub(in crate::http) fn retry_after_ms(mut self, ms: i64) -> Fault {
        self.retry_after_ms = Some(ms);
        self
    }
}

/// JSON with its fields in the order in which CallPower writes them.
pub(in crate::http) fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A name that a script tag may call: identifiers with dots and indices, nothing that could be code.
pub(super) fn is_callback(name: &str) -> bool {
    let begins = name
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'$'));
    begins
        && name.len() <= MAX_CALLBACK_CHARS
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'.' | b'[' | b']'))
}

/// Writes an answer, for the page at `allow_origin`.
pub(in crate::http) fn write(
    answer: Result<String, Fault>,
    callback: Option<&str>,
    allow_origin: Option<HeaderValue>,
) -> Response {
    let (status, body, retry_after_ms) = match answer {
        Ok(body) => (StatusCode::OK, body, None),
        Err(fault) => (
            StatusCode::from_u16(fault.status).unwrap_or(StatusCode::BAD_REQUEST),
            text(&fault),
            fault.retry_after_ms,
        ),
    };
    let (content_type, text) = match callback {
        // The comment keeps a callback's name from being read as the head of some other kind of file.
        Some(name) => (
            "application/javascript; charset=utf-8",
            format!("/**/{name}({});", script_safe(&body)),
        ),
        None => ("application/json", body),
    };
    let mut response = (status, [(header::CONTENT_TYPE, content_type)], text).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    allow(headers, allow_origin);
    if let Some(ms) = retry_after_ms
        && let Ok(value) = HeaderValue::from_str(&((ms.max(0) + 999) / 1_000).to_string())
    {
        headers.insert(header::RETRY_AFTER, value);
    }
    response
}

/// The CORS headers of an answer.
pub(in crate::http) fn allow(headers: &mut HeaderMap, origin: Option<HeaderValue>) {
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
}

/// JSON that may stand in a script: two line ends that old JavaScript does not take in strings, and nothing that ends the script.
pub(in crate::http) fn script_safe(json: &str) -> String {
    json.replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
        .replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_is_a_name_and_no_code() {
        for good in ["cb", "jQuery3410_16", "$.ajax", "a.b[0].c", "_x"] {
            assert!(is_callback(good), "{good}");
        }
        for bad in [
            "",
            "1a",
            "a b",
            "alert(1)",
            "a;b",
            "a=b",
            "a</script>",
            "a\n",
            ".a",
            "[0]",
            "ä",
            "a/*",
            "a\"",
            "a'",
            "a`",
            &"a".repeat(129),
        ] {
            assert!(!is_callback(bad), "{bad}");
        }
    }
}
