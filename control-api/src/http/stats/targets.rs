//! GET /v1/campaigns/{id}/stats/targets

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::extract::auth::OfCampaign;
use super::super::extract::{Auth, CAMPAIGNS, Id, Params, READ};
use super::super::problem::{Found as _, Problem};
use super::counts::Counts;
use super::table::{Table, TableRow, answer};
use super::times::SpanParams;
use crate::runtime::App;
use crate::store::{campaigns, stats};

/// Most counts that are read: a target has one for each status and outcome.
const MAX_COUNTS: i64 = 100_000;

/// Calls to one target.
#[derive(Serialize, ToSchema)]
pub(crate) struct TargetStatsRow {
    /// `us:bioguide:S000148`
    key: String,
    /// As the target is now; empty when it is gone.
    title: String,
    name: String,
    district: String,
    #[serde(flatten)]
    counts: Counts,
}

impl TableRow for TargetStatsRow {
    const COLUMNS: &'static [&'static str] = &[
        "key",
        "title",
        "name",
        "district",
        "calls",
        "completed",
        "talked",
        "skipped",
        "voicemail",
        "mailbox_full",
        "busy",
        "no_answer",
        "unreachable",
        "rejected",
        "caller_hung_up",
        "node_lost",
        "talk_ms",
    ];
}

/// The rows of a campaign, of all time or of a span.
pub(super) async fn rows(app: &App, id: &str, span: SpanParams) -> Result<Vec<TargetStatsRow>, Problem> {
    campaigns::get(app.db(), id).await.found("campaign", id)?;
    let span = span.some()?;
    let mut targets: BTreeMap<String, TargetStatsRow> = BTreeMap::new();
    for count in stats::by_target(app.db(), id, span, MAX_COUNTS).await? {
        let target = targets.entry(count.key).or_insert_with_key(|key| TargetStatsRow {
            key: key.clone(),
            title: count.title.unwrap_or_default(),
            name: count.name.unwrap_or_default(),
            district: count.district.unwrap_or_default(),
            counts: Counts::default(),
        });
        target
            .counts
            .add(&count.status, &count.outcome, count.calls, count.talk_ms);
    }
    let mut rows: Vec<TargetStatsRow> = targets.into_values().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.counts.calls));
    Ok(rows)
}

/// A campaign's ended calls to each target, most calls first: the number that campaigns are judged by.
#[utoipa::path(
    get,
    path = "/v1/campaigns/{id}/stats/targets",
    tag = "statistics",
    params(Id, SpanParams),
    responses((status = 200, description = "A row for each target; CSV for `Accept: text/csv`.", body = Table<TargetStatsRow>), Problem),
    security(("key" = ["read"]), ("key" = ["campaigns"]))
)]
pub(crate) async fn campaign_target_stats(
    _: Auth<{ READ | CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Id(id): Id,
    Params(span): Params<SpanParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    answer(&headers, "targets", rows(&app, &id, span).await?)
}
