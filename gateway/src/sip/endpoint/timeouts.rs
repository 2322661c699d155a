//! Everybody's next deadline in one queue, in order of time and, within one instant, in the order in which they were set:
//! a run with the same seed and the same input is the same run.

use std::collections::BTreeMap;
use std::time::Instant;

/// Where a holder's deadline stands in the queue.
pub(crate) type Slot = Option<(Instant, u64)>;

/// The queue. `K` names the holder.
pub(super) struct Timeouts<K> {
    queue: BTreeMap<(Instant, u64), K>,
    count: u64,
}

impl<K> Default for Timeouts<K> {
    fn default() -> Timeouts<K> {
        Timeouts {
            queue: BTreeMap::new(),
            count: 0,
        }
    }
}

impl<K> Timeouts<K> {
    /// Moves the deadline of `key`, whose present place is `slot`, to `at`.
    pub(super) fn schedule(&mut self, slot: &mut Slot, key: K, at: Option<Instant>) {
        if slot.map(|(at, _)| at) == at && slot.is_some_and(|place| self.queue.contains_key(&place)) {
            return;
        }
        if let Some(place) = slot.take() {
            self.queue.remove(&place);
        }
        if let Some(at) = at {
            self.count += 1;
            self.queue.insert((at, self.count), key);
            *slot = Some((at, self.count));
        }
    }

    /// Takes who is due at `now`, the longest due first.
    pub(super) fn due(&mut self, now: Instant) -> Option<K> {
        let first = self.queue.first_entry().filter(|first| first.key().0 <= now)?;
        Some(first.remove())
    }

    /// The next deadline.
    pub(super) fn next(&self) -> Option<Instant> {
        self.queue.first_key_value().map(|((at, _), _)| *at)
    }
}
