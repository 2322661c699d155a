//! DELETE /v1/targets/{id}

use axum::extract::State;
use axum::http::StatusCode;

use super::super::extract::auth::OfTarget;
use super::super::extract::{Auth, CAMPAIGNS, Id};
use super::super::problem::{Found as _, Problem};
use crate::runtime::App;
use crate::store;

/// Deletes a target that no campaign lists.
#[utoipa::path(
    delete,
    path = "/v1/targets/{id}",
    tag = "targets",
    params(Id),
    responses((status = 204, description = "Deleted."), Problem),
    security(("key" = ["campaigns"]))
)]
pub(crate) async fn delete_target(
    _: Auth<{ CAMPAIGNS }, OfTarget>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    store::targets::delete(app.db(), &id).await.unused(
        "target",
        &id,
        "a campaign lists it; take it out of the list first",
    )?;
    Ok(StatusCode::NO_CONTENT)
}
