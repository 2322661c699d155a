//! GET /api/campaign/{id}/target_calls.json: calls to each target, by status.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::compat::answer::Fault;
use super::extract::{Answer, CampaignParams, Json, KeyParams, OwnCampaign, Query};
use super::span::{SpanParams, Timespan, bounds, within};
use crate::runtime::App;
use crate::store::stats;

/// Most counts that are read: a target has one for each status and outcome.
const MAX_COUNTS: i64 = 100_000;

/// Calls by target.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct TargetCalls {
    /// Targets by key.
    objects: BTreeMap<String, TargetObject>,
}

/// Calls to one target.
#[derive(Serialize, ToSchema)]
struct TargetObject {
    title: String,
    name: String,
    district: String,
    /// A field for each status that there is.
    #[serde(flatten)]
    #[schema(inline)]
    statuses: BTreeMap<String, i64>,
}

/// Calls to each target, by status.
#[utoipa::path(
    get,
    path = "/api/campaign/{id}/target_calls.json",
    tag = "compatible",
    params(CampaignParams, SpanParams, KeyParams),
    responses(
        (status = 200, description = "The counts.", body = TargetCalls),
        (status = 400, description = "A parameter is not understood.", body = Fault),
        (status = 401, description = "No key, or one that is not good.", body = Fault),
        (status = 403, description = "The key may not read.", body = Fault),
        (status = 404, description = "No such campaign.", body = Fault),
        (status = 503, description = "Not now; Retry-After says when.", body = Fault)
    ),
    security(("key" = ["read"]))
)]
pub(crate) async fn target_calls(
    State(app): State<App>,
    OwnCampaign(campaign): OwnCampaign,
    query: Query,
) -> Answer {
    let mut found = TargetCalls::default();
    let span = match bounds(&query)? {
        (None, None) => None,
        bounds => {
            let days = stats::bounds(app.db(), Some(&campaign.id)).await?;
            match within(bounds, days, Timespan::Day)? {
                Some(span) => Some(span),
                None => return Ok(Json::of(&found)),
            }
        }
    };
    for count in stats::by_target(app.db(), &campaign.id, span, MAX_COUNTS).await? {
        let target = found
            .objects
            .entry(count.key)
            .or_insert_with_key(|key| TargetObject {
                title: count.title.unwrap_or_default(),
                // A target that is gone has its key for a name, as the calls keep it.
                name: count.name.unwrap_or_else(|| key.clone()),
                district: count.district.unwrap_or_default(),
                statuses: BTreeMap::new(),
            });
        *target.statuses.entry(count.status).or_default() += count.calls;
    }
    Ok(Json::of(&found))
}
