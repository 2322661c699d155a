//! Everything that happened, written down: gateway events become rows, in order, and wait in memory while the database is away.
//!
//! ```text
//! gateway event ─► translate ─► Buffer (ordered, bounded) ─► writer: one batch, tried until it is kept ─► CdrStored
//!                     └─► hub: dashboards hear it at once
//! ```

mod apply;
mod buffer;
mod translate;

use std::sync::Arc;
use std::time::Duration;

use trunkline_gateway::command::Command;
use trunkline_gateway::event::Event;
use trunkline_gateway::ids::CampaignId;

use super::App;
use crate::daily;
use crate::store::{StoreError, cdrs, events};
use buffer::Buffer;
pub(crate) use translate::Write;
use translate::translate;

/// First wait after the database refused; doubled up to [`MAX_RETRY`].
const RETRY: Duration = Duration::from_millis(100);
/// Longest wait between two tries: the database is back for at most so long before we use it.
const MAX_RETRY: Duration = Duration::from_secs(2);
/// Writes taken at once: the more wait, the more of them share a flush of the disk.
const BATCH: usize = 512;

/// Takes what happened. Cheap to clone; every clone writes in the same order.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    buffer: Arc<Buffer>,
}

impl Recorder {
    pub(crate) fn new() -> Recorder {
        Recorder {
            buffer: Arc::new(Buffer::default()),
        }
    }

    /// Keeps what an event means and tells it to dashboards. `campaign` is that of the event's session, when it is known.
    pub(crate) fn note(&self, app: &App, event: &Event, campaign: Option<CampaignId>) {
        let translated = translate(event, campaign, app.clock());
        for write in translated.writes {
            self.buffer.push(write);
        }
        if let Some(told) = translated.told {
            app.hub().publish(told);
        }
    }

    /// Writes, for ever; drop the task to end it.
    pub(crate) async fn run(self, app: App) {
        let mut wait = RETRY;
        loop {
            let batch = self.buffer.take(BATCH).await;
            let mut left = batch;
            loop {
                left = self.write(&app, left).await;
                if left.is_empty() {
                    wait = RETRY;
                    break;
                }
                tracing::warn!(
                    waiting = left.len() + self.buffer.len(),
                    "the database does not take what happened; trying again"
                );
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(MAX_RETRY);
            }
            self.buffer.done();
        }
    }

    /// Waits until everything noted so far is written.
    pub(crate) async fn flushed(&self) {
        self.buffer.empty().await;
    }

    /// How many writes wait.
    pub(crate) fn waiting(&self) -> usize {
        self.buffer.len()
    }

    /// Writes a batch and answers what the database did not take.
    async fn write(&self, app: &App, batch: Vec<Write>) -> Vec<Write> {
        let (mut rows, mut keyed) = (Vec::new(), Vec::new());
        let (mut records, mut traces) = (Vec::new(), Vec::new());
        let (mut told, mut ends) = (Vec::new(), Vec::new());
        for write in batch {
            match write {
                Write::Cdr(cdr) => records.push(*cdr),
                Write::Trace(trace) => traces.push(*trace),
                Write::Keyed(key) => keyed.push(key),
                Write::Told(event) => told.push(event),
                end @ Write::SessionEnded { .. } => ends.push(end),
                row @ (Write::Step { .. }
                | Write::NotStarted { .. }
                | Write::CallStarted(_)
                | Write::CallStatus { .. }
                | Write::CallEnded { .. }) => rows.push(row),
            }
        }
        // The timeline first: it is in order, since ends bring their own events with their rows.
        let timeline = events::append(app.db(), &told).await;
        let mut left = apply::rows(app.db(), rows).await;
        for key in keyed {
            match daily::keyed(app, &key).await {
                Ok(()) => {}
                Err(error) if is_passing(&error) => left.push(Write::Keyed(key)),
                Err(error) => {
                    tracing::error!(%error, session.id = key.session, "a key about daily calls had no effect");
                }
            }
        }
        let kept = cdrs::keep(app.db(), &records, &traces).await;
        match kept {
            Ok(()) => stored(app, &records),
            Err(error) if is_passing(&error) => {
                left.extend(traces.into_iter().map(|t| Write::Trace(Box::new(t))));
                left.extend(records.into_iter().map(|r| Write::Cdr(Box::new(r))));
            }
            Err(error) => tracing::error!(%error, "records stay in the journal: the database refuses them"),
        }
        // Last: whoever sees that a session is over finds the records of all its legs.
        if left.is_empty() {
            left = apply::rows(app.db(), ends).await;
        } else {
            left.extend(ends);
        }
        match timeline {
            Ok(()) => {}
            Err(error) if is_passing(&error) => left.extend(told.into_iter().map(Write::Told)),
            Err(error) => tracing::error!(%error, "events are lost: the database refuses them"),
        }
        left
    }
}

/// Tells the gateway that these may leave its journal. When it does not hear that, it offers them again, which does no harm.
fn stored(app: &App, records: &[trunkline_gateway::cdr::Cdr]) {
    for record in records {
        let _full_or_gone = app.gateway().send(Command::CdrStored { leg: record.id });
    }
}

/// Trying again can help.
fn is_passing(error: &StoreError) -> bool {
    match error {
        StoreError::Busy(_) => true,
        StoreError::NotFound
        | StoreError::Conflict { .. }
        | StoreError::Reference
        | StoreError::Broken(_) => false,
    }
}

#[cfg(test)]
mod tests;
