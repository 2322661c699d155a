//! The query of a request; parameters that the route does not know are refused.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::super::problem::{Kind, Problem};
use super::body::readable;

/// The query, read into the route's own struct (with `deny_unknown_fields`).
pub(crate) struct Params<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        if query.contains("%00") {
            return Err(Problem::new(
                Kind::InvalidField,
                "the query holds a NUL byte: leave it out",
            ));
        }
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(params)) => Ok(Params(params)),
            Err(rejection) => {
                let text = rejection.body_text();
                let reason = text
                    .strip_prefix("Failed to deserialize query string: ")
                    .unwrap_or(&text);
                Err(match reason.split_once(": ") {
                    Some((name, reason)) => Problem::parameter(name, readable(reason)),
                    None => Problem::new(Kind::InvalidField, format!("the query cannot be read: {reason}")),
                })
            }
        }
    }
}
