//! GET /v1/cdrs/{id}

use axum::Json;
use axum::extract::State;

use super::super::extract::auth::OfRecord;
use super::super::extract::{Auth, CALLS, Id, OPS, READ};
use super::super::problem::{Found as _, Problem};
use crate::export::CdrLine;
use crate::runtime::App;
use crate::store;

/// One record, by its leg's id.
#[utoipa::path(
    get,
    path = "/v1/cdrs/{id}",
    tag = "cdrs",
    params(Id),
    responses((status = 200, description = "The record.", body = CdrLine), Problem),
    security(("key" = ["read"]), ("key" = ["calls"]), ("key" = ["ops"]))
)]
pub(crate) async fn get_cdr(
    _: Auth<{ READ | CALLS | OPS }, OfRecord>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<CdrLine>, Problem> {
    let cdr = store::cdrs::get(app.db(), &id).await.found("record", &id)?;
    Ok(Json(CdrLine::from(&cdr)))
}
