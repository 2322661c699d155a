//! The seeded simulation: whatever the people, the link and the operating system do, every call ends, every leg gets its BYE or
//! CANCEL, every port comes back, and every leg has one CDR. `TRUNKLINE_SIM_SEED=n` reruns one world.

use std::time::Duration;

use trunkline_tests::sim::{Setting, run};

/// Most of what people do gets an answer; a world in which nothing happens would prove nothing.
fn check(seeds: std::ops::Range<u64>, setting: &Setting) {
    let report = run(seeds, setting);
    println!("{report:?}");
    assert!(report.legs >= report.sessions, "sessions have legs: {report:?}");
    assert!(
        report.answered * 3 > report.legs,
        "a third of them is answered: {report:?}"
    );
    assert!(
        report.streams >= report.answered,
        "who talks has a stream: {report:?}"
    );
}

#[test]
fn over_a_good_link() {
    check(0..6, &Setting::default());
}

#[test]
fn over_a_link_that_loses_a_tenth_and_repeats_and_reorders() {
    let setting = Setting {
        loss: 0.1,
        duplicates: 0.05,
        delay: Duration::from_millis(300),
        ..Setting::default()
    };
    check(1000..1006, &setting);
}

#[test]
fn with_a_carrier_that_falls_silent_and_far_ends_that_vanish() {
    let setting = Setting {
        loss: 0.02,
        silence: true,
        vanish: 0.2,
        ..Setting::default()
    };
    check(2000..2006, &setting);
}

#[test]
fn with_a_node_that_is_killed() {
    let setting = Setting {
        crashes: 3,
        loss: 0.02,
        ..Setting::default()
    };
    let report = run(3000..3006, &setting);
    assert!(report.legs > 0, "{report:?}");
}

#[test]
fn a_rush_of_calls() {
    let setting = Setting {
        sessions: 600,
        calls_in: 200,
        within: Duration::from_secs(20),
        ..Setting::default()
    };
    check(4000..4001, &setting);
}

#[test]
fn the_same_seed_is_the_same_world() {
    let setting = Setting {
        sessions: 20,
        calls_in: 10,
        loss: 0.1,
        vanish: 0.1,
        ..Setting::default()
    };
    assert_eq!(run(5000..5002, &setting), run(5000..5002, &setting));
}
