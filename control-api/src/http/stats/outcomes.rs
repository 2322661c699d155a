//! GET /v1/campaigns/{id}/stats/outcomes

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

/// Calls that ended with one status and outcome.
#[derive(Serialize, ToSchema)]
pub(crate) struct OutcomeRow {
    /// `completed busy failed no-answer canceled unknown`
    status: String,
    /// `talked skipped voicemail mailbox_full busy no_answer unreachable rejected caller_hung_up node_lost`; empty in imported history.
    outcome: String,
    calls: i64,
    /// From the targets' answers to the ends.
    talk_ms: i64,
}

impl TableRow for OutcomeRow {
    const COLUMNS: &'static [&'static str] = &["status", "outcome", "calls", "talk_ms"];
}

/// The rows of a campaign.
pub(super) async fn rows(app: &App, id: &str) -> Result<Vec<OutcomeRow>, Problem> {
    campaigns::get(app.db(), id).await.found("campaign", id)?;
    let outcomes = stats::outcomes(app.db(), id).await?;
    let row = |o: stats::Outcome| OutcomeRow {
        status: o.status,
        outcome: o.outcome,
        calls: o.calls,
        talk_ms: o.talk_ms,
    };
    Ok(outcomes.into_iter().map(row).collect())
}

/// A campaign's ended calls by status and outcome.
#[utoipa::path(
    get,
    path = "/v1/campaigns/{id}/stats/outcomes",
    tag = "statistics",
    params(Id),
    responses((status = 200, description = "A row for each; CSV for `Accept: text/csv`.", body = Table<OutcomeRow>), Problem),
    security(("key" = ["read"]), ("key" = ["campaigns"]))
)]
pub(crate) async fn campaign_outcomes(
    _: Auth<{ READ | CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    answer(&headers, "outcomes", rows(&app, &id).await?)
}
