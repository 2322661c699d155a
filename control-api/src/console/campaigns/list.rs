//! GET /campaigns: every campaign with its counts, as they are now.

use axum::extract::OriginalUri;
use maud::html;

use super::super::Answer;
use super::super::api::List;
use super::super::door::Visitor;
use super::super::forms::Filled;
use super::super::layout::{Live, Page, Section};
use super::super::parts;
use super::figures::Summary;
use super::{Campaign, path};

/// Campaigns of one page.
const LIMIT: u8 = 25;

pub(super) async fn list(visitor: Visitor, OriginalUri(uri): OriginalUri) -> Answer {
    let say = visitor.say;
    let query = Filled::parse(uri.query().unwrap_or_default().as_bytes());
    let mut wanted = format!("/v1/campaigns?limit={LIMIT}");
    for name in ["status", "cursor"] {
        if query.has(name) {
            wanted = format!("{wanted}&{name}={}", super::super::api::encoded(query.text(name)));
        }
    }
    let campaigns: List<Campaign> = visitor.api.get(&wanted).await?;
    let mut rows = Vec::new();
    for campaign in campaigns.items {
        // While history is being counted there are no figures; the list is there all the same.
        let summary: Summary = visitor
            .api
            .get(&path(&campaign.id, "/stats"))
            .await
            .unwrap_or_default();
        rows.push((campaign, summary));
    }
    let body = html! {
        (parts::done(say, Some(query.text("done"))))
        div.row {
            @if visitor.may_campaign() { a.button.main href="/campaigns/new" { (say.t("New campaign")) } }
            @for (status, name) in [("", say.t("All")), ("live", say.word("live")), ("paused", say.word("paused")), ("archived", say.word("archived"))] {
                a href={ "/campaigns" @if !status.is_empty() { "?status=" (status) } }
                    aria-current=[(query.text("status") == status).then_some("true")] { (name) }
            }
        }
        div.wide #campaigns data-live role="group" tabindex="0" aria-label=(say.t("Campaigns")) {
            table {
                caption { (say.t("Counts go on by themselves.")) }
                thead { tr {
                    th { (say.t("Campaign")) } th { (say.t("Status")) }
                    th.number { (say.t("Callers now")) } th.number { (say.t("Callers")) }
                    th.number { (say.t("Calls")) } th.number { (say.t("Completed")) }
                } }
                tbody {
                    @for (campaign, summary) in &rows {
                        tr {
                            td { a href={ "/campaigns/" (campaign.id) } { (campaign.name) } }
                            td { (parts::badge(say, &campaign.status)) }
                            td.number { (say.number(summary.sessions.under_way())) }
                            td.number { (say.number(summary.sessions.started)) }
                            td.number { (say.number(summary.calls.ended)) }
                            td.number { (say.number(summary.calls.completed)) }
                        }
                    }
                    @if rows.is_empty() { tr { td colspan="6" { (say.t("There is none yet.")) } } }
                }
            }
        }
        (parts::more(say, "/campaigns", campaigns.next.as_deref()))
    };
    let page = Page::new(Section::Campaigns, say.t("Campaigns"), body);
    Ok(page.live(Live::Calls { every: 0 }).show(&visitor))
}
