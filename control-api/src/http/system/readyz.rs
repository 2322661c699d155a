//! GET /readyz: whether this node can take new calls.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::runtime::App;

/// What is ready.
#[derive(Serialize, ToSchema)]
pub(crate) struct Readiness {
    /// `ready`, or `not ready`.
    status: &'static str,
    /// `ok`, or `out of reach`.
    database: &'static str,
    /// `taking calls`, or `draining`.
    calls: &'static str,
    /// `counted`; `counting` after an import of history, when they lack calls and writes wait for a minute or so.
    statistics: &'static str,
}

/// Whether this node takes new calls: the database answers, no drain has begun, and no history is being counted.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "system",
    responses(
        (status = 200, description = "Ready.", body = Readiness),
        (status = 503, description = "Not ready; the body says what is missing.", body = Readiness),
    )
)]
pub(crate) async fn readyz(State(app): State<App>) -> (StatusCode, Json<Readiness>) {
    let database = app.db().ping().await.is_ok();
    let draining = app.gateway().status().draining;
    let counting = app.is_counting();
    let ready = database && !draining && !counting;
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let readiness = Readiness {
        status: if ready { "ready" } else { "not ready" },
        database: if database { "ok" } else { "out of reach" },
        calls: if draining { "draining" } else { "taking calls" },
        statistics: if counting { "counting" } else { "counted" },
    };
    (status, Json(readiness))
}
