//! POST and DELETE /v1/nodes/{id}/drain

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::super::extract::{Auth, OPS};
use super::super::problem::{Found as _, Problem};
use super::Node;
use super::get::one;
use crate::runtime::App;
use crate::store;

/// Asks a node to take no new calls: running ones go on, INVITE and OPTIONS are answered 503, and what it has claimed goes to the other
/// nodes. It hears it within a second, and goes on running: `drained` says that it can be stopped without ending a call.
#[utoipa::path(
    post,
    path = "/v1/nodes/{id}/drain",
    tag = "nodes",
    params(("id" = String, Path, description = "Its name: `[node] id`.")),
    responses((status = 202, description = "It is asked.", body = Node), Problem),
    security(("key" = ["ops"]))
)]
pub(crate) async fn drain_node(
    _: Auth<{ OPS }>,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Node>), Problem> {
    ask(&app, &id, true).await
}

/// Asks a node to take calls again. One that was told to end (SIGTERM) ends all the same.
#[utoipa::path(
    delete,
    path = "/v1/nodes/{id}/drain",
    tag = "nodes",
    params(("id" = String, Path, description = "Its name: `[node] id`.")),
    responses((status = 202, description = "It is asked.", body = Node), Problem),
    security(("key" = ["ops"]))
)]
pub(crate) async fn undrain_node(
    _: Auth<{ OPS }>,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Node>), Problem> {
    ask(&app, &id, false).await
}

async fn ask(app: &App, id: &str, on: bool) -> Result<(StatusCode, Json<Node>), Problem> {
    store::nodes::ask_to_drain(app.db(), id, on)
        .await
        .found("node", id)?;
    Ok((StatusCode::ACCEPTED, Json(one(app, id).await?)))
}
