//! Who may be dialled, step by step as text: two trunks, one for callers and one for targets.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use trunkline_gateway::trunk::snapshot::{Route, RouteTrunk, Server, Trunk};
use uuid::Uuid;

use super::*;

fn trunk(n: u128, max_channels: u32, max_cps: u32) -> Arc<Trunk> {
    Arc::new(Trunk {
        servers: vec![Server::alone(vec![([192, 0, 2, 1], 5060).into()])],
        max_channels,
        max_cps,
        ..Trunk::new(TrunkId(Uuid::from_u128(n)), &format!("trunk {n}"), "192.0.2.1")
    })
}

fn route(n: u128, prefix: &str, trunk: u128) -> Route {
    Route {
        id: RouteId(Uuid::from_u128(n)),
        name: prefix.into(),
        prefixes: vec![prefix.into()],
        campaign: None,
        trunks: vec![RouteTrunk {
            trunk: TrunkId(Uuid::from_u128(trunk)),
            priority: 1,
            cost: 0,
            weight: 1,
        }],
        countries: vec![],
        windows: vec![],
        stop_codes: vec![],
    }
}

/// Callers in +1202 over trunk 1, targets in +1303 over trunk 2.
fn snapshot(callers: (u32, u32), targets: (u32, u32)) -> Snapshot {
    Snapshot {
        trunks: vec![trunk(1, callers.0, callers.1), trunk(2, targets.0, targets.1)],
        routes: vec![route(1, "+1202", 1), route(2, "+1303", 2)],
        numbers: vec![],
    }
}

fn wanted(session: u128, caller: &str, target: Option<&str>) -> Wanted {
    let phone = |text: &str| Phone::new(text).expect("a number");
    Wanted {
        session: SessionId(Uuid::from_u128(session)),
        campaign: CampaignId(Uuid::from_u128(1)),
        caller: phone(caller),
        target: target.map(phone),
        at: 0,
    }
}

/// Each line is `MS admit SESSION` or `MS end SESSION`, and what comes of it.
#[expect(
    clippy::disallowed_methods,
    reason = "a starting point for a clock that the test moves"
)]
fn check(snapshot: &Snapshot, lines: &[(&str, &str)]) {
    let start = Instant::now();
    let (mut ledger, mut rng) = (Ledger::default(), ChaCha8Rng::seed_from_u64(1));
    let status = GatewayStatus::default();
    for (line, expect) in lines {
        let words: Vec<&str> = line.split(' ').collect();
        let now = start + Duration::from_millis(words[0].parse().expect("milliseconds"));
        let session: u128 = words[2].parse().expect("a session");
        let came = match words[1] {
            "admit" => {
                let wanted = wanted(session, "+12025550123", Some("+13035550100"));
                match ledger.admit(now, snapshot, &status, &wanted, &mut rng) {
                    Admission::Now => "now".to_owned(),
                    Admission::Later { .. } => "later".to_owned(),
                    Admission::At { at, .. } => format!("at {}", (at - start).as_millis()),
                    Admission::NoTrunk => "no trunk".to_owned(),
                }
            }
            "end" => {
                ledger.release(SessionId(Uuid::from_u128(session)));
                "ok".to_owned()
            }
            other => panic!("no step {other}"),
        };
        assert_eq!(came, *expect, "{line}");
    }
}

#[test]
fn nobody_is_dialled_without_a_channel_for_the_targets() {
    check(
        &snapshot((0, 0), (2, 0)),
        &[
            ("0 admit 1", "now"),
            ("0 admit 2", "now"),
            ("0 admit 3", "later"),
            ("0 end 2", "ok"),
            ("0 end 2", "ok"),
            ("0 admit 3", "now"),
            ("0 admit 4", "later"),
        ],
    );
}

#[test]
fn nobody_is_dialled_without_a_channel_of_their_own_and_the_targets_stays_free() {
    check(
        &snapshot((1, 0), (2, 0)),
        &[
            ("0 admit 1", "now"),
            ("0 admit 2", "later"),
            ("0 end 1", "ok"),
            ("0 admit 2", "now"),
        ],
    );
}

#[test]
fn callers_leave_at_the_trunks_pace() {
    check(
        &snapshot((0, 10), (0, 1)),
        &[
            ("0 admit 1", "now"),
            ("0 admit 2", "at 105"),
            ("104 admit 2", "at 105"),
            ("105 admit 2", "now"),
        ],
    );
}

#[test]
fn without_a_route_or_a_trunk_that_works_nobody_is_dialled() {
    let mut no_route = snapshot((0, 0), (0, 0));
    no_route.routes.pop();
    check(&no_route, &[("0 admit 1", "no trunk")]);
    let mut off = snapshot((0, 0), (0, 0));
    Arc::make_mut(&mut off.trunks[0]).enabled = false;
    check(&off, &[("0 admit 1", "no trunk")]);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "any instant will do")]
fn an_inbound_caller_needs_a_channel_for_the_targets_too() {
    let snapshot = snapshot((1, 0), (1, 0));
    let (mut ledger, mut rng) = (Ledger::default(), ChaCha8Rng::seed_from_u64(1));
    let mut admit = |session, target| {
        let wanted = wanted(session, "+12025550123", target);
        let trunk = TrunkId(Uuid::from_u128(1));
        ledger.admit_inbound(
            Instant::now(),
            &snapshot,
            &GatewayStatus::default(),
            trunk,
            &wanted,
            &mut rng,
        )
    };
    assert!(admit(1, Some("+13035550100")));
    assert!(!admit(2, Some("+13035550100")));
    assert!(admit(3, None), "a campaign that only says goodbye calls nobody");
    assert_eq!(
        ledger.campaign_of(SessionId(Uuid::from_u128(3))),
        Some(CampaignId(Uuid::from_u128(1)))
    );
    assert_eq!(ledger.campaign_of(SessionId(Uuid::from_u128(2))), None);
}

proptest! {
    /// Whatever comes and goes: never more promises than channels, and when all are gone, nothing is held.
    #[test]
    fn promises_never_exceed_the_channels(
        callers in 1u32..5,
        targets in 1u32..5,
        steps in prop::collection::vec((0u128..12, any::<bool>()), 0..200),
    ) {
        let snapshot = snapshot((callers, 0), (targets, 0));
        let (mut ledger, mut rng) = (Ledger::default(), ChaCha8Rng::seed_from_u64(1));
        #[expect(clippy::disallowed_methods, reason = "any instant will do")]
        let now = Instant::now();
        for (session, admit) in steps {
            let wanted = wanted(session, "+12025550123", Some("+13035550100"));
            if admit && !ledger.holds(wanted.session) {
                ledger.admit(now, &snapshot, &GatewayStatus::default(), &wanted, &mut rng);
            } else if !admit {
                ledger.release(wanted.session);
            }
            let held: Vec<u32> = snapshot.trunks.iter().map(|t| ledger.trunks.get(&t.id).map_or(0, Pacing::held)).collect();
            prop_assert!(held[0] <= callers && held[1] <= targets, "{held:?}");
            prop_assert_eq!(held[0], held[1], "one channel of each for every session");
        }
        for session in 0..12 {
            ledger.release(SessionId(Uuid::from_u128(session)));
        }
        prop_assert!(ledger.trunks.values().all(|p| p.held() == 0));
    }
}
