//! GET /v1/campaigns/{id}/preview

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::extract::auth::OfCampaign;
use super::super::extract::{Auth, CAMPAIGNS, Id, Params, READ};
use super::super::problem::{Found as _, Problem};
use super::super::sessions::SessionTarget;
use super::super::start::Refusal;
use crate::campaign;
use crate::runtime::App;
use crate::store;

/// For whom.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PreviewParams {
    /// Postal code, address or district, as a caller would give it; for campaigns that go by location.
    #[serde(default)]
    location: String,
}

/// Who would be called.
#[derive(Serialize, ToSchema)]
pub(crate) struct Preview {
    /// In order, cut as a session's list is; none when the caller would be asked for the place.
    items: Vec<SessionTarget>,
}

/// Who would be called for a place, now: the list that a session would get, without calling anybody. Where the order is by chance, so is
/// this.
#[utoipa::path(
    get,
    path = "/v1/campaigns/{id}/preview",
    tag = "campaigns",
    params(Id, PreviewParams),
    responses((status = 200, description = "The list.", body = Preview), Problem),
    security(("key" = ["read"]), ("key" = ["campaigns"]))
)]
pub(crate) async fn preview_campaign(
    _: Auth<{ READ | CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Id(id): Id,
    Params(params): Params<PreviewParams>,
) -> Result<Json<Preview>, Problem> {
    let row = store::campaigns::get(app.db(), &id)
        .await
        .found("campaign", &id)?;
    let targets = campaign::preview(&app, &row, &params.location)
        .await
        .map_err(Refusal::from)?;
    Ok(Json(Preview {
        items: targets.iter().map(SessionTarget::from).collect(),
    }))
}
