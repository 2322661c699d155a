//! DELETE /v1/optouts/{id}

use axum::extract::State;
use axum::http::StatusCode;

use super::super::extract::{Auth, CALLS, Id, OPS};
use super::super::problem::{Found as _, Problem};
use crate::runtime::App;
use crate::store::optouts;

/// Takes an opt-out back, when the person asked for it. No subscription comes back by that.
#[utoipa::path(
    delete,
    path = "/v1/optouts/{id}",
    tag = "optouts",
    params(Id),
    responses((status = 204, description = "Deleted."), Problem),
    security(("key" = ["calls"]), ("key" = ["ops"]))
)]
pub(crate) async fn delete_optout(
    _: Auth<{ CALLS | OPS }>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    optouts::delete(app.db(), &id).await.found("optout", &id)?;
    Ok(StatusCode::NO_CONTENT)
}
