//! Two carriers on one wire, with a jumping clock: somebody at one calls somebody at the other.

use std::time::Duration;

use trunkline_media::tone::heard_ms;

use super::*;
use crate::carrier::persona::{Caller, FRAME};
use crate::carrier::voice::{CALLER_HZ, TARGET_HZ};

const HOME: &str = "127.0.0.1:5001";
const AWAY: &str = "127.0.0.1:5002";

/// What happened in so many seconds after the call, one line each, with the last recordings of both sides.
fn day(habit: Habit, number: &str, seconds: u64) -> (Vec<String>, Recording, Recording) {
    let mut book = Book::default();
    book.add("+1 202 555 0171", habit, TARGET_HZ);
    let address = |text: &str| text.parse::<SocketAddr>().expect("an address");
    let mut exchanges = [
        Exchange::new(address(HOME), Book::default(), 1),
        Exchange::new(address(AWAY), book, 2),
    ];
    exchanges[0].ear = Ear::new(vec![TARGET_HZ]);
    exchanges[0].call(Call {
        gateway: address(AWAY),
        to: number.to_owned(),
        from: "+12025550123".to_owned(),
        habit: Habit::Caller(Caller {
            // The pause between two syllables will do.
            quiet: FRAME,
            hang_up_after: Some(1),
            ..Caller::default()
        }),
        hz: CALLER_HZ,
    });
    let mut now = crate::carrier::io::clock();
    let end = now + Duration::from_secs(seconds);
    let mut lines = Vec::new();
    let mut recordings = [Recording::default(), Recording::default()];
    let mut ports = 4_000;
    while now < end {
        for exchange in &mut exchanges {
            exchange.handle_input(now, Input::Timeout);
            exchange.handle_input(now, Input::Frame);
        }
        settle(&mut exchanges, now, &mut ports, &mut |side, happened| {
            let name = ["caller", "target"][side];
            match happened.what {
                What::Ended(recording) => {
                    lines.push(format!("{name} ended"));
                    recordings[side] = recording;
                }
                what @ (What::Rings(_) | What::Answered | What::Pressed(_) | What::Refused(_)) => {
                    lines.push(format!("{name} {what:?}"))
                }
            }
        });
        now += FRAME;
    }
    assert_eq!(
        exchanges.iter().map(Exchange::calls).sum::<usize>(),
        0,
        "calls are left over"
    );
    let [caller, target] = recordings;
    (lines, caller, target)
}

/// Carries everything to where it belongs until nobody has anything more to say at this moment.
fn settle(
    exchanges: &mut [Exchange; 2],
    now: Instant,
    ports: &mut u16,
    tell: &mut dyn FnMut(usize, Happened),
) {
    loop {
        let mut moved = false;
        for side in 0..2 {
            loop {
                let other = 1 - side;
                match exchanges[side].poll_output(now) {
                    Output::Transmit { bytes, .. } => {
                        let from = exchanges[side].local;
                        exchanges[other].handle_input(now, Input::Sip { from, bytes });
                    }
                    Output::WantPort { leg } => {
                        *ports += 2;
                        let address = Some(SocketAddr::from(([127, 0, 0, 1], *ports)));
                        exchanges[side].handle_input(now, Input::Port { leg, address });
                    }
                    Output::Rtp { bytes, .. } => {
                        let legs: Vec<LegId> = exchanges[other].legs.keys().copied().collect();
                        for leg in legs {
                            exchanges[other].handle_input(
                                now,
                                Input::Rtp {
                                    leg,
                                    bytes: bytes.clone(),
                                },
                            );
                        }
                    }
                    Output::Happened(happened) => tell(side, happened),
                    Output::Closed { .. } => {}
                    Output::Timeout(_) => break,
                }
                moved = true;
            }
        }
        if !moved {
            return;
        }
    }
}

#[test]
fn they_talk_and_the_caller_presses_and_hangs_up() {
    let ring = Duration::from_secs(1);
    let (lines, caller, target) = day(Habit::Answers { ring, talk: None }, "12025550171", 60);
    assert_eq!(
        lines,
        [
            "target Rings(\"+12025550123\")",
            "target Answered",
            "caller Answered",
            "caller Pressed(*)",
            "target ended",
            "caller ended"
        ]
    );
    assert!(heard_ms(&caller.heard, TARGET_HZ, 2_000.0) > 2_000);
    assert!(heard_ms(&target.heard, CALLER_HZ, 2_000.0) > 2_000);
    assert_eq!(target.digits, [Digit::STAR]);
}

#[test]
fn a_target_hangs_up() {
    let ring = Duration::from_secs(1);
    let (lines, ..) = day(
        Habit::Answers {
            ring,
            talk: Some(ring),
        },
        "12025550171",
        60,
    );
    assert_eq!(lines[lines.len() - 2..], ["caller ended", "target ended"]);
}

#[test]
fn busy_and_unknown_numbers() {
    let (lines, ..) = day(Habit::Busy, "+12025550171", 60);
    assert_eq!(
        lines,
        [
            "target Rings(\"+12025550123\")",
            "target Refused(486)",
            "target ended",
            "caller ended"
        ]
    );
    let (lines, ..) = day(Habit::Busy, "+12025550199", 60);
    assert_eq!(lines, ["caller ended"]);
}

#[test]
fn numbers_are_found_however_they_are_dialled() {
    let mut book = Book::default();
    book.add("+12025550171", Habit::Busy, 1.0);
    for (dialled, found) in [
        ("+12025550171", true),
        ("12025550171", true),
        ("99#12025550171", true),
        ("2025550171", false),
        ("", false),
    ] {
        assert_eq!(book.find(dialled).is_some(), found, "{dialled}");
    }
}
