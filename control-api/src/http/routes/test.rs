//! POST /v1/routes/test: which trunk would take a call, and why.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use trunkline_gateway::ids::CampaignId;
use trunkline_gateway::phone::Phone;
use trunkline_gateway::trunk::select::{self, Call, RouteWhy, Selection, Verdict, Why, select};
use utoipa::ToSchema;

use super::super::extract::{Auth, Body, OPS, READ};
use super::super::problem::{Checks, Problem};
use super::super::{line, valid};
use crate::runtime::App;

/// A call that is thought of.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RouteQuestion {
    /// Whom to call, E.164.
    #[schema(example = "+12025550123")]
    number: String,
    /// For a call of this campaign.
    #[serde(default)]
    campaign_id: Option<String>,
    /// At this time; now when it is left out. Health and channels of the trunks are those of now.
    #[serde(default)]
    #[schema(example = "2026-07-06T13:00:00Z")]
    at: Option<String>,
}

/// Which trunks would be tried, and why.
#[derive(Serialize, ToSchema)]
pub(crate) struct RouteAnswer {
    number: String,
    /// The route that decides; null when none takes the number.
    route: Option<MatchedRoute>,
    /// The trunk that would be tried first; null when there is none.
    trunk: Option<String>,
    /// In one sentence.
    explanation: String,
    /// Every route, and why it decides or not.
    routes: Vec<RouteVerdict>,
    /// Every trunk, those that would be tried first and in their order.
    trunks: Vec<TrunkVerdict>,
    /// SIP statuses after which no other trunk is tried.
    stop_codes: Vec<u16>,
}

/// The route that decides.
#[derive(Serialize, ToSchema)]
pub(crate) struct MatchedRoute {
    id: String,
    name: String,
    /// The prefix that matched: the longest of all routes.
    prefix: String,
}

/// What becomes of one route.
#[derive(Serialize, ToSchema)]
pub(crate) struct RouteVerdict {
    route_id: String,
    name: String,
    /// It decides.
    decides: bool,
    /// Why, or why not: its prefixes, campaign, countries, windows, or another route that goes before it.
    why: String,
}

/// What becomes of one trunk.
#[derive(Serialize, ToSchema)]
pub(crate) struct TrunkVerdict {
    trunk_id: String,
    name: String,
    /// It would be tried.
    tried: bool,
    /// Why, or why not.
    why: String,
}

/// Which trunks would take a call to a number at this moment, and why the others would not. Nothing is dialled.
#[utoipa::path(
    post,
    path = "/v1/routes/test",
    tag = "routes",
    request_body = RouteQuestion,
    responses((status = 200, description = "The choice.", body = RouteAnswer), Problem),
    security(("key" = ["read"]), ("key" = ["ops"]))
)]
pub(crate) async fn test_route(
    _: Auth<{ READ | OPS }>,
    State(app): State<App>,
    Body(question): Body<RouteQuestion>,
) -> Result<Json<RouteAnswer>, Problem> {
    let mut checks = Checks::default();
    valid::campaign(&mut checks, &app, "/campaign_id", question.campaign_id.as_deref()).await?;
    let number = Phone::new(&question.number);
    checks.require(number.is_ok(), "/number", valid::E164);
    let at = question
        .at
        .as_deref()
        .map(str::parse::<jiff::Timestamp>)
        .transpose();
    checks.require(
        at.is_ok(),
        "/at",
        "expected a time, for example 2026-07-06T13:00:00Z",
    );
    checks.finish()?;
    let number = number.map_err(|_| Problem::field("/number", valid::E164))?;
    let campaign = question
        .campaign_id
        .and_then(|id| id.parse().ok())
        .map(CampaignId);
    let snapshot = app.snapshot();
    let at = at
        .ok()
        .flatten()
        .map_or_else(|| app.clock().now_ms(), |at| at.as_millisecond());
    let call = Call {
        number: &number,
        campaign,
        at: Some(at),
    };
    let selection = select(&snapshot, call, line::trunk_states(&app), &mut app.rng());
    let name = selection.route.as_ref().and_then(|(id, _)| {
        let route = snapshot.routes.iter().find(|r| r.id == *id)?;
        Some(route.name.clone())
    });
    Ok(Json(answer(question.number, name.unwrap_or_default(), selection)))
}

fn answer(number: String, route_name: String, selection: Selection) -> RouteAnswer {
    let trunk = selection.candidates.first().map(|c| c.trunk.name.clone());
    let explanation = match (&selection.route, &trunk) {
        (None, _) => {
            format!("no route takes {number}: add one with its prefix, or with \"+\" for every number")
        }
        (Some((_, prefix)), Some(trunk)) => {
            format!(
                "route {route_name:?} takes it by its prefix {prefix}, and trunk {trunk:?} is tried first"
            )
        }
        (Some((_, prefix)), None) => {
            format!(
                "route {route_name:?} takes it by its prefix {prefix}, but none of its trunks can take a call"
            )
        }
    };
    RouteAnswer {
        number,
        route: selection.route.map(|(id, prefix)| MatchedRoute {
            id: id.to_string(),
            name: route_name,
            prefix,
        }),
        trunk,
        explanation,
        routes: selection.routes.iter().map(route_verdict).collect(),
        trunks: selection.verdicts.iter().map(verdict).collect(),
        stop_codes: selection.stop_codes,
    }
}

fn route_verdict(verdict: &select::RouteVerdict) -> RouteVerdict {
    RouteVerdict {
        route_id: verdict.route.to_string(),
        name: verdict.name.clone(),
        decides: matches!(verdict.why, RouteWhy::Decides(_)),
        why: verdict.why.to_string(),
    }
}

fn verdict(verdict: &Verdict) -> TrunkVerdict {
    TrunkVerdict {
        trunk_id: verdict.trunk.to_string(),
        name: verdict.name.clone(),
        tried: matches!(
            verdict.why,
            Why::Tried { .. } | Why::TriedLater { .. } | Why::TriedAfterPause { .. }
        ),
        why: verdict.why.to_string(),
    }
}
