//! /v1/schedules: daily callers, each with the consent that the calls rest on.

mod create;
mod delete;
mod get;
mod input;
mod list;
mod patch;

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::{Kind, Problem};
use super::time::Time;
use crate::daily::NotSubscribed;
use crate::runtime::App;
use crate::store::schedules::{self, EndedWhy, How, ScheduleStatus};
pub(crate) use input::{clock_time, minute_of};

/// The routes.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list::list_schedules, create::create_schedule))
        .routes(routes!(
            get::get_schedule,
            patch::patch_schedule,
            delete::delete_schedule
        ))
}

/// A subscription to daily calls: Monday to Friday, at the caller's local time.
#[derive(Serialize, ToSchema)]
pub(crate) struct Schedule {
    id: String,
    campaign_id: String,
    /// Last two digits of the number.
    #[schema(example = "…23")]
    phone: String,
    country: String,
    location: String,
    r#ref: String,
    #[schema(example = "America/Chicago")]
    time_zone: String,
    /// Local time of day.
    #[schema(example = "09:30")]
    time: String,
    /// Last local date on which it is called.
    #[schema(example = "2026-12-31")]
    end_on: Option<String>,
    status: ScheduleStatus,
    /// When it is called next; null unless it is active.
    next_at: Option<Time>,
    /// Local date of the last call.
    last_called_on: Option<String>,
    last_session_id: Option<String>,
    created_at: Time,
    updated_at: Time,
    ended_at: Option<Time>,
    /// `key api opt_out end_date campaign forgotten`
    ended_why: Option<EndedWhy>,
}

impl From<schedules::Schedule> for Schedule {
    fn from(s: schedules::Schedule) -> Schedule {
        let active = s.status == ScheduleStatus::Active;
        Schedule {
            id: s.id,
            campaign_id: s.campaign_id,
            phone: format!("…{}", s.phone_last2),
            country: s.country,
            location: s.location,
            r#ref: s.reference,
            time_zone: s.time_zone,
            time: clock_time(s.minute_of_day),
            end_on: s.end_on,
            status: s.status,
            next_at: active.then_some(Time(s.next_at)),
            last_called_on: s.last_called_on,
            last_session_id: s.last_session_id,
            created_at: Time(s.created_at),
            updated_at: Time(s.updated_at),
            ended_at: s.ended_at.map(Time),
            ended_why: s.ended_why,
        }
    }
}

/// One act of consent, or of taking it back. Kept when the subscription is over.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConsentView {
    at: Time,
    /// Given; else taken back.
    given: bool,
    /// `key api import`
    how: How,
    /// The session in which the key was pressed, or the API key's id.
    source: String,
    /// Which version of the text was shown or heard.
    version: String,
    /// The text; empty for a recording.
    text: String,
}

impl From<schedules::Consent> for ConsentView {
    fn from(c: schedules::Consent) -> ConsentView {
        ConsentView {
            at: Time(c.at),
            given: c.given,
            how: c.how,
            source: c.source,
            version: c.version,
            text: c.text,
        }
    }
}

impl From<NotSubscribed> for Problem {
    fn from(error: NotSubscribed) -> Problem {
        match error {
            NotSubscribed::OptedOut => Problem::new(
                Kind::Conflict,
                "this number has asked never to be called daily: only DELETE /v1/optouts/{id} takes that back, when the person asks for it",
            ),
            NotSubscribed::Already(standing) => Problem::new(
                Kind::Conflict,
                format!(
                    "this number is subscribed to the campaign already: change it with PATCH /v1/schedules/{}",
                    standing.id
                ),
            ),
            NotSubscribed::NoDay => Problem::field("/end_on", "leaves no weekday to call on"),
            NotSubscribed::Key(error) => error.into(),
            NotSubscribed::Store(error) => error.into(),
        }
    }
}
