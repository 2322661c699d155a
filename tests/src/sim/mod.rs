//! The whole gateway in a world made from one seed: two carriers with people behind them, a link that loses, delays, repeats and
//! reorders, a media engine on paper, and a clock that jumps. Thousands of calls pass in seconds, and each run repeats exactly.
//!
//! ```text
//!            datagrams                       orders, events
//! Carrier ◄───────────► Link ◄──► World ──► Gateway ◄──────► Engine
//!  (people at random)               └── Witness: what must hold at every message and at the end
//! ```

mod carrier;
mod engine;
mod people;
mod witness;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

pub use world::Report;

/// What kind of world it is.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Sessions that ring their caller.
    pub sessions: usize,
    /// Calls to our number.
    pub calls_in: usize,
    /// They all begin within this time.
    pub within: Duration,
    /// Share of datagrams that are lost.
    pub loss: f64,
    /// Share of datagrams that arrive twice.
    pub duplicates: f64,
    /// Every datagram is under way for up to this long.
    pub delay: Duration,
    /// The first carrier says nothing for a while, now and then.
    pub silence: bool,
    /// Share of far ends that stop in the middle of a call, without a word.
    pub vanish: f64,
    /// How often the gateway is killed and started again.
    pub crashes: usize,
}

impl Default for Setting {
    fn default() -> Setting {
        Setting {
            sessions: 100,
            calls_in: 30,
            within: Duration::from_secs(120),
            loss: 0.0,
            duplicates: 0.0,
            delay: Duration::from_millis(40),
            silence: false,
            vanish: 0.0,
            crashes: 0,
        }
    }
}

/// The variable that reruns one seed.
pub const SEED_VARIABLE: &str = "TRUNKLINE_SIM_SEED";

/// Lives through the world of each seed, or of the one that `TRUNKLINE_SIM_SEED` names. Panics with the seed in its message.
pub fn run(seeds: std::ops::Range<u64>, setting: &Setting) -> Report {
    let only = std::env::var(SEED_VARIABLE)
        .ok()
        .map(|text| text.parse().expect("a seed is a number"));
    let seeds = only.map_or(seeds, |seed: u64| seed..seed + 1);
    let mut all = Report::default();
    for seed in seeds {
        let lived = catch_unwind(AssertUnwindSafe(|| world::World::new(seed, setting).live()));
        match lived {
            Ok(report) => all.add(&report),
            Err(_) => panic!("this world fails: {SEED_VARIABLE}={seed}"),
        }
    }
    all
}
