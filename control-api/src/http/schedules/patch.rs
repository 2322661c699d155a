//! PATCH /v1/schedules/{id}

use axum::Json;
use axum::extract::State;

use super::super::extract::auth::OfSchedule;
use super::super::extract::{Auth, CALLS, Id, Patch};
use super::super::problem::{Found as _, Kind, Problem};
use super::Schedule;
use super::input::ScheduleChange;
use crate::runtime::App;
use crate::store::StoreError;
use crate::store::schedules::{self, ScheduleStatus};

/// Changes place, time, time zone or end date; `{"status": "paused"}` rests it, `{"status": "active"}` goes on. It is never called twice on a
/// local date, whatever is changed.
#[utoipa::path(
    patch,
    path = "/v1/schedules/{id}",
    tag = "schedules",
    params(Id),
    request_body(content = Object, description = "JSON merge patch.", content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The subscription.", body = Schedule), Problem),
    security(("key" = ["calls"]))
)]
pub(crate) async fn patch_schedule(
    _: Auth<{ CALLS }, OfSchedule>,
    State(app): State<App>,
    Id(id): Id,
    patch: Patch,
) -> Result<Json<Schedule>, Problem> {
    let before = schedules::get(app.db(), &id).await.found("schedule", &id)?;
    if before.status == ScheduleStatus::Ended {
        return Err(over());
    }
    let change: ScheduleChange = patch.apply(ScheduleChange::current(&before))?;
    let row = change.row(&app, before)?;
    match schedules::update(app.db(), &row).await {
        Ok(()) => Ok(Json(row.into())),
        Err(StoreError::NotFound) => Err(Problem::new(
            Kind::Conflict,
            "it was called or ended at this very moment: read it again",
        )),
        Err(error) => Err(error.into()),
    }
}

fn over() -> Problem {
    Problem::new(
        Kind::Conflict,
        "the subscription is over, and stays so: the person agrees to a new one (POST /v1/schedules)",
    )
}
