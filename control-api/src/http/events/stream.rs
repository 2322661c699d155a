//! GET /v1/events: server-sent events (the HTML standard's event stream), resumed by Last-Event-ID.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event as Sse, KeepAlive, Sse as SseResponse};
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use utoipa::IntoParams;

use super::super::extract::auth::InReach;
use super::super::extract::id::is_id;
use super::super::extract::{Auth, CALLS, OPS, Params, READ};
use super::super::problem::{Kind, Problem};
use super::EventView;
use crate::runtime::App;
use crate::store::events::{self, Event};
use crate::store::grants::{self, Reach, Thing};

/// A line of nothing, so that proxies do not close a quiet stream.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Events read from the database at once for somebody who was away for long.
const BATCH: i64 = 500;

/// Sessions whose campaign is remembered for one client, and for how long.
const MAX_KNOWN: usize = 4_096;
const KNOWN_MS: i64 = 60_000;

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

/// Everything that happens, as it happens; somebody confined to campaigns hears of the sessions of these. Each event has an id; whoever
/// comes back with the header Last-Event-ID gets what it missed.
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
    auth: Auth<{ READ | CALLS | OPS }, InReach>,
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
    let sight = Sight::new(auth.reach().clone());
    let reader = Reader::new(app, params, sight, last_seen);
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
    sight: Sight,
    /// The last event that was passed on, or passed over.
    last: Option<String>,
    /// The client has been away for longer than the hub remembers.
    past: Option<Past>,
    waiting: VecDeque<Arc<Event>>,
    live: Receiver<Arc<Event>>,
}

/// Which events are for a client, by the campaign of their session.
#[derive(Default)]
struct Sight {
    reach: Reach,
    /// What was found of sessions, so that not every event is looked up.
    known: HashMap<String, bool>,
    /// Until when that holds: grants change.
    until: i64,
}

impl Sight {
    fn new(reach: Reach) -> Sight {
        Sight {
            reach,
            ..Sight::default()
        }
    }

    /// `None` when the database is out of reach.
    async fn reaches(&mut self, app: &App, event: &Event) -> Option<bool> {
        if self.reach == Reach::Everything {
            return Some(true);
        }
        // What belongs to no session concerns the whole installation.
        let Some(session) = &event.session_id else {
            return Some(false);
        };
        let now = app.clock().now_ms();
        if now >= self.until || self.known.len() >= MAX_KNOWN {
            self.known.clear();
            self.until = now + KNOWN_MS;
        }
        if let Some(known) = self.known.get(session) {
            return Some(*known);
        }
        let covered = match grants::covers(app.db(), &self.reach, Thing::Session, session).await {
            Ok(covered) => covered,
            Err(error) => {
                tracing::warn!(%error, "whose an event is cannot be read");
                return None;
            }
        };
        self.known.insert(session.clone(), covered);
        Some(covered)
    }
}

/// What is still to be read from the database.
struct Past {
    /// The last event that was read.
    after: String,
    /// What the hub remembered, to follow then. The two overlap.
    then: VecDeque<Arc<Event>>,
}

impl Reader {
    fn new(app: App, params: EventParams, sight: Sight, last: Option<String>) -> Reader {
        let subscription = app.hub().subscribe(last.as_deref());
        let missed = subscription.missed.into();
        let (past, waiting) = match subscription.complete {
            true => (None, missed),
            false => {
                let after = last.clone().unwrap_or_default();
                (Some(Past { after, then: missed }), VecDeque::new())
            }
        };
        Reader {
            app,
            params,
            sight,
            last,
            past,
            waiting,
            live: subscription.live,
        }
    }

    async fn next(&mut self) -> Option<Arc<Event>> {
        loop {
            let event = self.any().await?;
            if self.last.as_deref().is_some_and(|last| event.id.as_str() <= last) {
                continue;
            }
            let wanted = self.params.wants(&event) && self.sight.reaches(&self.app, &event).await?;
            self.last = Some(event.id.clone());
            if wanted {
                return Some(event);
            }
        }
    }

    /// The next event, which may have been passed on before.
    async fn any(&mut self) -> Option<Arc<Event>> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            if let Some(past) = self.past.take() {
                self.read(past).await?;
                continue;
            }
            match self.live.recv().await {
                Ok(event) => return Some(event),
                Err(RecvError::Closed) => return None,
                // The client reads slower than things happen: it goes on from where it was.
                Err(RecvError::Lagged(_)) => {
                    let params = std::mem::take(&mut self.params);
                    let sight = std::mem::take(&mut self.sight);
                    *self = Reader::new(self.app.clone(), params, sight, self.last.take());
                }
            }
        }
    }

    /// Reads one batch from the database. When that is out of reach the stream ends: the client comes back.
    async fn read(&mut self, mut past: Past) -> Option<()> {
        let batch = match events::after(self.app.db(), &past.after, BATCH).await {
            Ok(batch) => batch,
            Err(error) => {
                tracing::warn!(%error, "events of the past cannot be read");
                return None;
            }
        };
        let full = i64::try_from(batch.len()).unwrap_or(0) == BATCH;
        let last = batch.last().map(|event| event.id.clone());
        self.waiting = batch.into_iter().map(Arc::new).collect();
        let reached = match (&last, past.then.front()) {
            (Some(last), Some(first)) => *last >= first.id,
            (None, _) | (_, None) => false,
        };
        match last.filter(|_| full && !reached) {
            Some(last) => self.past = Some(Past { after: last, ..past }),
            None => self.waiting.append(&mut past.then),
        }
        Some(())
    }
}
