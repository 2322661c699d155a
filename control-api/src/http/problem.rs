//! Errors of `/v1`: problem details (RFC 9457) whose `detail` says what to do, with a pointer to each wrong field.

use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::bodies::FieldFault;
use crate::privacy::campaign::CampaignKeyError;
use crate::store::StoreError;

/// What clients may tell apart, each with one status and one `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The body is not JSON, or a multipart form is broken.
    MalformedBody,
    /// A field of the body, or a parameter of the query, is wrong.
    InvalidField,
    /// No key, or one that is not good.
    Unauthorized,
    /// The key lacks the scope.
    Forbidden,
    /// No such route or thing.
    NotFound,
    /// The route has other methods.
    MethodNotAllowed,
    /// Names or states collide.
    Conflict,
    /// The body is too long.
    TooLarge,
    /// The body is of another type than the route reads.
    UnsupportedMediaType,
    /// A limit of CAMPAIGNS.md 5.
    RateLimited,
    /// Not now.
    Unavailable,
    /// Our own mistake.
    Internal,
}

impl Kind {
    /// Every kind, for the documentation.
    pub(crate) const ALL: [Kind; 12] = [
        Kind::MalformedBody,
        Kind::InvalidField,
        Kind::Unauthorized,
        Kind::Forbidden,
        Kind::NotFound,
        Kind::MethodNotAllowed,
        Kind::Conflict,
        Kind::TooLarge,
        Kind::UnsupportedMediaType,
        Kind::RateLimited,
        Kind::Unavailable,
        Kind::Internal,
    ];

    /// HTTP status.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Kind::MalformedBody => StatusCode::BAD_REQUEST,
            Kind::InvalidField => StatusCode::UNPROCESSABLE_ENTITY,
            Kind::Unauthorized => StatusCode::UNAUTHORIZED,
            Kind::Forbidden => StatusCode::FORBIDDEN,
            Kind::NotFound => StatusCode::NOT_FOUND,
            Kind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Kind::Conflict => StatusCode::CONFLICT,
            Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Kind::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Kind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Last part of the `type`.
    fn slug(self) -> &'static str {
        match self {
            Kind::MalformedBody => "malformed-body",
            Kind::InvalidField => "invalid-field",
            Kind::Unauthorized => "unauthorized",
            Kind::Forbidden => "forbidden",
            Kind::NotFound => "not-found",
            Kind::MethodNotAllowed => "method-not-allowed",
            Kind::Conflict => "conflict",
            Kind::TooLarge => "too-large",
            Kind::UnsupportedMediaType => "unsupported-media-type",
            Kind::RateLimited => "rate-limited",
            Kind::Unavailable => "unavailable",
            Kind::Internal => "internal",
        }
    }

    /// `title`, the same for every problem of the kind (RFC 9457 section 3.1.3).
    pub(crate) fn title(self) -> &'static str {
        match self {
            Kind::MalformedBody => "The body cannot be read",
            Kind::InvalidField => "A field is wrong",
            Kind::Unauthorized => "An API key is needed",
            Kind::Forbidden => "The API key may not do this",
            Kind::NotFound => "Not found",
            Kind::MethodNotAllowed => "The method is not allowed here",
            Kind::Conflict => "It collides with what is there",
            Kind::TooLarge => "The body is too large",
            Kind::UnsupportedMediaType => "The type of the body is not read here",
            Kind::RateLimited => "Too many",
            Kind::Unavailable => "Not possible at this moment",
            Kind::Internal => "A mistake of the server",
        }
    }
}

/// An error on its way to the client.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    kind: Kind,
    detail: String,
    errors: Vec<FieldError>,
    retry_after_ms: Option<i64>,
}

/// One wrong field or parameter.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// What is wrong with it and what would be right.
    detail: String,
    /// The field, as a JSON pointer in a URI fragment (RFC 6901 section 6): `#/trunks/0/weight`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
    /// The parameter of the query.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<String>,
}

/// Problem details (RFC 9457).
#[derive(Serialize, ToSchema)]
pub(crate) struct ProblemDetails {
    /// `urn:problem-type:trunkline:…`: stable, for programs.
    #[schema(example = "urn:problem-type:trunkline:invalid-field")]
    r#type: String,
    /// The same words for every problem of this type.
    #[schema(example = "A field is wrong")]
    title: &'static str,
    /// HTTP status.
    #[schema(example = 422)]
    status: u16,
    /// What is wrong this time, and what to do.
    #[schema(example = "port: expected a number from 1 to 65535")]
    detail: String,
    /// Every wrong field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
}

