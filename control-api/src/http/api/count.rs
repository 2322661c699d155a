//! GET /api/campaign/{id}/count.json: completed calls, for a counter on a page.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::compat::answer::Fault;
use super::extract::{Campaign, CampaignParams, Json};
use crate::runtime::App;
use crate::store::stats::{self, DAY_MS};

/// A referral code is shown from so many completed calls on, so that nobody is counted alone.
const CODE_CALLS: i64 = 2;
/// Most referral codes of an answer: those with the most completed calls.
const MAX_CODES: i64 = 1_000;
/// How long browsers and proxies may keep the answer.
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=600");

/// Completed calls of a campaign.
#[derive(Serialize, ToSchema)]
pub(crate) struct Count {
    /// All.
    completed: i64,
    /// In the last 24 hours.
    last_24h: i64,
    /// In the last seven days.
    last_week: i64,
    /// By referral code; codes with two completed calls or more.
    referral_codes: BTreeMap<String, i64>,
}

/// Completed calls of a campaign. Public, for any page; may be kept for 10 minutes.
#[utoipa::path(
    get,
    path = "/api/campaign/{id}/count.json",
    tag = "compatible",
    params(CampaignParams),
    responses(
        (status = 200, description = "The counts.", body = Count),
        (status = 404, description = "No such campaign.", body = Fault),
        (status = 503, description = "Not now; Retry-After says when.", body = Fault)
    )
)]
pub(crate) async fn count(State(app): State<App>, campaign: Result<Campaign, Fault>) -> Response {
    let any = (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    let counted = match campaign {
        Ok(Campaign(campaign)) => counts(&app, &campaign.id).await,
        Err(fault) => Err(fault),
    };
    match counted {
        Ok(count) => ([any, (header::CACHE_CONTROL, CACHE)], Json::of(&count)).into_response(),
        Err(fault) => ([any], fault).into_response(),
    }
}

async fn counts(app: &App, id: &str) -> Result<Count, Fault> {
    let now = app.clock().now_ms();
    let outcomes = stats::outcomes(app.db(), id).await?;
    let codes = stats::referrals(app.db(), id, CODE_CALLS, MAX_CODES).await?;
    Ok(Count {
        completed: outcomes
            .iter()
            .filter(|o| o.status == "completed")
            .map(|o| o.calls)
            .sum(),
        last_24h: stats::completed_since(app.db(), id, now - DAY_MS).await?,
        last_week: stats::completed_since(app.db(), id, now - 7 * DAY_MS).await?,
        referral_codes: codes
            .into_iter()
            .filter(|code| !code.reference.is_empty())
            .map(|code| (code.reference, code.completed))
            .collect(),
    })
}
