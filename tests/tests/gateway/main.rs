//! The gateway alone, without database and HTTP: a flow of the test's own, sipp as caller and target, real media.

mod steady;
mod unheard;

use std::ops::RangeInclusive;
use std::path::Path;

use anyhow::Result;
use trunkline_tests::ports;
use trunkline_tests::scenario::Scenario;
use trunkline_tests::sipp::{Setup, Sipp};

fn sipps(folder: &Path, name: &str, scenario: &Scenario, calls: u32) -> Result<Sipp> {
    let file = scenario.write(folder)?;
    Sipp::start(
        folder,
        &Setup {
            name,
            scenario: &file,
            calls: Some(calls),
            ..Setup::default()
        },
    )
}

fn rtp(count: u16) -> RangeInclusive<u16> {
    let first = ports::free(count);
    first..=first + count - 1
}
