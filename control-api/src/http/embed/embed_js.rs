//! GET /api/campaign/{id}/embed.js: the form's script of a campaign, which finds its form and starts.

use axum::extract::State;
use axum::response::Response;

use super::super::api::extract::{Campaign, CampaignParams};
use super::super::compat::answer::Fault;
use super::script::{self, Kind, script};
use crate::runtime::App;

/// The script for an organisation's own page: it takes over the form, asks for the call, shows the script and how the call stands. With the
/// campaign's embed options, and the JavaScript that its admin wrote. Public, for any page; may be kept for 5 minutes.
#[utoipa::path(
    get,
    path = "/api/campaign/{id}/embed.js",
    tag = "compatible",
    params(CampaignParams),
    responses(
        (status = 200, description = "JavaScript.", body = String, content_type = "text/javascript"),
        (status = 404, description = "No such campaign.", body = Fault),
        (status = 503, description = "Not now; Retry-After says when.", body = Fault)
    )
)]
pub(crate) async fn embed_js(State(app): State<App>, campaign: Result<Campaign, Fault>) -> Response {
    script::answer(
        campaign.map(|Campaign(campaign)| script(&app.config().public_url(), &campaign, Kind::Whole)),
    )
}
