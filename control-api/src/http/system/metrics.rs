//! GET /metrics, and the layer that counts requests.

use axum::extract::{MatchedPath, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::metrics::Moment;
use crate::runtime::App;

/// Route of requests that no route takes.
const NO_ROUTE: &str = "none";

/// Figures for Prometheus. Never a call or a telephone number in them.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "system",
    responses((status = 200, description = "OpenMetrics text.", body = str, content_type = "application/openmetrics-text"))
)]
pub(crate) async fn metrics(State(app): State<App>) -> impl IntoResponse {
    let text = app.metrics().text(&Moment::look(&app).await);
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, content_type)], text)
}

/// Counts every request and how long its answer took.
pub(crate) async fn count(State(app): State<App>, request: Request, next: Next) -> Response {
    let begun = app.clock().now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    // An unknown method would be a label that anybody can invent.
    let method = match method.as_str() {
        known @ ("GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS") => known,
        _ => "other",
    };
    let route = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    let took = app.clock().now() - begun;
    // The pattern of the route, never the path or the query: those may hold telephone numbers.
    tracing::debug!(
        http.method = method,
        http.route = route,
        http.status = response.status().as_u16(),
        http.ms = took.as_millis(),
        "answered"
    );
    app.metrics()
        .request(method, route, response.status().as_u16(), took);
    response
}
