//! /: where one begins.

use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

use super::Console;
use super::door::Visitor;

/// The route.
pub(super) fn routes() -> Router<Console> {
    Router::new().route("/", get(home))
}

async fn home(_: Visitor) -> Response {
    Redirect::to("/campaigns").into_response()
}
