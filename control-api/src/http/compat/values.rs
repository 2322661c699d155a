//! What a page sends: query and body together, whatever form the body has.

use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use serde_json::Value;
use url::form_urlencoded;

use super::super::MAX_BODY_BYTES;
use super::answer::Fault;

/// Most values that are looked at.
const MAX_VALUES: usize = 200;

/// Names and values in the order in which they came; those of the body before those of the query.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Values(Vec<(String, String)>);

impl Values {
    /// Reads a whole request.
    pub(super) async fn read(request: Request) -> Result<(HeaderMap, Values), (HeaderMap, Values, Fault)> {
        let (parts, body) = request.into_parts();
        let query = Values::form(parts.uri.query().unwrap_or_default().as_bytes());
        let read = match to_bytes(body, MAX_BODY_BYTES).await {
            Ok(bytes) => Values::body(&parts.headers, &bytes),
            Err(_) => Err(Fault::new(413, "the request is too long")),
        };
        match read {
            Ok(mut values) => {
                values.0.extend(query.0);
                values.0.truncate(MAX_VALUES);
                Ok((parts.headers, values))
            }
            Err(fault) => Err((parts.headers, query, fault)),
        }
    }

    fn form(encoded: &[u8]) -> Values {
        let pairs = form_urlencoded::parse(encoded).take(MAX_VALUES);
        Values(
            pairs
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    fn body(headers: &HeaderMap, bytes: &Bytes) -> Result<Values, Fault> {
        let content_type = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        if !content_type
            .trim_start()
            .to_ascii_lowercase()
            .starts_with("application/json")
        {
            return Ok(Values::form(bytes));
        }
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(fields)) => Ok(Values(
                fields
                    .into_iter()
                    .flat_map(|(name, value)| flat(value).into_iter().map(move |v| (name.clone(), v)))
                    .take(MAX_VALUES)
                    .collect(),
            )),
            Ok(_) | Err(_) => Err(Fault::new(400, "the body is not a JSON object")),
        }
    }

    /// The first value of any of these names that says something.
    pub(super) fn first(&self, names: &[&str]) -> Option<&str> {
        self.0
            .iter()
            .find(|(name, value)| names.contains(&name.as_str()) && !value.trim().is_empty())
            .map(|(_, value)| value.trim())
    }

    /// Every value of any of these names.
    pub(super) fn all(&self, names: &[&str]) -> Vec<String> {
        self.0
            .iter()
            .filter(|(name, value)| names.contains(&name.as_str()) && !value.trim().is_empty())
            .map(|(_, value)| value.trim().to_owned())
            .collect()
    }

    /// Whether something is switched on: `1`, `true`, `on`, `yes`.
    pub(super) fn on(&self, names: &[&str]) -> bool {
        self.first(names).is_some_and(|value| {
            ["1", "true", "on", "yes"]
                .iter()
                .any(|yes| value.eq_ignore_ascii_case(yes))
        })
    }
}

/// A JSON value as a form would have sent it.
fn flat(value: Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![text],
        Value::Array(items) => items.into_iter().flat_map(flat).collect(),
        other @ (Value::Bool(_) | Value::Number(_) | Value::Object(_)) => vec![other.to_string()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_read_as_a_form_would_be() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CONTENT_TYPE,
            "application/json; charset=utf-8".parse().unwrap(),
        );
        let bytes =
            Bytes::from_static(br#"{"userPhone":2025550123,"targetIds":["a","b"],"record":true,"ref":null}"#);
        let values = Values::body(&headers, &bytes).unwrap();
        assert_eq!(values.first(&["userPhone"]), Some("2025550123"));
        assert_eq!(values.all(&["targetIds"]), ["a", "b"]);
        assert!(values.on(&["record"]));
        assert_eq!(values.first(&["ref"]), None);
    }

    #[test]
    fn a_form_has_aliases_and_repeated_names() {
        let values =
            Values::form(b"userPhone=%2B1+202+555+0123&zipcode=&zipcode=12205&targetIds=a&targetIds%5B%5D=b");
        assert_eq!(values.first(&["userPhone"]), Some("+1 202 555 0123"));
        assert_eq!(values.first(&["userLocation", "zipcode"]), Some("12205"));
        assert_eq!(values.all(&["targetIds", "targetIds[]"]), ["a", "b"]);
    }
}
