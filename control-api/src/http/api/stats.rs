//! GET /api/campaign/{id}/stats.json: a campaign in a few figures.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::compat::answer::Fault;
use super::super::stats::PerSession;
use super::extract::{Answer, CampaignParams, Json, KeyParams, OwnCampaign};
use super::span::Timespan;
use crate::runtime::App;
use crate::store::stats::{self, DAY_MS, Step};

/// A campaign's figures.
#[derive(Serialize, ToSchema)]
pub(crate) struct Stats {
    id: String,
    name: String,
    /// All sessions, those that wait included.
    sessions_started: i64,
    /// The mean wait of those that were dialled from the queue; an empty text when there are none.
    #[schema(value_type = f64)]
    queue_avg_seconds: Seconds,
    /// Sessions with a completed call.
    sessions_completed: i64,
    calls_per_session: CallsPerSession,
    calls_completed: i64,
    /// Day of the first completed call; left out when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    date_start: Option<String>,
    /// The day after the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    date_end: Option<String>,
}

/// A number of seconds, or an empty text.
#[derive(Serialize)]
#[serde(untagged)]
enum Seconds {
    Some(f64),
    None(&'static str),
}

/// Completed calls of the sessions that have any.
#[derive(Serialize, ToSchema)]
struct CallsPerSession {
    /// The mean, with two decimals, as text.
    #[schema(example = "1.50")]
    avg: String,
    /// The median; `?` when there is no completed call.
    #[schema(value_type = f64)]
    med: Median,
}

/// A number, or a question mark.
#[derive(Serialize)]
#[serde(untagged)]
enum Median {
    Some(f64),
    None(&'static str),
}

/// A campaign in a few figures.
#[utoipa::path(
    get,
    path = "/api/campaign/{id}/stats.json",
    tag = "compatible",
    params(CampaignParams, KeyParams),
    responses(
        (status = 200, description = "The figures.", body = Stats),
        (status = 401, description = "No key, or one that is not good.", body = Fault),
        (status = 403, description = "The key may not read.", body = Fault),
        (status = 404, description = "No such campaign.", body = Fault),
        (status = 503, description = "Not now; Retry-After says when.", body = Fault)
    ),
    security(("key" = ["read"]))
)]
pub(crate) async fn stats(State(app): State<App>, OwnCampaign(campaign): OwnCampaign) -> Answer {
    let (db, id) = (app.db(), campaign.id.as_str());
    let mut steps = stats::steps(db, id).await?;
    steps.extend(stats::under_way(db, id).await?);
    let per_session = PerSession::of(&stats::calls_per_session(db, id).await?);
    let days = stats::completed_days(db, id).await?;
    let day = |at| Timespan::Day.date(at);
    Ok(Json::of(&Stats {
        sessions_started: steps.iter().map(|step| step.sessions).sum(),
        queue_avg_seconds: wait(&steps),
        sessions_completed: per_session.sessions,
        calls_completed: per_session.calls,
        calls_per_session: CallsPerSession {
            avg: format!("{:.2}", per_session.mean),
            med: per_session.median.map_or(Median::None("?"), Median::Some),
        },
        date_start: days.map(|(first, _)| day(first)),
        date_end: days.map(|(_, last)| day(last + DAY_MS)),
        id: campaign.id,
        name: campaign.name,
    }))
}

fn wait(steps: &[Step]) -> Seconds {
    let waited: i64 = steps.iter().map(|step| step.waited).sum();
    let wait_ms: i64 = steps.iter().map(|step| step.wait_ms).sum();
    match waited {
        0 => Seconds::None(""),
        _ => Seconds::Some(mean(wait_ms, waited) / 1_000.0),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a mean of milliseconds is no more exact than a double"
)]
fn mean(sum: i64, count: i64) -> f64 {
    sum as f64 / count as f64
}
