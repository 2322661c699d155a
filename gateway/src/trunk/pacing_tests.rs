//! How many legs a trunk takes: no second holds more than the limit, and none of it is lost.

use proptest::prelude::*;

use super::*;

fn pacing(max_cps: u32, max_channels: u32) -> Pacing {
    Pacing::new(Limits {
        max_cps,
        max_channels,
    })
}

#[test]
fn no_burst_after_a_pause() {
    let start = Instant::now();
    let mut p = pacing(10, 0);
    assert_eq!(p.take(start, Side::Target), Ok(()));
    let later = start + 60 * SECOND;
    assert_eq!(p.take(later, Side::Target), Ok(()));
    let next = later + Duration::from_millis(105);
    assert_eq!(p.take(later, Side::Target), Err(NotNow::Until(next)));
    assert_eq!(p.take(next, Side::Target), Ok(()));
}

/// One caller or target after the other as they may; how many of each there were in the second that is looked at.
fn legs_of_a_second(p: &mut Pacing, from: Instant, targets: bool) -> (u32, u32) {
    let (mut callers, mut dialled, mut now) = (0, 0, from);
    while now < from + SECOND {
        // A target asks before a caller does, as the older session.
        if targets && p.take(now, Side::Target).is_ok() {
            dialled += 1;
        }
        if p.take(now, Side::Caller).is_ok() {
            callers += 1;
        }
        now += Duration::from_millis(1);
    }
    (callers, dialled)
}

#[test]
fn callers_have_all_of_a_trunk_until_targets_are_dialled_over_it() {
    let start = Instant::now();
    let mut p = pacing(10, 0);
    assert_eq!(legs_of_a_second(&mut p, start, false), (10, 0));
    // From the first target on, what callers took in the second before counts against their share.
    let (callers, targets) = legs_of_a_second(&mut p, start + SECOND, true);
    assert!(
        targets >= 8 && callers <= 2,
        "{targets} targets, {callers} callers"
    );
    let later = start + 5 * SECOND;
    assert_eq!(
        legs_of_a_second(&mut p, later, false),
        (10, 0),
        "nobody waits for targets that do not come"
    );
}

#[test]
fn a_trunk_that_asked_for_a_pause_gets_nothing_until_it_is_over() {
    let start = Instant::now();
    let (soon, later) = (start + SECOND, start + 20 * SECOND);
    let mut p = pacing(0, 0);
    p.pause(later);
    p.pause(soon);
    for side in [Side::Caller, Side::Target] {
        assert_eq!(p.take(soon, side), Err(NotNow::Paused(later)));
    }
    p.take_inbound(Side::Caller);
    assert_eq!((p.in_use(), p.paused(soon)), (1, Some(later)));
    assert_eq!(p.take(later, Side::Caller), Ok(()));
    assert_eq!(p.paused(later), None);
}

#[test]
fn a_reserved_channel_is_not_for_callers() {
    let now = Instant::now();
    let mut p = pacing(0, 2);
    assert!(p.reserve());
    assert_eq!(p.take(now, Side::Caller), Ok(()));
    assert_eq!(p.take(now, Side::Caller), Err(NotNow::Channels));
    assert!(!p.reserve());
    p.unreserve();
    assert_eq!((p.in_use(), p.held(), p.free()), (1, 1, Some(1)));
    p.release(Side::Caller);
    p.release(Side::Caller);
    assert_eq!((p.in_use(), p.free()), (0, Some(2)));
}

#[test]
fn a_slowed_trunk_is_fed_less_at_once() {
    let now = Instant::now();
    let mut p = pacing(10, 0);
    assert_eq!(p.take(now, Side::Target), Ok(()));
    p.slow_to(Some(Rate::from_millis_per_second(500)));
    assert_eq!(
        p.look(now + SECOND, Side::Target),
        Err(NotNow::Until(now + 2 * (SECOND + GUARD)))
    );
    p.slow_to(None);
    assert_eq!(p.look(now + SECOND, Side::Target), Ok(()));
}

#[test]
fn an_unlimited_trunk_knows_what_it_was_fed() {
    let now = Instant::now();
    let mut p = pacing(0, 0);
    for n in 0..40 {
        assert_eq!(p.take(now + n * Duration::from_millis(50), Side::Target), Ok(()));
    }
    assert_eq!(p.measured(now + 2 * SECOND), Rate::per_second(20));
    assert_eq!(p.measured(now + 10 * SECOND), Rate::per_second(0));
}

proptest! {
    /// Legs are asked for at any times; no second, wherever it is laid, holds more than the limit.
    #[test]
    fn the_limit_holds_over_every_sliding_second(
        cps in 1u32..40,
        asks in prop::collection::vec((0u64..200_000, any::<bool>()), 1..400),
    ) {
        let mut p = pacing(cps, 0);
        let mut now = Instant::now();
        let mut taken: Vec<Instant> = Vec::new();
        for (micros, caller) in asks {
            now += Duration::from_micros(micros);
            let side = if caller { Side::Caller } else { Side::Target };
            if p.take(now, side).is_ok() {
                taken.push(now);
            }
        }
        for (n, from) in taken.iter().enumerate() {
            let within = taken[n..].iter().filter(|at| **at < *from + SECOND + GUARD).count() as u32;
            prop_assert!(within <= cps);
        }
    }

    /// Whoever waits until the time that was named gets the leg, and the whole limit can be used.
    #[test]
    fn waiting_pays(cps in 1u32..200) {
        let mut p = pacing(cps, 0);
        let start = Instant::now();
        let mut now = start;
        let mut taken = 0u32;
        while now < start + 10 * SECOND {
            match p.take(now, Side::Target) {
                Ok(()) => taken += 1,
                Err(NotNow::Until(at)) => now = at,
                Err(why) => prop_assert!(false, "{why:?}, of no limit that was set"),
            }
        }
        prop_assert!((taken + 1) * 105 >= cps * 1_000, "{taken} of {}", cps * 10);
    }

    /// Whoever comes late by a little, however often, costs nothing of the rate.
    #[test]
    fn a_busy_machine_loses_nothing_of_the_rate(cps in 1u32..60, late in prop::collection::vec(0u64..40, 1..50)) {
        let mut p = pacing(cps, 0);
        let start = Instant::now();
        let (mut now, mut taken, mut late) = (start, 0u32, late.iter().cycle());
        while now < start + 10 * SECOND {
            match p.take(now, Side::Caller) {
                Ok(()) => taken += 1,
                Err(NotNow::Until(at)) => now = at + Duration::from_millis(*late.next().expect("a cycle has no end")),
                Err(why) => prop_assert!(false, "{why:?}, of no limit that was set"),
            }
        }
        prop_assert!((taken + 2) * 105 >= cps * 1_000 * 90 / 100, "{taken} of {}", cps * 10);
    }

    #[test]
    fn channels_never_exceed_the_limit(max in 1u32..8, steps in prop::collection::vec(0u8..6, 0..200)) {
        let now = Instant::now();
        let mut p = pacing(0, max);
        for step in steps {
            match step {
                0 => drop(p.take(now, Side::Caller)),
                1 => drop(p.take(now, Side::Target)),
                2 => p.release(Side::Caller),
                3 => p.release(Side::Target),
                4 => drop(p.reserve()),
                _ => p.unreserve(),
            }
            prop_assert!(p.held() <= max);
        }
    }
}
