//! GET /api/campaign/{id}/date_calls.json: a campaign's calls by date and status.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::compat::answer::Fault;
use super::extract::{Answer, CampaignParams, Json, KeyParams, OwnCampaign, Query};
use super::span::{SpanParams, Timespan, TimespanParams, bounds, within};
use crate::runtime::App;
use crate::store::stats::{self, Buckets};

/// Calls by date and status.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct DateCalls {
    /// Statuses with their counts, by date.
    objects: BTreeMap<String, BTreeMap<String, i64>>,
}

/// A campaign's calls by date and status. Dates are UTC.
#[utoipa::path(
    get,
    path = "/api/campaign/{id}/date_calls.json",
    tag = "compatible",
    params(CampaignParams, SpanParams, TimespanParams, KeyParams),
    responses(
        (status = 200, description = "The counts.", body = DateCalls),
        (status = 400, description = "A parameter is not understood, or the span is too long for its timespan.", body = Fault),
        (status = 401, description = "No key, or one that is not good.", body = Fault),
        (status = 403, description = "The key may not read.", body = Fault),
        (status = 404, description = "No such campaign.", body = Fault),
        (status = 503, description = "Not now; Retry-After says when.", body = Fault)
    ),
    security(("key" = ["read"]))
)]
pub(crate) async fn campaign_date_calls(
    State(app): State<App>,
    OwnCampaign(campaign): OwnCampaign,
    query: Query,
) -> Answer {
    let timespan = Timespan::read(&query)?;
    let bounds = bounds(&query)?;
    let days = stats::bounds(app.db(), Some(&campaign.id)).await?;
    let mut found = DateCalls::default();
    if let Some(span) = within(bounds, days, timespan)? {
        let buckets = Buckets {
            step_ms: timespan.step_ms(),
            ahead_ms: 0,
        };
        for count in stats::by_time(app.db(), &campaign.id, span, buckets).await? {
            let statuses = found.objects.entry(timespan.date(count.at)).or_default();
            *statuses.entry(count.status).or_default() += count.calls;
        }
    }
    Ok(Json::of(&found))
}
