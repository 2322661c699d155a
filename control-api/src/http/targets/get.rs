//! GET /v1/targets/{id}

use axum::Json;
use axum::extract::State;

use super::super::extract::auth::OfAnyTarget;
use super::super::extract::{Auth, CAMPAIGNS, Id, READ};
use super::super::problem::{Found as _, Problem};
use super::Target;
use crate::runtime::App;
use crate::store;

/// One target.
#[utoipa::path(
    get,
    path = "/v1/targets/{id}",
    tag = "targets",
    params(Id),
    responses((status = 200, description = "The target.", body = Target), Problem),
    security(("key" = ["read"]), ("key" = ["campaigns"]))
)]
pub(crate) async fn get_target(
    _: Auth<{ READ | CAMPAIGNS }, OfAnyTarget>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<Target>, Problem> {
    let row = store::targets::get(app.db(), &id).await.found("target", &id)?;
    let offices = store::targets::offices(app.db(), &id).await?;
    Ok(Json(Target::of(row, offices)))
}
