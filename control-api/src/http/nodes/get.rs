//! GET /v1/nodes/{id}

use axum::Json;
use axum::extract::{Path, State};

use super::super::extract::{Auth, OPS, READ};
use super::super::problem::{Found as _, Problem};
use super::{Node, node};
use crate::runtime::App;
use crate::store;

/// One node, by its name.
#[utoipa::path(
    get,
    path = "/v1/nodes/{id}",
    tag = "nodes",
    params(("id" = String, Path, description = "Its name: `[node] id`.")),
    responses((status = 200, description = "The node.", body = Node), Problem),
    security(("key" = ["read"]), ("key" = ["ops"]))
)]
pub(crate) async fn get_node(
    _: Auth<{ READ | OPS }>,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<Node>, Problem> {
    one(&app, &id).await.map(Json)
}

/// The node of that name, as it is now.
pub(super) async fn one(app: &App, id: &str) -> Result<Node, Problem> {
    let row = store::nodes::get(app.db(), id).await.found("node", id)?;
    let claimed = store::sessions::claimed_by_node(app.db()).await?;
    Ok(node(row, &claimed, app.clock().now_ms()))
}
