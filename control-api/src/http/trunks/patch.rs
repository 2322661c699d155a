//! PATCH /v1/trunks/{id}

use axum::Json;
use axum::extract::State;

use super::super::extract::{Auth, Id, OPS, Patch};
use super::super::problem::{Found as _, Problem};
use super::Trunk;
use super::input::TrunkInput;
use crate::runtime::{App, snapshot};
use crate::store;

/// Changes the fields given. `"password": null` forgets the password.
#[utoipa::path(
    patch,
    path = "/v1/trunks/{id}",
    tag = "trunks",
    params(Id),
    request_body(content = Object, description = "JSON merge patch of a trunk.", content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The trunk.", body = Trunk), Problem),
    security(("key" = ["ops"]))
)]
pub(crate) async fn patch_trunk(
    _: Auth<{ OPS }>,
    State(app): State<App>,
    Id(id): Id,
    patch: Patch,
) -> Result<Json<Trunk>, Problem> {
    let before = store::trunks::get(app.db(), &id).await.found("trunk", &id)?;
    let kept = before.password_enc.clone().filter(|_| !patch.names("password"));
    let input: TrunkInput = patch.apply(TrunkInput::current(&before))?;
    let row = input.row(&app, id, before.created_at, kept)?;
    store::trunks::update(app.db(), &row).await?;
    snapshot::reload(&app).await?;
    Ok(Json(row.into()))
}