impl Problem {
    /// A problem of a kind.
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Problem {
        Problem {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after_ms: None,
        }
    }

    /// One field of the body is wrong. `pointer` is a JSON pointer, empty for the whole body.
    pub(crate) fn field(pointer: &str, detail: impl Into<String>) -> Problem {
        let mut checks = Checks::default();
        checks.wrong(pointer, detail);
        checks.into_problem()
    }

    /// One parameter of the query is wrong.
    pub(crate) fn parameter(name: &str, detail: impl Into<String>) -> Problem {
        let detail = detail.into();
        Problem {
            kind: Kind::InvalidField,
            detail: format!("{name}: {detail}"),
            errors: vec![FieldError {
                detail,
                pointer: None,
                parameter: Some(name.to_owned()),
            }],
            retry_after_ms: None,
        }
    }

    /// There is no such thing, with the place to look for those that there are.
    pub(crate) fn not_found(noun: &str, id: &str) -> Problem {
        let noun_list = match noun {
            "record" => "GET /v1/cdrs lists those there are".to_owned(),
            "blocklist entry" => "GET /v1/blocklist lists those there are".to_owned(),
            other => format!("GET /v1/{other}s lists those there are"),
        };
        Problem::new(
            Kind::NotFound,
            format!("no {noun} has the id {id:?}: {noun_list}"),
        )
    }

    /// The same, to be tried again after a time.
    pub(crate) fn retry_after_ms(mut self, ms: i64) -> Problem {
        self.retry_after_ms = Some(ms);
        self
    }

    /// The status, what is wrong, and when to try again: for those who say it in a form of their own.
    pub(crate) fn told(&self) -> (StatusCode, &str, Option<i64>) {
        (self.kind.status(), &self.detail, self.retry_after_ms)
    }

    /// Its wrong fields, by JSON pointer; one without a pointer when it is about the whole.
    pub(crate) fn faults(self) -> Vec<FieldFault> {
        if self.errors.is_empty() {
            return vec![FieldFault {
                pointer: String::new(),
                detail: self.detail,
            }];
        }
        let fault = |error: FieldError| FieldFault {
            pointer: error
                .pointer
                .unwrap_or_default()
                .trim_start_matches('#')
                .to_owned(),
            detail: error.detail,
        };
        self.errors.into_iter().map(fault).collect()
    }

    /// HTTP status of it.
    #[cfg(test)]
    pub(crate) fn status(&self) -> StatusCode {
        self.kind.status()
    }
}

/// A row that a route asked the store for by its id.
pub(crate) trait Found<T> {
    /// Says which thing is not there.
    fn found(self, noun: &str, id: &str) -> Result<T, Problem>;
    /// The same for a deletion; `why` says what still names the thing.
    fn unused(self, noun: &str, id: &str, why: &str) -> Result<T, Problem>;
}

impl<T> Found<T> for Result<T, StoreError> {
    fn found(self, noun: &str, id: &str) -> Result<T, Problem> {
        self.map_err(|error| match error {
            StoreError::NotFound => Problem::not_found(noun, id),
            StoreError::Conflict { .. }
            | StoreError::Reference
            | StoreError::Busy(_)
            | StoreError::Broken(_) => error.into(),
        })
    }

    fn unused(self, noun: &str, id: &str, why: &str) -> Result<T, Problem> {
        match self {
            Err(StoreError::Reference) => Err(Problem::new(
                Kind::Conflict,
                format!("the {noun} is still in use: {why}"),
            )),
            other => other.found(noun, id),
        }
    }
}

/// Wrong fields, collected so that a client learns of all of them at once.
#[derive(Debug, Default)]
pub(crate) struct Checks(Vec<FieldError>);

impl Checks {
    /// Notes a wrong field.
    pub(crate) fn wrong(&mut self, pointer: &str, detail: impl Into<String>) {
        self.0.push(FieldError {
            detail: detail.into(),
            pointer: Some(format!("#{pointer}")),
            parameter: None,
        });
    }

    /// Notes a field as wrong unless `right`.
    pub(crate) fn require(&mut self, right: bool, pointer: &str, detail: impl Into<String>) {
        if !right {
            self.wrong(pointer, detail);
        }
    }

