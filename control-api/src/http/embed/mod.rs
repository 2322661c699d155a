//! What an organisation's own pages load from us: the form's script with a campaign's settings in it, a page for an iframe, the code to
//! copy, and how a call stands (CAMPAIGNS.md 8, docs/EMBED.md). The browser's part is in the files beside: `form.js`, `form.css`,
//! `words.json`, and the pages.

mod call_power_form_js;
mod embed_code_html;
mod embed_iframe_html;
mod embed_js;
mod follow;
mod page;
mod script;
mod words;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::runtime::App;

/// The routes. They need no key: any page may load them.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(embed_js::embed_js))
        .routes(routes!(call_power_form_js::call_power_form_js))
        .routes(routes!(embed_iframe_html::embed_iframe_html))
        .routes(routes!(embed_code_html::embed_code_html))
        .routes(routes!(follow::follow_call))
}
