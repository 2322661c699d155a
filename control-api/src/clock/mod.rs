//! The one place where control-api reads the time, and where ids are made from it. Tests move the clock by hand.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use trunkline_gateway::ids::Sequence;
use uuid::Uuid;

/// Wall time, monotonic time and ids. Cheap to clone; every clone is the same clock.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    source: Source,
    ids: Mutex<Ids>,
}

#[derive(Debug)]
enum Source {
    System,
    Moving {
        start: Instant,
        wall_start_ms: i64,
        passed_ms: AtomicI64,
        jumped_ms: AtomicI64,
    },
}

#[derive(Debug)]
struct Ids {
    rng: ChaCha8Rng,
    sequence: Sequence,
}

impl Clock {
    /// The machine's clock. `seed` makes the random part of ids and should come from the system's randomness.
    pub fn system(seed: u64) -> Clock {
        Clock::new(Source::System, seed)
    }

    /// A clock that stands still until it is moved, at `wall_ms` since 1970. For tests.
    pub fn moving(wall_ms: i64, seed: u64) -> Clock {
        let start = monotonic();
        let source = Source::Moving {
            start,
            wall_start_ms: wall_ms,
            passed_ms: AtomicI64::new(0),
            jumped_ms: AtomicI64::new(0),
        };
        Clock::new(source, seed)
    }

    fn new(source: Source, seed: u64) -> Clock {
        let ids = Ids {
            rng: ChaCha8Rng::seed_from_u64(seed),
            sequence: Sequence::default(),
        };
        Clock(Arc::new(Inner {
            source,
            ids: Mutex::new(ids),
        }))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn now_ms(&self) -> i64 {
        match &self.0.source {
            Source::System => wall_ms(),
            Source::Moving {
                wall_start_ms,
                passed_ms,
                jumped_ms,
                ..
            } => wall_start_ms + passed_ms.load(Ordering::SeqCst) + jumped_ms.load(Ordering::SeqCst),
        }
    }

    /// Monotonic time.
    pub fn now(&self) -> Instant {
        match &self.0.source {
            Source::System => monotonic(),
            Source::Moving { start, passed_ms, .. } => {
                let passed = u64::try_from(passed_ms.load(Ordering::SeqCst)).unwrap_or(0);
                *start + Duration::from_millis(passed)
            }
        }
    }

    /// Lets time pass on a moving clock; the machine's clock passes by itself.
    pub fn advance(&self, by: Duration) {
        if let Source::Moving { passed_ms, .. } = &self.0.source {
            passed_ms.fetch_add(
                i64::try_from(by.as_millis()).unwrap_or(i64::MAX),
                Ordering::SeqCst,
            );
        }
    }

    /// Sets a moving clock's wall time forward or back, as an administrator or NTP does; monotonic time goes on untouched.
    pub fn jump_ms(&self, by: i64) {
        if let Source::Moving { jumped_ms, .. } = &self.0.source {
            jumped_ms.fetch_add(by, Ordering::SeqCst);
        }
    }

    /// A new id: UUID version 7 (RFC 9562 section 5.7) whose ids of one process sort in the order they were made, a clock set back or not.
    pub fn new_id(&self) -> Uuid {
        let now_ms = u64::try_from(self.now_ms()).unwrap_or(0);
        let mut ids = self.0.ids.lock().unwrap_or_else(PoisonError::into_inner);
        let Ids { rng, sequence } = &mut *ids;
        sequence.next(now_ms, rng)
    }
}

#[expect(clippy::disallowed_methods, reason = "the single wall clock of the process")]
fn wall_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[expect(clippy::disallowed_methods, reason = "control-api's single monotonic clock")]
fn monotonic() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_in_the_order_they_were_made() {
        let clock = Clock::moving(1_700_000_000_000, 1);
        let mut ids: Vec<String> = (0..10_000).map(|_| clock.new_id().to_string()).collect();
        clock.jump_ms(-3_600_000);
        ids.extend((0..100).map(|_| clock.new_id().to_string()));
        clock.jump_ms(7_200_000);
        ids.push(clock.new_id().to_string());
        let mut sorted = ids.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(ids, sorted);
        assert_eq!(clock.new_id().get_version_num(), 7);
    }

    #[test]
    fn a_jump_of_the_wall_clock_leaves_monotonic_time_alone() {
        let clock = Clock::moving(1_000, 1);
        let start = clock.now();
        clock.advance(Duration::from_secs(2));
        clock.jump_ms(-5_000);
        assert_eq!(clock.now_ms(), -2_000);
        assert_eq!(clock.now() - start, Duration::from_secs(2));
    }
}
