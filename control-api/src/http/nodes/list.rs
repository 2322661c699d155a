//! GET /v1/nodes

use axum::Json;
use axum::extract::State;

use super::super::extract::{Auth, OPS, READ};
use super::super::paging::List;
use super::super::problem::Problem;
use super::{Node, node};
use crate::runtime::App;
use crate::store;

/// Every node that runs, by name. They are few: there is one page.
#[utoipa::path(
    get,
    path = "/v1/nodes",
    tag = "nodes",
    responses((status = 200, description = "The nodes.", body = List<Node>), Problem),
    security(("key" = ["read"]), ("key" = ["ops"]))
)]
pub(crate) async fn list_nodes(
    _: Auth<{ READ | OPS }>,
    State(app): State<App>,
) -> Result<Json<List<Node>>, Problem> {
    let items = nodes(&app).await?;
    Ok(Json(List::new(items, None)))
}

/// The nodes with what each has claimed.
pub(crate) async fn nodes(app: &App) -> store::Result<Vec<Node>> {
    let rows = store::nodes::list(app.db()).await?;
    let claimed = store::sessions::claimed_by_node(app.db()).await?;
    let now = app.clock().now_ms();
    Ok(rows.into_iter().map(|row| node(row, &claimed, now)).collect())
}
