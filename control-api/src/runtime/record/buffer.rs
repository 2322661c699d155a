//! Writes that wait, in order. Bounded: when the database is away for long, the timeline is what goes, never a status or a record.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::translate::Write;

/// From so many waiting writes on, events of the timeline and traces are let go.
const MAX_WITH_TIMELINE: usize = 65_536;
/// Most waiting writes of any kind. Without a database no session starts, so what can come is what the running ones still do.
const MAX: usize = 1_048_576;

/// The buffer.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    state: Mutex<State>,
    came: Notify,
    emptied: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Write>,
    taken: usize,
    dropped: u64,
}

impl Buffer {
    pub(super) fn push(&self, write: Write) {
        let mut state = self.lock();
        let room = if matches!(write, Write::Told(_) | Write::Trace(_)) {
            MAX_WITH_TIMELINE
        } else {
            MAX
        };
        if state.waiting.len() >= room {
            state.dropped += 1;
            // A record that is let go here comes again from the journal.
            if state.dropped.is_power_of_two() {
                tracing::error!(
                    dropped = state.dropped,
                    "too much waits for the database; the timeline has gaps"
                );
            }
            return;
        }
        state.waiting.push_back(write);
        drop(state);
        self.came.notify_one();
    }

    /// Waits for something and takes up to `most`. Only one may take at a time; it says [`Buffer::done`] when these are written.
    pub(super) async fn take(&self, most: usize) -> Vec<Write> {
        loop {
            {
                let mut state = self.lock();
                if !state.waiting.is_empty() {
                    let count = most.min(state.waiting.len());
                    state.taken = count;
                    return state.waiting.drain(..count).collect();
                }
            }
            self.came.notified().await;
        }
    }

    pub(super) fn done(&self) {
        let mut state = self.lock();
        state.taken = 0;
        if state.waiting.is_empty() {
            drop(state);
            self.emptied.notify_waiters();
        }
    }

    /// Waits until nothing is waiting or being written.
    pub(super) async fn empty(&self) {
        loop {
            let emptied = self.emptied.notified();
            tokio::pin!(emptied);
            emptied.as_mut().enable();
            if self.len() == 0 {
                return;
            }
            emptied.await;
        }
    }

    pub(super) fn len(&self) -> usize {
        let state = self.lock();
        state.waiting.len() + state.taken
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
