//! PUT /v1/trunks/{id}

use axum::Json;
use axum::extract::State;

use super::super::extract::{Auth, Body, Id, OPS};
use super::super::problem::{Found as _, Problem};
use super::Trunk;
use super::input::TrunkInput;
use crate::runtime::{App, snapshot};
use crate::store;

/// Replaces a trunk. Running legs go on as they are; a password that is not given stays.
#[utoipa::path(
    put,
    path = "/v1/trunks/{id}",
    tag = "trunks",
    params(Id),
    request_body = TrunkInput,
    responses((status = 200, description = "The trunk.", body = Trunk), Problem),
    security(("key" = ["ops"]))
)]
pub(crate) async fn put_trunk(
    _: Auth<{ OPS }>,
    State(app): State<App>,
    Id(id): Id,
    Body(input): Body<TrunkInput>,
) -> Result<Json<Trunk>, Problem> {
    let before = store::trunks::get(app.db(), &id).await.found("trunk", &id)?;
    let row = input.row(&app, id, before.created_at, before.password_enc)?;
    store::trunks::update(app.db(), &row).await?;
    snapshot::reload(&app).await?;
    Ok(Json(row.into()))
}
