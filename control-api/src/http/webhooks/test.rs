//! POST /v1/webhooks/{id}/test

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::extract::{Auth, Id, OPS};
use super::super::problem::{Found as _, Kind, Problem};
use crate::jobs::End;
use crate::runtime::App;
use crate::store;
use crate::webhooks;

/// What became of a test.
#[derive(Serialize, ToSchema)]
pub(crate) struct TestResult {
    /// The receiver answered 2xx.
    delivered: bool,
    /// HTTP status of its answer.
    status: Option<i64>,
    /// What was wrong.
    error: String,
}

/// Sends one event of the type `webhook.test` now, and tells how it went. It is not tried again.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{id}/test",
    tag = "webhooks",
    params(Id),
    responses((status = 200, description = "How it went.", body = TestResult), Problem),
    security(("key" = ["ops"]))
)]
pub(crate) async fn test_webhook(
    _: Auth<{ OPS }>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<TestResult>, Problem> {
    let webhook = store::webhooks::get(app.db(), &id).await.found("webhook", &id)?;
    let end = webhooks::test(&app, &webhook)
        .await
        .map_err(|error| Problem::new(Kind::Internal, error.to_string()))?;
    let (delivered, status, error) = match end {
        End::Done(status) => (true, Some(status), String::new()),
        End::Again { status, error, .. } | End::Never { status, error } => (false, status, error),
    };
    Ok(Json(TestResult {
        delivered,
        status,
        error,
    }))
}
