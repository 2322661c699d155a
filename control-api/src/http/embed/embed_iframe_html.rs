//! GET /api/campaign/{id}/embed_iframe.html: a whole page with the form, for organisations that can put in an iframe and no script.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::super::api::extract::{Campaign, CampaignParams};
use super::super::compat::answer::Fault;
use super::page::{self, Asked};
use crate::runtime::App;

/// A page with the campaign's form, to be shown inside another: in the frames of pages whose origin is on the campaign's list. What the
/// campaign's admin wrote as JavaScript does not run here, where the console lives.
#[utoipa::path(
    get,
    path = "/api/campaign/{id}/embed_iframe.html",
    tag = "compatible",
    params(CampaignParams),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 404, description = "No such campaign.", body = Fault),
        (status = 503, description = "Not now; Retry-After says when.", body = Fault)
    )
)]
pub(crate) async fn embed_iframe_html(State(app): State<App>, campaign: Result<Campaign, Fault>) -> Response {
    let campaign = match campaign {
        Ok(Campaign(campaign)) => campaign,
        Err(fault) => return fault.into_response(),
    };
    let public_url = app.config().public_url();
    let script = format!("{public_url}/api/campaign/{}/CallPowerForm.js", campaign.id);
    let policy = policy(
        &public_url,
        &script,
        &campaign.settings.embed.custom_css,
        &campaign.settings.origins,
    );
    let html = Asked::of(campaign).filled(include_str!("iframe.html"), &[("script", &script)]);
    page::answer(html, &policy)
}

/// Nothing runs but this one script, which holds no code of an admin's: this page has the console's origin, and campaigns' scripts
/// (HTML that is put in) are not to be believed with it.
fn policy(public_url: &str, script: &str, custom_css: &str, origins: &[String]) -> String {
    let ancestors = match origins {
        [] => "'none'".to_owned(),
        origins if origins.iter().any(|origin| origin == "*") => "*".to_owned(),
        origins => origins.join(" "),
    };
    let css = page::source(custom_css).map_or_else(String::new, |source| format!(" {source}"));
    format!(
        "default-src 'none'; script-src {script}; style-src 'unsafe-inline'{css}; img-src https: data:; media-src https:; \
         font-src https:; connect-src {public_url}/call/; base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(css: &str, origins: &[&str], expected: &str) {
        let origins: Vec<String> = origins.iter().map(|&origin| origin.to_owned()).collect();
        let policy = policy("https://c.example", "https://c.example/F.js", css, &origins);
        let shown: Vec<&str> = policy
            .split("; ")
            .filter(|part| part.starts_with("style-src") || part.starts_with("frame-ancestors"))
            .collect();
        assert_eq!(shown.join("; "), expected);
        assert!(policy.starts_with("default-src 'none'; script-src https://c.example/F.js; "));
    }

    #[test]
    fn pages_of_the_campaigns_origins_may_show_it() {
        check("", &["*"], "style-src 'unsafe-inline'; frame-ancestors *");
        check("", &[], "style-src 'unsafe-inline'; frame-ancestors 'none'");
        check(
            "https://a.example/s.css?v=2",
            &["https://a.example", "https://b.example:8443"],
            "style-src 'unsafe-inline' https://a.example/s.css; frame-ancestors https://a.example https://b.example:8443",
        );
    }
}
