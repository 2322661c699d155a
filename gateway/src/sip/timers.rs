//! The timers of one machine: at most one deadline per name, taken in order of time, then of name. Which timers there are
//! and when each fires is said by the enum of the machine that owns them.

use std::time::Instant;

/// Deadlines by name. A machine has a handful at most, so a list is the quickest map.
#[derive(Clone, Debug)]
pub(crate) struct Timers<T> {
    set: Vec<(Instant, T)>,
}

impl<T> Default for Timers<T> {
    fn default() -> Timers<T> {
        Timers { set: Vec::new() }
    }
}

impl<T: Copy + Ord> Timers<T> {
    /// Fires `timer` at `at`; an earlier deadline of the same name is forgotten.
    pub(crate) fn set(&mut self, timer: T, at: Instant) {
        self.stop(timer);
        self.set.push((at, timer));
    }

    /// Forgets `timer`.
    pub(crate) fn stop(&mut self, timer: T) {
        self.set.retain(|(_, t)| *t != timer);
    }

    /// Forgets all of them.
    pub(crate) fn clear(&mut self) {
        self.set.clear();
    }

    /// The next deadline.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.set.iter().map(|(at, _)| *at).min()
    }

    /// Takes the first timer that is due at `now`.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<T> {
        let (index, _) = self
            .set
            .iter()
            .enumerate()
            .filter(|(_, (at, _))| *at <= now)
            .min_by_key(|(_, due)| **due)?;
        Some(self.set.swap_remove(index).1)
    }
}
