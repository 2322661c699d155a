//! GET /live: a word whenever something has happened, once a second at most, as server-sent events. The page then asks for itself again,
//! so that what is shown has one source, and nothing is told here that the page would not show.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::sse::{Event as Word, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use super::Console;
use super::door::Visitor;
use crate::http::extract::params::Params;
use crate::runtime::App;
use crate::store::events::Event;

/// Between two words to one page, however much happens.
const GAP: Duration = Duration::from_secs(1);
/// Words after the last event of a while: rows are written behind the events that tell of them, and what is shown comes from the rows.
const LATER: [Duration; 2] = [GAP, Duration::from_secs(5)];
/// So that proxies do not close a quiet stream.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The route.
pub(super) fn routes() -> Router<Console> {
    Router::new().route("/live", get(live))
}

/// Of what the page wants to hear.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Only of this session.
    session: Option<String>,
}

async fn live(_: Visitor, State(app): State<App>, Params(wanted): Params<Wanted>) -> Response {
    Sse::new(words(&app, wanted))
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response()
}

fn words(app: &App, wanted: Wanted) -> impl Stream<Item = Result<Word, Infallible>> + use<> {
    let ear = Ear {
        live: app.hub().subscribe(None).live,
        wanted,
        said: LATER.len(),
        spoke: false,
    };
    stream::unfold(ear, |mut ear| async move {
        ear.hear().await?;
        Some((Ok(Word::default().data("changed")), ear))
    })
}

struct Ear {
    live: Receiver<Arc<Event>>,
    wanted: Wanted,
    spoke: bool,
    /// How many of the words of [`LATER`] have been said since the last event.
    said: usize,
}

impl Ear {
    /// Waits until there is a word to say; `None` when there will be nothing more. What comes within the gap is told once.
    async fn hear(&mut self) -> Option<()> {
        if self.spoke {
            tokio::time::sleep(GAP).await;
        }
        self.spoke = true;
        if self.drained()? {
            self.said = 0;
            return Some(());
        }
        let happened = match LATER.get(self.said) {
            Some(later) => tokio::time::timeout(*later, self.something()).await,
            None => Ok(self.something().await),
        };
        match happened {
            Ok(event) => {
                event?;
                self.said = 0;
            }
            Err(_) => self.said += 1,
        }
        Some(())
    }

    /// Whether something that matters has come meanwhile.
    fn drained(&mut self) -> Option<bool> {
        loop {
            match self.live.try_recv() {
                Ok(event) if !self.matters(&event) => {}
                Ok(_) | Err(TryRecvError::Lagged(_)) => {
                    self.live = self.live.resubscribe();
                    return Some(true);
                }
                Err(TryRecvError::Closed) => return None,
                Err(TryRecvError::Empty) => return Some(false),
            }
        }
    }

    /// The next that matters.
    async fn something(&mut self) -> Option<()> {
        loop {
            match self.live.recv().await {
                Ok(event) if !self.matters(&event) => {}
                Ok(_) | Err(RecvError::Lagged(_)) => return Some(()),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    fn matters(&self, event: &Event) -> bool {
        match &self.wanted.session {
            Some(session) => event.session_id.as_ref() == Some(session),
            None => true,
        }
    }
}
