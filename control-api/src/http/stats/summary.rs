//! GET /v1/campaigns/{id}/stats

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::extract::auth::OfCampaign;
use super::super::extract::{Auth, CAMPAIGNS, Id, READ};
use super::super::problem::{Found as _, Problem};
use super::PerSession;
use crate::runtime::App;
use crate::store::{campaigns, stats};

/// A campaign in figures.
#[derive(Serialize, ToSchema)]
pub(crate) struct Summary {
    sessions: Sessions,
    calls: Calls,
}

/// Its sessions.
#[derive(Serialize, ToSchema)]
struct Sessions {
    /// All, those that wait or talk included.
    started: i64,
    ended: i64,
    /// The caller was on the line.
    answered: i64,
    /// With a completed call.
    with_completed_call: i64,
    /// The mean wait in the queue; null when nobody was dialled from it.
    wait_ms: Option<i64>,
    /// All by status.
    by_status: BTreeMap<String, i64>,
}

/// Its calls that ended.
#[derive(Serialize, ToSchema)]
struct Calls {
    ended: i64,
    completed: i64,
    /// From the targets' answers to the ends.
    talk_ms: i64,
    by_status: BTreeMap<String, i64>,
    by_outcome: BTreeMap<String, i64>,
    /// Completed calls of the sessions that have any.
    per_session_mean: f64,
    /// The middle one; null without any.
    per_session_median: Option<f64>,
}

/// A campaign in figures: sessions by status, ended calls by status and by outcome.
#[utoipa::path(
    get,
    path = "/v1/campaigns/{id}/stats",
    tag = "statistics",
    params(Id),
    responses((status = 200, description = "The figures.", body = Summary), Problem),
    security(("key" = ["read"]), ("key" = ["campaigns"]))
)]
pub(crate) async fn campaign_stats(
    _: Auth<{ READ | CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<Json<Summary>, Problem> {
    let db = app.db();
    campaigns::get(db, &id).await.found("campaign", &id)?;
    let ended = stats::steps(db, &id).await?;
    let under_way = stats::under_way(db, &id).await?;
    let outcomes = stats::outcomes(db, &id).await?;
    let per_session = PerSession::of(&stats::calls_per_session(db, &id).await?);
    let all = || ended.iter().chain(&under_way);
    let waited: i64 = all().map(|step| step.waited).sum();
    let wait_ms: i64 = all().map(|step| step.wait_ms).sum();
    Ok(Json(Summary {
        sessions: Sessions {
            started: all().map(|step| step.sessions).sum(),
            ended: ended.iter().map(|step| step.sessions).sum(),
            answered: all().map(|step| step.answered).sum(),
            with_completed_call: per_session.sessions,
            wait_ms: wait_ms.checked_div(waited),
            by_status: sums(all().map(|step| (&step.status, step.sessions))),
        },
        calls: Calls {
            ended: outcomes.iter().map(|o| o.calls).sum(),
            completed: per_session.calls,
            talk_ms: outcomes.iter().map(|o| o.talk_ms).sum(),
            by_status: sums(outcomes.iter().map(|o| (&o.status, o.calls))),
            by_outcome: sums(outcomes.iter().map(|o| (&o.outcome, o.calls))),
            per_session_mean: per_session.mean,
            per_session_median: per_session.median,
        },
    }))
}

fn sums<'a>(counts: impl Iterator<Item = (&'a String, i64)>) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for (word, count) in counts {
        *sums.entry(word.clone()).or_default() += count;
    }
    sums
}
