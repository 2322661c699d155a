//! JSON bodies: refused with a pointer to the wrong field, never half understood.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

use super::super::MAX_BODY_BYTES;
use super::super::problem::{Kind, Problem};

/// A JSON body, read into the route's own struct (with `deny_unknown_fields`).
pub(crate) struct Body<T>(pub(crate) T);

/// A JSON merge patch (RFC 7396): an object.
pub(crate) struct Patch(Map<String, Value>);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        // serde would take a list for a struct, field by field.
        object(json(request, state).await?)
            .and_then(|fields| read(Value::Object(fields)))
            .map(Body)
    }
}

impl<S: Send + Sync> FromRequest<S> for Patch {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        object(json(request, state).await?).map(Patch)
    }
}

impl Patch {
    /// Whether the patch says anything about a field.
    pub(crate) fn names(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    /// Puts the patch over `current` and reads the result. A field set to null falls back to its default.
    pub(crate) fn apply<T: DeserializeOwned>(self, current: Value) -> Result<T, Problem> {
        let mut merged = current;
        merge(&mut merged, Value::Object(self.0));
        read(merged)
    }
}

/// Every body of ours is an object.
pub(crate) fn object(value: Value) -> Result<Map<String, Value>, Problem> {
    let Value::Object(fields) = value else {
        return Err(Problem::field("", "expected a JSON object"));
    };
    Ok(fields)
}

/// RFC 7396 section 2.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(fields) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(into) = target {
        for (name, value) in fields {
            if value.is_null() {
                into.remove(&name);
            } else {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
    }
}

/// Reads a value, with a pointer to what does not fit.
pub(crate) fn read<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let pointer = pointer(error.path());
        let message = error.into_inner().to_string();
        match message
            .strip_prefix("missing field `")
            .and_then(|rest| rest.strip_suffix('`'))
        {
            Some(name) => Problem::field(&format!("{pointer}/{name}"), "is required"),
            None => Problem::field(&pointer, readable(&message)),
        }
    })
}

/// A JSON pointer (RFC 6901) to where the reader stopped.
fn pointer(path: &serde_path_to_error::Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => {
                pointer.push_str(&format!("/{}", key.replace('~', "~0").replace('/', "~1")))
            }
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// serde's sentences, for people who do not know Rust.
pub(super) fn readable(message: &str) -> String {
    let unknown = |what: &str| Some(message.strip_prefix(what)?.split_once("`, ")?.1.replace('`', ""));
    if let Some(expected) = unknown("unknown field `") {
        return format!("there is no such field: {expected}");
    }
    if let Some(expected) = unknown("unknown variant `") {
        return expected;
    }
    let words = [
        ("a borrowed string", "a string"),
        ("u16", "a whole number from 0 to 65535"),
        ("u32", "a whole number from 0 to 4294967295"),
        ("u64", "a whole number, 0 or more"),
        ("i64", "a whole number"),
        ("f64", "a number"),
        ("unit", "null"),
        ("a sequence", "a list"),
    ];
    if message.contains("invalid digit found in string") {
        return "expected a whole number".to_owned();
    }
    // `struct TrunkInput`: what a client sends is an object.
    if let Some((start, _)) = message.split_once(", expected struct ") {
        return format!("{start}, expected an object");
    }
    let mut text = message
        .replace("invalid type: map,", "invalid type: object,")
        .replace("invalid type: sequence,", "invalid type: list,")
        .replace('`', "");
    for (from, to) in words {
        let expected = format!("expected {from}");
        if let Some(start) = text.strip_suffix(&expected) {
            text = format!("{start}expected {to}");
        }
    }
    text
}

async fn json<S: Send + Sync>(request: Request, state: &S) -> Result<Value, Problem> {
    if !is_json(request.headers()) {
        return Err(Problem::new(
            Kind::UnsupportedMediaType,
            "send JSON, with the header `Content-Type: application/json`",
        ));
    }
    let bytes = Bytes::from_request(request, state)
        .await
        .map_err(|r| unread(&r))?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|error| {
        Problem::new(
            Kind::MalformedBody,
            if bytes.is_empty() {
                "the body is empty: send JSON".to_owned()
            } else {
                format!("the body is not JSON: {error}")
            },
        )
    })?;
    match nul(&value) {
        Some(pointer) => Err(Problem::field(&pointer, "holds a NUL character: leave it out")),
        None => Ok(value),
    }
}

/// A body that did not arrive whole, or is too long.
pub(crate) fn unread(rejection: &BytesRejection) -> Problem {
    if rejection.status() == Kind::TooLarge.status() {
        Problem::new(
            Kind::TooLarge,
            format!("the body is longer than {MAX_BODY_BYTES} bytes: send less at once"),
        )
    } else {
        Problem::new(
            Kind::MalformedBody,
            "the body did not arrive whole: send it again",
        )
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()) else {
        return false;
    };
    let essence = value
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// PostgreSQL keeps no NUL in text: where the first one stands.
fn nul(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(n, item)| nul(item).map(|rest| format!("/{n}{rest}"))),
        Value::Object(fields) => fields.iter().find_map(|(name, item)| {
            if name.contains('\0') {
                return Some(String::new());
            }
            nul(item).map(|rest| format!("/{name}{rest}"))
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Shape {
        name: String,
        #[serde(default)]
        ports: Vec<u16>,
    }

    #[test]
    fn merge_patch_is_rfc_7396() {
        for (target, patch, result) in [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b","b":"c"}), json!({"a":null}), json!({"b":"c"})),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (
                json!({"a":{"b":"c"}}),
                json!({"a":{"b":"d","c":null}}),
                json!({"a":{"b":"d"}}),
            ),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (
                json!({}),
                json!({"a":{"bb":{"ccc":null}}}),
                json!({"a":{"bb":{}}}),
            ),
        ] {
            let mut merged = target;
            merge(&mut merged, patch);
            assert_eq!(merged, result);
        }
    }

    #[test]
    fn faults_point_at_their_field() {
        let check = |value: Value, expected: &str| {
            let problem = read::<Shape>(value).expect_err("is wrong");
            assert!(format!("{problem:?}").contains(expected), "{problem:?}");
        };
        check(
            json!({"name":"x","ports":[1,"two"]}),
            r##"pointer: Some("#/ports/1")"##,
        );
        check(json!({"name":"x","prots":[]}), r##"pointer: Some("#/prots")"##);
        check(json!({}), r##"pointer: Some("#/name")"##);
        check(
            json!({"name":"x","ports":[70000]}),
            "expected a whole number from 0 to 65535",
        );
    }

    #[test]
    fn nul_is_found_wherever_it_is() {
        assert_eq!(nul(&json!({"a":["x", {"b":"\0"}]})), Some("/a/1/b".to_owned()));
        assert_eq!(nul(&json!({"a":["x", {"b":"0"}]})), None);
    }
}
