//! GET /api/schedule, GET /api/schedule/{id}: subscriptions to daily calls.

use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::super::compat::answer::Fault;
use super::super::extract::{Answer, Json, Key, KeyParams, Query};
use super::{BrowseParams, Objects, find, get, time};
use crate::runtime::App;
use crate::store::browse::{SCHEDULE, ScheduleRow};
/// A subscription, with CallPower's fields first.
#[derive(Serialize, ToSchema)]
pub(crate) struct ScheduleObject {
    id: String,
    created_at: String,
    /// Called every weekday.
    subscribed: bool,
    /// `HH:MM:SS` at the caller's local time; CallPower's is UTC.
    #[schema(example = "12:30:00")]
    time_to_call: String,
    /// The caller's.
    time_zone: String,
    /// The day of the last call.
    last_called: Option<String>,
    campaign_id: String,
    /// The last two digits: callers' numbers are never answered.
    #[schema(example = "…23")]
    phone_number: String,
    /// `active`, `paused` or `ended`.
    status: String,
}

impl From<&ScheduleRow> for ScheduleObject {
    fn from(row: &ScheduleRow) -> ScheduleObject {
        ScheduleObject {
            id: row.id.clone(),
            created_at: time(row.created_at),
            subscribed: row.status == "active",
            time_to_call: format!("{:02}:{:02}:00", row.minute_of_day / 60, row.minute_of_day % 60),
            time_zone: row.time_zone.clone(),
            last_called: row.last_called_on.clone(),
            campaign_id: row.campaign_id.clone(),
            phone_number: format!("…{}", row.phone_last2),
            status: row.status.clone(),
        }
    }
}

/// Subscriptions to daily calls by filters.
#[utoipa::path(
    get,
    path = "/api/schedule",
    tag = "compatible",
    params(BrowseParams, KeyParams),
    responses(
        (status = 200, description = "A page.", body = Objects<ScheduleObject>),
        (status = 400, description = "A filter, an order or a page is not understood; the description says what would be.", body = Fault),
        (status = 401, description = "No key, or one that is not good.", body = Fault),
        (status = 403, description = "The key may not read.", body = Fault),
        (status = 503, description = "Not now; Retry-After says when.", body = Fault)
    ),
    security(("key" = ["read"]))
)]
pub(crate) async fn schedules(Key(reach): Key, State(app): State<App>, query: Query) -> Answer {
    let found = find::<ScheduleRow>(&app, &SCHEDULE, &reach, &query).await?;
    let objects = found.rows.iter().map(ScheduleObject::from).collect();
    found.answer::<ScheduleObject>(objects)
}

/// One subscription.
#[utoipa::path(
    get,
    path = "/api/schedule/{id}",
    tag = "compatible",
    params(("id" = String, Path, description = "The subscription's id."), KeyParams),
    responses(
        (status = 200, description = "It.", body = ScheduleObject),
        (status = 401, description = "No key, or one that is not good.", body = Fault),
        (status = 403, description = "The key may not read.", body = Fault),
        (status = 404, description = "There is none.", body = Fault),
        (status = 503, description = "Not now; Retry-After says when.", body = Fault)
    ),
    security(("key" = ["read"]))
)]
pub(crate) async fn schedule(Key(reach): Key, State(app): State<App>, Path(id): Path<String>) -> Answer {
    let row = get::<ScheduleRow>(&app, &SCHEDULE, &reach, &id).await?;
    Ok(Json::of(&ScheduleObject::from(&row)))
}
