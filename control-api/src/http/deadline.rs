//! How long a request may take until its answer begins; a client that sends a byte a minute holds nothing for long.

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

use super::problem::{Kind, Problem};

/// Long enough for 32 MiB over a slow line. Answers that stream (events, CSV) begin at once and go on as long as they like.
const DEADLINE: Duration = Duration::from_secs(300);

/// Breaks a request off that takes longer.
pub(super) async fn layer(request: Request, next: Next) -> Result<Response, Problem> {
    tokio::time::timeout(DEADLINE, next.run(request))
        .await
        .map_err(|_| {
            Problem::new(
                Kind::Unavailable,
                "the request took too long to arrive: send it again",
            )
        })
}
