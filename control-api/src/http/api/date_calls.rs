//! GET /api/campaign/date_calls.json: calls of every campaign by date.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::compat::answer::Fault;
use super::extract::{Answer, Json, Key, KeyParams, Query};
use super::span::{SpanParams, Timespan, TimespanParams, bounds, within};
use crate::runtime::App;
use crate::store::stats::{self, Buckets};

/// Calls of every campaign by date.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct CampaignDateCalls {
    meta: Meta,
    /// Campaigns' ids with their counts, by date.
    objects: BTreeMap<String, BTreeMap<String, i64>>,
}

/// About all of them.
#[derive(Default, Serialize, ToSchema)]
struct Meta {
    /// Completed calls of the span.
    calls_completed: i64,
}

/// Calls of every campaign by date, whatever their status. Dates are UTC.
#[utoipa::path(
    get,
    path = "/api/campaign/date_calls.json",
    tag = "compatible",
    params(SpanParams, TimespanParams, KeyParams),
    responses(
        (status = 200, description = "The counts.", body = CampaignDateCalls),
        (status = 400, description = "A parameter is not understood, or the span is too long for its timespan.", body = Fault),
        (status = 401, description = "No key, or one that is not good.", body = Fault),
        (status = 403, description = "The key may not read.", body = Fault),
        (status = 503, description = "Not now; Retry-After says when.", body = Fault)
    ),
    security(("key" = ["read"]))
)]
pub(crate) async fn date_calls(Key(reach): Key, State(app): State<App>, query: Query) -> Answer {
    let timespan = Timespan::read(&query)?;
    let bounds = bounds(&query)?;
    let days = stats::bounds(app.db(), None).await?;
    let mut found = CampaignDateCalls::default();
    if let Some(span) = within(bounds, days, timespan)? {
        let buckets = Buckets {
            step_ms: timespan.step_ms(),
            ahead_ms: 0,
        };
        for count in stats::of_campaigns(app.db(), &reach, span, buckets).await? {
            found.meta.calls_completed += count.completed;
            let campaigns = found.objects.entry(timespan.date(count.at)).or_default();
            *campaigns.entry(count.campaign_id).or_default() += count.calls;
        }
    }
    Ok(Json::of(&found))
}
