//! Who may run a speech program now: a few at once, and never two for the same text, so that the second finds the first one's
//! work in the cache.

use std::collections::HashSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Programs that run at once. More would only slow each other, and the calls, down.
const MAX_AT_ONCE: usize = 2;

/// The texts that are being spoken.
#[derive(Debug, Default)]
pub(super) struct Turns {
    speaking: Mutex<HashSet<String>>,
    ended: Condvar,
}

/// The right to speak one text; given back when dropped.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    key: &'a str,
}

impl Turns {
    /// Waits for its turn.
    pub(super) fn take<'a>(&'a self, key: &'a str) -> Turn<'a> {
        let mut speaking = self.lock();
        while speaking.len() >= MAX_AT_ONCE || speaking.contains(key) {
            speaking = self.ended.wait(speaking).unwrap_or_else(PoisonError::into_inner);
        }
        speaking.insert(key.to_owned());
        Turn { turns: self, key }
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.speaking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns.lock().remove(self.key);
        self.turns.ended.notify_all();
    }
}
