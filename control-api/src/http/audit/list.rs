//! GET /v1/audit

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::super::extract::{ADMIN_ONLY, Auth, Params};
use super::super::paging::{List, page};
use super::super::problem::Problem;
use super::super::time::Time;
use super::Change;
use crate::runtime::App;
use crate::store::audit::{self, Filter};

/// Which changes.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditParams {
    /// Only those by this user or key.
    actor_id: Option<String>,
    /// Only these: `create`, `change`, `delete`, `launch`, `login`, …
    action: Option<String>,
    /// Only those of this kind of thing: `campaigns`, `trunks`, …
    noun: Option<String>,
    /// Only those of this thing.
    noun_id: Option<String>,
    /// At or after.
    since: Option<Time>,
    /// Before.
    until: Option<Time>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Changes of a page, 1 to 1000.
    #[param(default = 100, minimum = 1, maximum = 1000)]
    limit: Option<i64>,
}

/// Changes, newest first. They are kept for 400 days.
#[utoipa::path(
    get,
    path = "/v1/audit",
    tag = "audit",
    params(AuditParams),
    responses((status = 200, description = "A page of changes.", body = List<Change>), Problem),
    security(("key" = ["admin"]))
)]
pub(crate) async fn list_audit(
    _: Auth<ADMIN_ONLY>,
    State(app): State<App>,
    Params(params): Params<AuditParams>,
) -> Result<Json<List<Change>>, Problem> {
    let page = page(params.cursor, params.limit)?;
    let filter = Filter {
        actor_id: params.actor_id,
        action: params.action,
        noun: params.noun,
        noun_id: params.noun_id,
        since: params.since.map(|t| t.0),
        until: params.until.map(|t| t.0),
    };
    let rows = audit::list(app.db(), &filter, &page).await?;
    Ok(Json(List::of(rows, Change::from)))
}
