//! GET /v1/campaigns/{id}/stats/steps

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::extract::auth::OfCampaign;
use super::super::extract::{Auth, CAMPAIGNS, Id, READ};
use super::super::problem::{Found as _, Problem};
use super::table::{Table, TableRow, answer};
use crate::runtime::App;
use crate::store::{campaigns, stats};

/// Sessions in one step.
#[derive(Serialize, ToSchema)]
pub(crate) struct StepRow {
    /// `start confirm locate schedule calls`, `target 1`, `talking 1`, `done 1`, …; empty before the flow began.
    #[schema(example = "confirm")]
    step: String,
    /// Sessions that ended here.
    ended: i64,
    /// Sessions that are here now.
    under_way: i64,
    /// Sessions that came here or further.
    reached: i64,
}

impl TableRow for StepRow {
    const COLUMNS: &'static [&'static str] = &["step", "ended", "under_way", "reached"];
}

/// The rows of a campaign.
pub(super) async fn rows(app: &App, id: &str) -> Result<Vec<StepRow>, Problem> {
    campaigns::get(app.db(), id).await.found("campaign", id)?;
    let mut steps: BTreeMap<(u64, String), (i64, i64)> = BTreeMap::new();
    for step in stats::steps(app.db(), id).await? {
        steps.entry((rank(&step.step), step.step)).or_default().0 += step.sessions;
    }
    for step in stats::under_way(app.db(), id).await? {
        steps.entry((rank(&step.step), step.step)).or_default().1 += step.sessions;
    }
    let mut reached: i64 = steps.values().map(|(ended, under_way)| ended + under_way).sum();
    let row = |((_, step), (ended, under_way)): ((u64, String), (i64, i64))| {
        let row = StepRow {
            step,
            ended,
            under_way,
            reached,
        };
        reached -= ended + under_way;
        row
    };
    Ok(steps.into_iter().map(row).collect())
}

/// How far along a step is.
fn rank(step: &str) -> u64 {
    let fixed = ["start", "confirm", "locate", "schedule", "calls"];
    if let Some(at) = (1..)
        .zip(fixed)
        .find_map(|(at, word)| (word == step).then_some(at))
    {
        return at;
    }
    let Some((word, target)) = step.split_once(' ') else {
        return 0;
    };
    let Ok(target) = target.parse::<u32>() else {
        return 0;
    };
    let within = match word {
        "target" => 0,
        "talking" => 1,
        "done" => 2,
        _ => return 0,
    };
    10 + u64::from(target) * 3 + within
}

/// The funnel: where a campaign's sessions ended or are, first step first.
#[utoipa::path(
    get,
    path = "/v1/campaigns/{id}/stats/steps",
    tag = "statistics",
    params(Id),
    responses((status = 200, description = "A row for each step; CSV for `Accept: text/csv`.", body = Table<StepRow>), Problem),
    security(("key" = ["read"]), ("key" = ["campaigns"]))
)]
pub(crate) async fn campaign_steps(
    _: Auth<{ READ | CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    answer(&headers, "steps", rows(&app, &id).await?)
}
