//! GET /v1/sessions

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::super::extract::{Auth, CALLS, InReach, Params, READ};
use super::super::paging::{List, page};
use super::super::problem::Problem;
use super::super::time::Time;
use super::super::valid;
use super::Session;
use crate::privacy::campaign::refs_everywhere;
use crate::runtime::App;
use crate::store::sessions::{self, Filter, SessionState};

/// Which sessions.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SessionParams {
    /// Only those of this campaign.
    campaign_id: Option<String>,
    /// Only those that have not ended: queued, being dialled, on the line.
    #[param(default = false)]
    under_way: Option<bool>,
    /// Only those that are in this step of their flow, or ended in it: `confirm`, `target 2`, `done 2`, …
    step: Option<String>,
    /// Only those with an ended leg over this trunk, by id.
    trunk: Option<String>,
    /// Only those with a call that came to this: `talked skipped voicemail busy no_answer …`.
    outcome: Option<String>,
    /// Only those with this status.
    status: Option<String>,
    /// Only those that the dispatcher has here: `queued claimed dialling live ended`.
    state: Option<SessionState>,
    /// Only those of this caller, E.164.
    phone: Option<String>,
    /// Created at or after.
    since: Option<Time>,
    /// Created before.
    until: Option<Time>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Sessions of a page, 1 to 1000.
    #[param(default = 100, minimum = 1, maximum = 1000)]
    limit: Option<i64>,
}

/// Sessions, newest first.
#[utoipa::path(
    get,
    path = "/v1/sessions",
    tag = "sessions",
    params(SessionParams),
    responses((status = 200, description = "A page of sessions.", body = List<Session>), Problem),
    security(("key" = ["read"]), ("key" = ["calls"]))
)]
pub(crate) async fn list_sessions(
    auth: Auth<{ READ | CALLS }, InReach>,
    State(app): State<App>,
    Params(params): Params<SessionParams>,
) -> Result<Json<List<Session>>, Problem> {
    let page = page(params.cursor, params.limit)?;
    // In a query + is a space.
    let phone = params.phone.map(|phone| phone.replacen(' ', "+", 1));
    if phone.as_deref().is_some_and(|phone| !valid::is_e164(phone)) {
        return Err(Problem::parameter("phone", valid::E164));
    }
    let phone_hashes = match phone {
        Some(phone) => Some(refs(&app, params.campaign_id.as_deref(), &phone).await?),
        None => None,
    };
    let filter = Filter {
        campaign_id: params.campaign_id,
        state: params.state,
        under_way: params.under_way.unwrap_or(false),
        status: params.status,
        step: params.step,
        trunk: params.trunk,
        outcome: params.outcome,
        phone_hashes,
        since: params.since.map(|t| t.0),
        until: params.until.map(|t| t.0),
        reach: auth.reach().clone(),
    };
    let rows = sessions::list(app.db(), &filter, &page).await?;
    Ok(Json(List::of(rows, Session::from)))
}

/// A number has another reference in each campaign.
pub(crate) async fn refs(app: &App, campaign: Option<&str>, phone: &str) -> Result<Vec<String>, Problem> {
    let everywhere = refs_everywhere(app, phone).await?;
    let wanted = everywhere
        .into_iter()
        .filter(|(of, _)| campaign.is_none_or(|id| id == of));
    Ok(wanted.map(|(_, phone_ref)| phone_ref).collect())
}
