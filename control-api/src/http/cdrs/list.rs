//! GET /v1/cdrs

use axum::Json;
use axum::extract::State;

use super::super::extract::{Auth, CALLS, InReach, OPS, Params, READ};
use super::super::paging::{List, page};
use super::super::problem::Problem;
use super::CdrParams;
use crate::export::CdrLine;
use crate::runtime::App;
use crate::store;

/// Records, newest first.
#[utoipa::path(
    get,
    path = "/v1/cdrs",
    tag = "cdrs",
    params(CdrParams),
    responses((status = 200, description = "A page of records.", body = List<CdrLine>), Problem),
    security(("key" = ["read"]), ("key" = ["calls"]), ("key" = ["ops"]))
)]
pub(crate) async fn list_cdrs(
    auth: Auth<{ READ | CALLS | OPS }, InReach>,
    State(app): State<App>,
    Params(params): Params<CdrParams>,
) -> Result<Json<List<CdrLine>>, Problem> {
    let filter = params.filter(auth.reach());
    let page = page(params.cursor, params.limit)?;
    let rows = store::cdrs::list(app.db(), &filter, &page).await?;
    Ok(Json(List::of(rows, |cdr| CdrLine::from(&cdr))))
}
