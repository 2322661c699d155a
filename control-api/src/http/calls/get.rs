//! GET /v1/calls/{id}

use axum::Json;
use axum::extract::State;

use super::super::extract::auth::OfCall;
use super::super::extract::{Auth, CALLS, Id, READ};
use super::super::problem::{Found as _, Problem};
use super::Call;
use crate::runtime::App;
use crate::store;

/// One call.
#[utoipa::path(
    get,
    path = "/v1/calls/{id}",
    tag = "calls",
    params(Id),
    responses((status = 200, description = "The call.", body = Call), Problem),
    security(("key" = ["read"]), ("key" = ["calls"]))
)]
pub(crate) async fn get_call(
    _: Auth<{ READ | CALLS }, OfCall>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<Call>, Problem> {
    let row = store::calls::get(app.db(), &id).await.found("call", &id)?;
    Ok(Json(row.into()))
}
