//! GET /v1/events: server-sent events (the HTML standard's event stream), resumed by Last-Event-ID.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event as Sse, KeepAlive, Sse as SseResponse};
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;
use utoipa::IntoParams;

use super::super::extract::id::is_id;
use super::super::extract::{Auth, CALLS, OPS, Params, READ};
use super::super::problem::{Kind, Problem};
use super::EventView;
use crate::runtime::{App, Subscription};
use crate::store::events::{self, Event};

/// A line of nothing, so that proxies do not close a quiet stream.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Events read from the database at once for somebody who was away for long.
const BATCH: i64 = 500;

/// Which events.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventParams {
    /// Only those of this session.
    session_id: Option<String>,
    /// Only those whose kind begins so: `leg.`
    kind: Option<String>,
    /// As the header Last-Event-ID, for clients that cannot set it.
    last_event_id: Option<String>,
}

impl EventParams {
    fn wants(&self, event: &Event) -> bool {
        self.session_id
            .as_ref()
            .is_none_or(|id| event.session_id.as_ref() == Some(id))
            && self
                .kind
                .as_ref()
                .is_none_or(|kind| event.kind.starts_with(kind.as_str()))
    }
}

/// Everything that happens, as it happens. Each event has an id; whoever comes back with the header Last-Event-ID gets what it missed.
#[utoipa::path(
    get,
    path = "/v1/events",
    tag = "events",
    params(EventParams, ("Last-Event-ID" = Option<String>, Header, description = "Id of the last event that the client knows.")),
    responses(
        (status = 200, description = "A stream: `id`, `event` (the kind) and `data` (JSON).", body = EventView, content_type = "text/event-stream"),
        Problem
    ),
    security(("key" = ["read"]), ("key" = ["calls"]), ("key" = ["ops"]))
)]
pub(crate) async fn stream_events(
    _: Auth<{ READ | CALLS | OPS }>,
    State(app): State<App>,
    headers: HeaderMap,
    Params(params): Params<EventParams>,
) -> Result<SseResponse<impl Stream<Item = Result<Sse, Infallible>>>, Problem> {
    let last_seen = match headers.get("last-event-id") {
        Some(value) => value.to_str().ok().map(str::to_owned),
        None => params.last_event_id.clone(),
    };
    if last_seen.as_deref().is_some_and(|id| !is_id(id)) {
        return Err(Problem::new(
            Kind::InvalidField,
            "Last-Event-ID is no id of an event: send the `id` of the last event as it came, or leave it out",
        ));
    }
    let reader = Reader::new(app, params, last_seen);
    let events = stream::unfold(reader, |mut reader| async move {
        let event = reader.next().await?;
        Some((Ok(sse(&event)), reader))
    });
    Ok(SseResponse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

fn sse(event: &Event) -> Sse {
    let view = EventView::from(event.clone());
    Sse::default()
        .id(event.id.clone())
        .event(event.kind.clone())
        .data(serde_json::to_string(&view).unwrap_or_default())
}

/// One client: where it is, and what it gets next.
struct Reader {
    app: App,
    params: EventParams,
    /// The last event that was passed on, or passed over.
    last: Option<String>,
    /// The client has been away for longer than the hub remembers: the database is read up to the hub's oldest.
    behind: bool,
    waiting: VecDeque<Arc<Event>>,
    subscription: Subscription,
}

impl Reader {
    fn new(app: App, params: EventParams, last: Option<String>) -> Reader {
        let mut subscription = app.hub().subscribe(last.as_deref());
        let behind = !subscription.complete;
        let waiting = std::mem::take(&mut subscription.missed).into();
        Reader {
            app,
            params,
            last,
            behind,
            waiting,
            subscription,
        }
    }

    async fn next(&mut self) -> Option<Arc<Event>> {
        loop {
            let event = self.any().await?;
            // The database and the hub overlap.
            if self.last.as_deref().is_some_and(|last| event.id.as_str() <= last) {
                continue;
            }
            self.last = Some(event.id.clone());
            if self.params.wants(&event) {
                return Some(event);
            }
        }
    }

    async fn any(&mut self) -> Option<Arc<Event>> {
        loop {
            if self.behind {
                self.catch_up().await?;
            }
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            match self.subscription.live.recv().await {
                Ok(event) => return Some(event),
                Err(RecvError::Closed) => return None,
                // The client reads slower than things happen: it goes on from where it was.
                Err(RecvError::Lagged(_)) => {
                    *self = Reader::new(
                        self.app.clone(),
                        std::mem::take(&mut self.params),
                        self.last.take(),
                    );
                }
            }
        }
    }

    /// Reads one batch from the database in front of what the hub remembers. A database out of reach ends the stream: the client comes back.
    async fn catch_up(&mut self) -> Option<()> {
        let after = self.last.clone().unwrap_or_default();
        let batch = match events::after(self.app.db(), &after, BATCH).await {
            Ok(batch) => batch,
            Err(error) => {
                tracing::warn!(%error, "events of the past cannot be read");
                return None;
            }
        };
        let full = i64::try_from(batch.len()).unwrap_or(0) == BATCH;
        let oldest_live = self.waiting.front().map(|event| event.id.clone());
        let reached = batch
            .last()
            .is_some_and(|last| oldest_live.as_ref().is_some_and(|live| last.id >= *live));
        self.behind = full && !reached;
        if self.behind {
            // What the hub gave stands behind the batches to come; it is asked again when they are through.
            self.last = batch
                .last()
                .map(|event| event.id.clone())
                .or_else(|| self.last.take());
        }
        let mut all: VecDeque<Arc<Event>> = batch.into_iter().map(Arc::new).collect();
        all.append(&mut self.waiting);
        self.waiting = all;
        Some(())
    }
}
