//! /v1/sessions: callers, from the queue to the last hang-up.

mod create;
mod delete;
mod get;
mod legs;
mod list;
mod trace;

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::time::Time;
use crate::runtime::App;
use crate::store;
pub(crate) use create::MAX_REF_CHARS;
pub(crate) use list::refs;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list::list_sessions, create::create_session))
        .routes(routes!(get::get_session, delete::delete_session))
        .routes(routes!(trace::get_trace))
}

/// A session. The caller's number is never shown, but for its last two digits.
#[derive(Serialize, ToSchema)]
pub(crate) struct Session {
    id: String,
    campaign_id: String,
    /// `outbound`: we call the caller back; `inbound`: the caller dialled our number.
    direction: &'static str,
    /// `queued ringing in-progress completed busy failed no-answer canceled unknown`
    #[schema(example = "in-progress")]
    status: String,
    /// Where the dispatcher has it: `queued claimed dialling live ended`.
    state: &'static str,
    /// Where in the flow it is, or ended: `confirm`, `target 2`, …
    step: String,
    /// Last two digits of the caller's number.
    #[schema(example = "…23")]
    phone: String,
    country: String,
    r#ref: String,
    location: String,
    /// Our number that the caller sees.
    caller_id: Option<String>,
    record: bool,
    /// Whom it calls, in order.
    targets: Vec<SessionTarget>,
    /// The node that has it.
    node: Option<String>,
    /// Times that the caller was dialled.
    attempts: i64,
    queued_at: Time,
    started_at: Option<Time>,
    answered_at: Option<Time>,
    ended_at: Option<Time>,
    /// From queued to started.
    queue_delay_ms: Option<i64>,
    /// From started to ended.
    duration_ms: Option<i64>,
}

/// One target of a session.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionTarget {
    key: String,
    title: String,
    name: String,
    district: String,
    location: String,
    /// The number called first; null when it has none, and is passed over.
    phone: Option<String>,
}

impl From<&store::sessions::SessionTarget> for SessionTarget {
    fn from(t: &store::sessions::SessionTarget) -> SessionTarget {
        SessionTarget {
            key: t.key.clone(),
            title: t.title.clone(),
            name: t.name.clone(),
            district: t.district.clone(),
            location: t.location.clone(),
            phone: t.offices.first().map(|office| office.phone.as_str().to_owned()),
        }
    }
}

impl From<store::sessions::Session> for Session {
    fn from(s: store::sessions::Session) -> Session {
        Session {
            targets: s.targets.iter().map(SessionTarget::from).collect(),
            id: s.id,
            campaign_id: s.campaign_id,
            direction: s.direction.as_str(),
            status: s.status,
            state: s.state.as_str(),
            step: s.step,
            phone: format!("…{}", s.phone_last2),
            country: s.country,
            r#ref: s.reference,
            location: s.location,
            caller_id: s.caller_id,
            record: s.record,
            node: s.node,
            attempts: s.attempts,
            queued_at: Time(s.queued_at),
            started_at: s.started_at.map(Time),
            answered_at: s.answered_at.map(Time),
            ended_at: s.ended_at.map(Time),
            queue_delay_ms: s.queue_delay_ms,
            duration_ms: s.duration_ms,
        }
    }
}
