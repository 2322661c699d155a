//! End to end: the real program, the real database, and sipp as everybody else. One program; a file for each kind of scenario.

mod acceptance;
mod answered;
mod asked;
mod built_in;
mod caller_leaves;
mod changes;
mod codecs;
mod collisions;
mod console;
mod console_pages;
mod crash;
mod daily;
mod dtmf;
mod embed;
mod embed_companion;
mod embed_form;
mod embed_keys;
mod failover;
mod flow_table;
mod formats;
mod harness_itself;
mod hold;
mod identity;
mod inbound;
mod located;
mod loss;
mod media_moves;
mod not_answered;
mod office_guard;
mod one_copy;
mod one_way;
mod operated;
mod pace;
mod privacy;
mod races;
mod reached;
mod registered;
mod reliable;
mod routing;
mod rush;
mod scanners;
mod speech;
mod srtp;
mod strangers;
mod talking;
mod timers;
mod tls;
mod torture;
mod trunks;

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use trunkline_tests::scenario::Scenario;
use trunkline_tests::sipp::{Setup, Sipp};

/// Longest that a session of these tests may take.
const SESSION: Duration = Duration::from_secs(40);
/// Longest that sipp may take to see the end of its calls after that.
const SIPP: Duration = Duration::from_secs(40);

/// Starts a sipp that takes one call.
fn sipp(folder: &Path, scenario: &Scenario) -> Result<Sipp> {
    sipps(folder, scenario, 1)
}

/// Starts a sipp that takes so many calls.
fn sipps(folder: &Path, scenario: &Scenario, calls: u32) -> Result<Sipp> {
    let file = scenario.write(folder)?;
    let name = file.trim_end_matches(".xml").to_owned();
    Sipp::start(
        folder,
        &Setup {
            name: &name,
            scenario: &file,
            calls: Some(calls),
            ..Setup::default()
        },
    )
}

/// A caller who answers and presses `*` when the intro has been heard; further verbs follow.
fn caller_who_begins() -> Scenario {
    Scenario::answering("caller")
        .ringing()
        .answer()
        .pause(1_500)
        .keys("*")
}

/// A target who answers, talks for so many milliseconds, and hangs up.
fn target_who_talks(ms: u32) -> Scenario {
    Scenario::answering("target")
        .ringing()
        .answer()
        .pause(ms)
        .bye_out()
}
