//! Statistics are not answered while history is being counted: a figure that lacks calls is worse than none.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::compat::answer::Fault;
use super::problem::{Kind, Problem};
use crate::runtime::App;

/// When it may be done.
const RETRY_MS: i64 = 10_000;

/// What is said.
const WHY: &str = "history is being counted, and the figures lack calls until then: try again";

/// Figures of CallPower's read API.
const FIGURES: [&str; 4] = [
    "/count.json",
    "/stats.json",
    "/date_calls.json",
    "/target_calls.json",
];

/// Answers 503 for every statistic while that is so.
pub(super) async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if !app.is_counting() || !is_statistic(path) {
        return next.run(request).await;
    }
    if path.starts_with("/v1/") {
        return Problem::new(Kind::Unavailable, WHY)
            .retry_after_ms(RETRY_MS)
            .into_response();
    }
    Fault::new(503, WHY).retry_after_ms(RETRY_MS).into_response()
}

fn is_statistic(path: &str) -> bool {
    let mut parts = path.split('/').skip(1);
    match parts.next() {
        Some("v1") => parts.next() == Some("campaigns") && parts.nth(1) == Some("stats"),
        Some("api") => FIGURES.iter().any(|figures| path.ends_with(figures)),
        Some(_) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_known_by_their_paths() {
        for path in [
            "/v1/campaigns/7/stats",
            "/v1/campaigns/7/stats/times",
            "/api/campaign/7/count.json",
            "/api/campaign/date_calls.json",
        ] {
            assert!(is_statistic(path), "{path}");
        }
        for path in [
            "/v1/campaigns/stats",
            "/v1/campaigns/7",
            "/api/campaigns.json",
            "/api/call",
            "/readyz",
        ] {
            assert!(!is_statistic(path), "{path}");
        }
    }
}
