//! Who watches the engines: this program's clock and its metrics.

use std::time::{Duration, Instant};

use trunkline_prompts::tts::{Outcome, Watch};

use crate::clock::Clock;
use crate::metrics::Metrics;

/// A clock, and metrics that count.
pub(crate) struct Watcher {
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
}

impl Watch for Watcher {
    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn asked(&self, engine: &'static str, outcome: Outcome, took: Duration) {
        self.metrics.spoke(engine, outcome, took);
    }
}