    /// An error when any field was wrong.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(self.into_problem())
        }
    }

    fn into_problem(self) -> Problem {
        let lines: Vec<String> = self
            .0
            .iter()
            .map(|e| {
                let name = e
                    .pointer
                    .as_deref()
                    .unwrap_or_default()
                    .trim_start_matches(['#', '/']);
                if name.is_empty() {
                    e.detail.clone()
                } else {
                    format!("{name}: {}", e.detail)
                }
            })
            .collect();
        Problem {
            kind: Kind::InvalidField,
            detail: lines.join("; "),
            errors: self.0,
            retry_after_ms: None,
        }
    }
}

/// Seconds after which a client may try a busy database again.
const BUSY_RETRY_MS: i64 = 1_000;

impl From<CampaignKeyError> for Problem {
    fn from(error: CampaignKeyError) -> Problem {
        match error {
            CampaignKeyError::Destroyed => Problem::new(
                Kind::Conflict,
                "the campaign is forgotten: its key is destroyed, and its callers with it",
            ),
            CampaignKeyError::Privacy(error) => {
                tracing::error!(%error, "a campaign's key cannot be opened");
                Problem::new(
                    Kind::Internal,
                    "a campaign's key cannot be opened: the log says more",
                )
            }
            CampaignKeyError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        match &error {
            StoreError::NotFound => Problem::new(Kind::NotFound, "no such thing: it may have been deleted"),
            StoreError::Conflict { what } => Problem::new(
                Kind::Conflict,
                format!(
                    "another one has the same {}: choose a different one",
                    column(what)
                ),
            ),
            StoreError::Reference => Problem::new(
                Kind::Conflict,
                "it names something that does not exist, or something else still names it: list both, and remove the \
                 reference first",
            ),
            StoreError::Busy(_) => {
                tracing::warn!(error = %error, "the database is busy or out of reach");
                Problem::new(
                    Kind::Unavailable,
                    "the database is busy or out of reach: nothing was changed, try again",
                )
                .retry_after_ms(BUSY_RETRY_MS)
            }
            StoreError::Broken(_) => {
                tracing::error!(error = %error, "the database answered what it never should");
                Problem::new(
                    Kind::Internal,
                    "the database answered what it never should; the log says what. `trunkline check` examines it",
                )
            }
        }
    }
}

/// `trunks.name` (SQLite) and `trunks_name_key` (PostgreSQL) are both `name` to a client.
fn column(constraint: &str) -> &str {
    let constraint = constraint.strip_suffix("_key").unwrap_or(constraint);
    match constraint.split_once(['.', '_']) {
        Some((_, column)) => column,
        None => constraint,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.kind.status();
        let details = ProblemDetails {
            r#type: format!("urn:problem-type:trunkline:{}", self.kind.slug()),
            title: self.kind.title(),
            status: status.as_u16(),
            detail: self.detail,
            errors: self.errors,
        };
        let body = serde_json::to_vec(&details).unwrap_or_default();
        let mut response =
            (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        if let Some(ms) = self.retry_after_ms {
            let seconds = (ms.max(0) + 999) / 1_000;
            if let Ok(value) = HeaderValue::from_str(&seconds.to_string()) {
                response.headers_mut().insert(header::RETRY_AFTER, value);
            }
        }
        if self.kind == Kind::Unauthorized {
            // RFC 6750 section 3.
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Answer to a path that no route has.
pub(crate) async fn no_such_route(uri: Uri) -> Problem {
    Problem::new(
        Kind::NotFound,
        format!("no route is at {}: /openapi.json describes every one", uri.path()),
    )
}

/// Answer to a method that a route does not have. The router adds `Allow`.
pub(crate) async fn no_such_method(method: Method, uri: Uri) -> Problem {
    Problem::new(
        Kind::MethodNotAllowed,
        format!(
            "{method} is not a method of {}: the Allow header names those that are",
            uri.path()
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_databases_name_the_same_column() {
        for (constraint, column_name) in [
            ("trunks.name", "name"),
            ("trunks_name_key", "name"),
            ("numbers_e164_key", "e164"),
            ("name", "name"),
        ] {
            assert_eq!(column(constraint), column_name);
        }
    }

    #[test]
    fn every_wrong_field_is_told_at_once() {
        let mut checks = Checks::default();
        checks.require(true, "/fine", "never told");
        checks.require(false, "/port", "expected 1 to 65535");
        checks.wrong("/trunks/0/weight", "expected 0 to 65535");
        let problem = checks.finish().expect_err("two are wrong");
        assert_eq!(
            problem.detail,
            "port: expected 1 to 65535; trunks/0/weight: expected 0 to 65535"
        );
        assert_eq!(problem.errors[1].pointer.as_deref(), Some("#/trunks/0/weight"));
    }
}
