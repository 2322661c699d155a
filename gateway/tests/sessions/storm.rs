//! What no transcript thinks of: every short sequence of events, and long random ones over a wire that loses, delays, repeats and
//! reorders. Whatever happens, every leg is closed, every port comes back, and every leg has one CDR.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::rig::{PERFECT, Rig, Wire};
use crate::words::say;

const WORDS: [&str; 22] = [
    "caller rings",
    "caller answers",
    "caller busy",
    "caller hangs up",
    "caller presses 1",
    "caller presses *",
    "caller falls silent",
    "caller holds",
    "target rings",
    "target early",
    "target answers",
    "target busy",
    "target says 503",
    "target hangs up",
    "target falls silent",
    "target2 answers",
    "target2 hangs up",
    "played",
    "wait 1s",
    "wait 11s",
    "wait 61s",
    "hang up",
];

/// Runs words; on failure says which.
fn run(seed: u64, wire: Wire, words: &[&str]) {
    let ran = catch_unwind(AssertUnwindSafe(|| {
        let mut rig = Rig::new(seed, wire);
        for word in words {
            say(&mut rig, word);
        }
        rig.finish();
    }));
    assert!(ran.is_ok(), "seed {seed}: {words:?}");
}

/// Every sequence of so many words after a beginning.
fn exhaust(beginning: &[&str], length: u32) {
    let total = WORDS.len().pow(length);
    for n in 0..total {
        let mut words = beginning.to_vec();
        let mut rest = n;
        for _ in 0..length {
            words.push(WORDS[rest % WORDS.len()]);
            rest /= WORDS.len();
        }
        run(7, PERFECT, &words);
    }
}

#[test]
fn every_sequence_of_two_after_the_dial() {
    exhaust(&["dial"], 2);
}

#[test]
fn every_sequence_of_two_with_a_caller_on_the_line() {
    exhaust(&["dial", "caller answers"], 2);
}

#[test]
fn every_sequence_of_two_while_the_target_is_rung() {
    exhaust(&["dial", "caller answers", "caller presses 1"], 2);
}

#[test]
fn every_sequence_of_two_with_everybody_on_the_line() {
    exhaust(
        &["dial", "caller answers", "caller presses 1", "target answers"],
        2,
    );
}

#[test]
fn every_sequence_of_two_while_nothing_arrives() {
    exhaust(
        &[
            "dial",
            "caller answers",
            "caller presses 1",
            "target rings",
            "wire holds",
        ],
        2,
    );
}

#[test]
fn every_sequence_of_two_after_an_inbound_call() {
    exhaust(&["caller calls"], 2);
}

#[test]
fn sessions_over_a_bad_wire() {
    const SESSIONS: u64 = 300;
    let wire = Wire {
        delay: Duration::from_millis(20),
        jitter: Duration::from_millis(80),
        loss: 0.1,
        twice: 0.05,
    };
    for seed in 0..SESSIONS {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut words = vec![if rng.random_bool(0.8) {
            "dial"
        } else {
            "caller calls"
        }];
        for _ in 0..rng.random_range(0..20) {
            words.push(WORDS[rng.random_range(0..WORDS.len())]);
            words.push(["wait 100ms", "wait 1s", "wait 300ms"][rng.random_range(0..3)]);
        }
        run(seed, wire, &words);
    }
}
