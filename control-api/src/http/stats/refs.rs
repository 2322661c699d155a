//! GET /v1/campaigns/{id}/stats/refs

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

/// Most codes of an answer.
const MAX_CODES: i64 = 10_000;

/// What came from one referral code.
#[derive(Serialize, ToSchema)]
pub(crate) struct RefRow {
    /// Empty for sessions without one.
    #[serde(rename = "ref")]
    reference: String,
    /// That ended.
    sessions: i64,
    /// That ended.
    calls: i64,
    /// With the status `completed`.
    completed: i64,
    /// With the outcome `talked`.
    talked: i64,
}

impl TableRow for RefRow {
    const COLUMNS: &'static [&'static str] = &["ref", "sessions", "calls", "completed", "talked"];
}

/// The rows of a campaign.
pub(super) async fn rows(app: &App, id: &str) -> Result<Vec<RefRow>, Problem> {
    campaigns::get(app.db(), id).await.found("campaign", id)?;
    let codes = stats::referrals(app.db(), id, 0, MAX_CODES).await?;
    let row = |code: stats::Referral| RefRow {
        reference: code.reference,
        sessions: code.sessions,
        calls: code.calls,
        completed: code.completed,
        talked: code.talked,
    };
    Ok(codes.into_iter().map(row).collect())
}

/// A campaign's sessions and calls by referral code, most completed calls first. At most 10000 codes.
#[utoipa::path(
    get,
    path = "/v1/campaigns/{id}/stats/refs",
    tag = "statistics",
    params(Id),
    responses((status = 200, description = "A row for each code; CSV for `Accept: text/csv`.", body = Table<RefRow>), Problem),
    security(("key" = ["read"]), ("key" = ["campaigns"]))
)]
pub(crate) async fn campaign_refs(
    _: Auth<{ READ | CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    answer(&headers, "refs", rows(&app, &id).await?)
}
