//! /v1/events: everything that happens, as server-sent events.

mod stream;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::time::Time;
use crate::runtime::App;
use crate::store;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(stream::stream_events))
}

/// One event.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventView {
    /// Sorts by time.
    id: String,
    at: Time,
    /// `session.*`, `call.*`, `leg.*`, `trunk.*`
    #[schema(example = "leg.answered")]
    kind: String,
    session_id: Option<String>,
    /// The rest, by kind. No telephone numbers in it.
    data: Value,
}

impl From<store::events::Event> for EventView {
    fn from(e: store::events::Event) -> EventView {
        EventView {
            id: e.id,
            at: Time(e.at),
            kind: e.kind,
            session_id: e.session_id,
            data: e.data,
        }
    }
}
