//! GET /api/campaign/{id}/embed_code.html: what an organisation copies into its own page.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::super::api::extract::{Campaign, CampaignParams};
use super::super::compat::answer::Fault;
use super::page::{self, Asked};
use crate::runtime::App;

/// Nothing is loaded, nothing runs.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// The code to copy into a page: the script with a form, and an iframe.
#[utoipa::path(
    get,
    path = "/api/campaign/{id}/embed_code.html",
    tag = "compatible",
    params(CampaignParams),
    responses(
        (status = 200, description = "A page that shows the code.", body = String, content_type = "text/html"),
        (status = 404, description = "No such campaign.", body = Fault),
        (status = 503, description = "Not now; Retry-After says when.", body = Fault)
    )
)]
pub(crate) async fn embed_code_html(State(app): State<App>, campaign: Result<Campaign, Fault>) -> Response {
    let campaign = match campaign {
        Ok(Campaign(campaign)) => campaign,
        Err(fault) => return fault.into_response(),
    };
    let address = format!("{}/api/campaign/{}", app.config().public_url(), campaign.id);
    let name = campaign.name.clone();
    // Whoever names a form has one on the page already.
    let needs_form = campaign.settings.embed.form.is_empty();
    let asked = Asked::of(campaign);
    let script = page::with_part(include_str!("code_script.html"), "form", needs_form);
    let script = asked.filled(&script, &[("address", &address)]);
    let iframe = asked.filled(include_str!("code_iframe.html"), &[("address", &address)]);
    let values = [
        ("name", name.as_str()),
        ("script", &script),
        ("iframe", iframe.trim_end()),
    ];
    page::answer(asked.filled(include_str!("code.html"), &values), POLICY)
}
