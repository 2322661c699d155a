//! GET /api/campaign/{id}/CallPowerForm.js: the class alone, for pages that make their form themselves.

use axum::extract::State;
use axum::response::Response;

use super::super::api::extract::{Campaign, CampaignParams};
use super::super::compat::answer::Fault;
use super::script::{self, Kind, script};
use crate::runtime::App;

/// The class `CallPowerForm` with the campaign's options, for a page that makes its form itself: `new CallPowerForm("#form")`, or by
/// `data-form` on the script's own tag. Without the JavaScript that the campaign's admin wrote. Public; may be kept for 5 minutes.
#[utoipa::path(
    get,
    path = "/api/campaign/{id}/CallPowerForm.js",
    tag = "compatible",
    params(CampaignParams),
    responses(
        (status = 200, description = "JavaScript.", body = String, content_type = "text/javascript"),
        (status = 404, description = "No such campaign.", body = Fault),
        (status = 503, description = "Not now; Retry-After says when.", body = Fault)
    )
)]
pub(crate) async fn call_power_form_js(
    State(app): State<App>,
    campaign: Result<Campaign, Fault>,
) -> Response {
    script::answer(
        campaign.map(|Campaign(campaign)| script(&app.config().public_url(), &campaign, Kind::Class)),
    )
}
