//! GET /v1/schedules

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::super::extract::auth::InReach;
use super::super::extract::{Auth, CALLS, Params, READ};
use super::super::paging::{List, page};
use super::super::problem::Problem;
use super::super::sessions::refs;
use super::super::valid;
use super::Schedule;
use crate::runtime::App;
use crate::store::schedules::{self, Filter, ScheduleStatus};

/// Which subscriptions.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ScheduleParams {
    /// Only those of this campaign.
    campaign_id: Option<String>,
    /// Only those with this status: `active paused ended`.
    status: Option<ScheduleStatus>,
    /// Only those of this number, E.164.
    phone: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Subscriptions of a page, 1 to 1000.
    #[param(default = 100, minimum = 1, maximum = 1000)]
    limit: Option<i64>,
}

/// Subscriptions, newest first.
#[utoipa::path(
    get,
    path = "/v1/schedules",
    tag = "schedules",
    params(ScheduleParams),
    responses((status = 200, description = "A page of subscriptions.", body = List<Schedule>), Problem),
    security(("key" = ["read"]), ("key" = ["calls"]))
)]
pub(crate) async fn list_schedules(
    auth: Auth<{ READ | CALLS }, InReach>,
    State(app): State<App>,
    Params(params): Params<ScheduleParams>,
) -> Result<Json<List<Schedule>>, Problem> {
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
        status: params.status,
        phone_hashes,
        reach: auth.reach().clone(),
    };
    let rows = schedules::list(app.db(), &filter, &page).await?;
    Ok(Json(List::of(rows, Schedule::from)))
}
