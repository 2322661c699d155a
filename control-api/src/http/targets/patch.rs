//! PATCH /v1/targets/{id}

use axum::Json;
use axum::extract::State;

use super::super::extract::auth::OfTarget;
use super::super::extract::{Auth, CAMPAIGNS, Id, Patch};
use super::super::problem::{Found as _, Problem};
use super::Target;
use super::input::TargetInput;
use crate::runtime::App;
use crate::store;

/// Changes the fields given; a list is replaced whole.
#[utoipa::path(
    patch,
    path = "/v1/targets/{id}",
    tag = "targets",
    params(Id),
    request_body(content = Object, description = "JSON merge patch.", content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The target.", body = Target), Problem),
    security(("key" = ["campaigns"]))
)]
pub(crate) async fn patch_target(
    _: Auth<{ CAMPAIGNS }, OfTarget>,
    State(app): State<App>,
    Id(id): Id,
    patch: Patch,
) -> Result<Json<Target>, Problem> {
    let before = store::targets::get(app.db(), &id).await.found("target", &id)?;
    let offices = store::targets::offices(app.db(), &id).await?;
    let input: TargetInput = patch.apply(TargetInput::current(&before, offices))?;
    let (row, offices) = input.rows(&app, Some(before))?;
    store::targets::update(app.db(), &row).await?;
    store::targets::set_offices(app.db(), &id, &offices).await?;
    Ok(Json(Target::of(row, offices)))
}
