//! The choice of trunks, read as text: a snapshot in a few lines, a number, and the verdict on every trunk.

use std::time::Duration;

use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

use super::*;
use crate::trunk::snapshot::Server;
use crate::trunk::window::Window;

const UP: TrunkState = TrunkState {
    health: TrunkHealth::Up,
    room: Ok(()),
};

fn trunk_id(name: &str) -> TrunkId {
    TrunkId(Uuid::from_u128(
        name.bytes().fold(0, |n, b| n << 8 | u128::from(b)),
    ))
}

fn trunk(name: &str) -> Arc<Trunk> {
    Arc::new(Trunk {
        servers: vec![Server::alone(vec![([192, 0, 2, 1], 5060).into()])],
        ..Trunk::new(trunk_id(name), name, "192.0.2.1")
    })
}

/// `name: prefixes = trunk/priority/weight …`, with `@` before the name for a route of campaign 1.
fn route(line: &str) -> Route {
    let (head, trunks) = line.split_once(" = ").expect("name: prefixes = trunks");
    let (name, prefixes) = head.split_once(": ").expect("name: prefixes");
    Route {
        id: RouteId(trunk_id(name).0),
        name: name.into(),
        prefixes: prefixes.split(' ').map(Into::into).collect(),
        campaign: name.starts_with('@').then(campaign),
        countries: vec![],
        windows: vec![],
        trunks: trunks.split(' ').map(route_trunk).collect(),
        stop_codes: vec![],
    }
}

fn route_trunk(word: &str) -> RouteTrunk {
    let parts: Vec<&str> = word.split('/').collect();
    let number = |n: usize| parts.get(n).map_or(1, |text| text.parse().expect("a number"));
    RouteTrunk {
        trunk: trunk_id(parts[0]),
        priority: number(1),
        weight: number(2),
        cost: u32::from(parts.get(3).map_or(0, |_| number(3))),
    }
}

fn campaign() -> CampaignId {
    CampaignId(Uuid::from_u128(1))
}

fn call(number: &Phone, campaign: Option<CampaignId>) -> Call<'_> {
    Call {
        number,
        campaign,
        at: Some(0),
    }
}

/// Every route, and why it decides or not.
fn why_routes(routes: &[Route], campaign: Option<CampaignId>, number: &str, expect: &[&str]) {
    let snapshot = Snapshot {
        routes: routes.to_vec(),
        ..Snapshot::default()
    };
    let number = phone(number);
    let chosen = select(
        &snapshot,
        call(&number, campaign),
        |_| UP,
        &mut ChaCha8Rng::seed_from_u64(1),
    );
    let got: Vec<String> = chosen
        .routes
        .iter()
        .map(|r| format!("{}: {}", r.name, r.why))
        .collect();
    assert_eq!(got, expect, "{}", number.as_str());
}

#[test]
fn every_route_says_why_it_does_not_decide() {
    let of = |line: &str, countries: &[&str], window: Option<(&str, &str)>| Route {
        countries: countries.iter().map(|c| (*c).to_owned()).collect(),
        windows: window
            .and_then(|(from, to)| Window::new("UTC", &[], from, to))
            .into_iter()
            .collect(),
        ..route(line)
    };
    let routes = [
        of("all: + = a", &[], None),
        of("canada: +1 = b", &["ca"], None),
        of("states: +1 = b", &["us"], None),
        of("noon: +1 = c", &[], Some(("12:00", "13:00"))),
        of("@own: +1 = c", &[], None),
        of("germany: +49 = c", &[], None),
        of("code: 33333 = c", &[], None),
    ];
    let not = |n: usize| match n {
        0 => "all: it would take the number, but the route that decides is more exact, or older",
        1 => "canada: the number is not of its countries",
        2 => "states: decides, by its prefix +1",
        3 => "noon: none of its windows is open at this time",
        4 => "@own: it is for another campaign",
        5 => "germany: none of its prefixes begins the number",
        _ => "code: none of its prefixes begins the number",
    };
    let told: Vec<&str> = (0..7).map(not).collect();
    why_routes(&routes, None, "+12025550123", &told);
    let none = "none of its prefixes begins the number";
    let of_code: Vec<String> = routes.iter().map(|r| format!("{}: {none}", r.name)).collect();
    let mut of_code: Vec<&str> = of_code.iter().map(String::as_str).collect();
    of_code[6] = "code: decides, by its prefix 33333";
    why_routes(&routes, None, "33333", &of_code);
}

#[test]
fn the_cheapest_of_equal_priority_goes_first() {
    let rest = "the route that takes this number does not name it";
    check(
        &["all: + = a/1/100/7 b/1/1/5 c/0/1/9"],
        None,
        "+12025550123",
        &format!(
            "+ -> c b a; c: tried as number 1 (priority 0); b: tried as number 2 (priority 1); a: tried as number 3 (priority 1); \
             off: {rest}; lost: {rest}"
        ),
    );
}

fn phone(text: &str) -> Phone {
    Phone::new(text).expect("a number")
}

fn check(routes: &[&str], campaign: Option<CampaignId>, number: &str, expect: &str) {
    let snapshot = Snapshot {
        trunks: ["a", "b", "c", "off", "lost"].map(some_trunk).to_vec(),
        routes: routes.iter().map(|line| route(line)).collect(),
        numbers: vec![],
    };
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let state = |_| UP;
    let chosen = select(&snapshot, call(&phone(number), campaign), state, &mut rng);
    assert_eq!(text(&chosen), expect, "{number}");
}

fn some_trunk(name: &str) -> Arc<Trunk> {
    let mut t = trunk(name);
    let inner = Arc::make_mut(&mut t);
    inner.enabled = name != "off";
    if name == "lost" {
        inner.servers.clear();
    }
    t
}

fn text(selection: &Selection) -> String {
    let names: Vec<&str> = selection.candidates.iter().map(|c| &*c.trunk.name).collect();
    let prefix = selection.route.as_ref().map_or("none", |(_, prefix)| prefix);
    let mut text = format!("{prefix} -> {}", names.join(" "));
    for v in &selection.verdicts {
        text += &format!("; {}: {}", v.name, v.why);
    }
    text
}

#[test]
fn the_longest_prefix_wins() {
    let routes = ["all: + = a", "us: +1 +1202 = b", "de: +49 = c"];
    let rest = "the route that takes this number does not name it";
    check(
        &routes,
        None,
        "+12025550123",
        &format!(
            "+1202 -> b; b: tried as number 1 (priority 1); a: {rest}; c: {rest}; off: {rest}; lost: {rest}"
        ),
    );
    check(
        &routes,
        None,
        "+33123456789",
        &format!(
            "+ -> a; a: tried as number 1 (priority 1); b: {rest}; c: {rest}; off: {rest}; lost: {rest}"
        ),
    );
}

#[test]
fn a_campaigns_route_comes_before_a_general_one_and_is_nobody_elses() {
    let prefix_and_trunk = |campaign, number| {
        let snapshot = Snapshot {
            trunks: ["a", "b", "c"].map(trunk).to_vec(),
            routes: ["us: +1 = a", "@own: +1 = b", "dc: +1202 = c"]
                .map(route)
                .to_vec(),
            numbers: vec![],
        };
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let chosen = select(&snapshot, call(&phone(number), campaign), |_| UP, &mut rng);
        text(&chosen).split(';').next().expect("a head").to_owned()
    };
    let other = Some(CampaignId(Uuid::from_u128(2)));
    assert_eq!(prefix_and_trunk(Some(campaign()), "+14155550123"), "+1 -> b");
    assert_eq!(prefix_and_trunk(other, "+14155550123"), "+1 -> a");
    assert_eq!(prefix_and_trunk(None, "+14155550123"), "+1 -> a");
    assert_eq!(prefix_and_trunk(Some(campaign()), "+12025550123"), "+1202 -> c");
    assert_eq!(prefix_and_trunk(None, "+4930901820"), "none -> ");
}

#[test]
fn trunks_that_cannot_be_used_are_named_with_the_reason() {
    check(
        &["all: + = off/1 lost/2 ghost/3 a/4 b/5"],
        None,
        "+12025550123",
        "+ -> a b; a: tried as number 1 (priority 4); b: tried as number 2 (priority 5); off: switched off; \
         lost: its host has no address; 00000000-0000-0000-0000-0067686f7374: the route names a trunk that does not exist; \
         c: the route that takes this number does not name it",
    );
}

#[test]
#[expect(clippy::disallowed_methods, reason = "any instant will do")]
fn what_is_free_now_comes_first_and_what_is_down_or_full_not_at_all() {
    let snapshot = Snapshot {
        trunks: ["a", "b", "c", "d", "e"].map(trunk).to_vec(),
        routes: vec![route("all: + = a/1 b/2 c/3 d/4 e/5")],
        numbers: vec![],
    };
    let soon = Instant::now() + Duration::from_millis(50);
    let state = |id| {
        let full = TrunkState {
            room: Err(NotNow::Channels),
            ..UP
        };
        let down = TrunkState {
            health: TrunkHealth::Down,
            ..UP
        };
        let paced = TrunkState {
            room: Err(NotNow::Until(soon)),
            health: TrunkHealth::Slowed,
        };
        let paused = TrunkState {
            room: Err(NotNow::Paused(soon)),
            ..UP
        };
        [("a", paced), ("b", full), ("c", down), ("d", UP), ("e", paused)]
            .into_iter()
            .find(|(name, _)| trunk_id(name) == id)
            .map_or(UP, |(_, state)| state)
    };
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let chosen = select(&snapshot, call(&phone("+12025550123"), None), state, &mut rng);
    assert_eq!(chosen.candidates[1].not_before, Some(soon));
    assert_eq!(
        text(&chosen),
        "+ -> d a e; d: tried as number 1 (priority 4); \
         a: tried as number 2 (priority 1), after a wait: its calls of this second are spent; \
         e: tried as number 3 (priority 5), after the pause that it asked for (Retry-After); \
         b: all its channels are in use; c: down: it gives no answer"
    );
}

#[test]
fn weights_share_the_calls() {
    let snapshot = Snapshot {
        trunks: ["a", "b"].map(trunk).to_vec(),
        routes: vec![route("all: + = a/1/3 b/1/1")],
        numbers: vec![],
    };
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut first_is_a = 0;
    for _ in 0..4_000 {
        let chosen = select(&snapshot, call(&phone("+12025550123"), None), |_| UP, &mut rng);
        assert_eq!(chosen.candidates.len(), 2);
        first_is_a += usize::from(chosen.candidates[0].trunk.name == "a");
    }
    assert!(
        (2_850..3_150).contains(&first_is_a),
        "{first_is_a} of 4000, 3000 expected"
    );
}

#[test]
fn a_word_of_the_person_stops_and_a_word_of_the_network_goes_on() {
    let status = |status| Failure::Status {
        status,
        reason: String::new(),
        q850_cause: None,
        retry_after: None,
    };
    let goes_on = |rang| -> Vec<u16> {
        (300..700)
            .filter(|s| tries_next(&status(*s), rang, &DEFAULT_STOP_CODES))
            .filter(|s| {
                [
                    401, 403, 404, 408, 480, 486, 488, 500, 502, 503, 504, 600, 603, 604, 607, 608,
                ]
                .contains(s)
            })
            .collect()
    };
    assert_eq!(goes_on(false), [401, 403, 408, 480, 488, 500, 502, 503, 504, 604]);
    assert_eq!(goes_on(true), [500, 502, 503, 504]);
    for (failure, rang, expect) in [
        (Failure::NoTrying, false, true),
        (Failure::Transport, false, true),
        (Failure::Timeout, false, true),
        (Failure::Timeout, true, false),
        (Failure::Canceled, false, false),
    ] {
        assert_eq!(
            tries_next(&failure, rang, &DEFAULT_STOP_CODES),
            expect,
            "{failure:?} {rang}"
        );
    }
    let limit = Failure::Status {
        status: 603,
        reason: "Call limit".into(),
        q850_cause: None,
        retry_after: None,
    };
    assert!(
        tries_next(&limit, false, &DEFAULT_STOP_CODES),
        "the trunk's own words"
    );
    assert!(
        !tries_next(&limit, true, &DEFAULT_STOP_CODES),
        "the person's, who heard it ring"
    );
    assert!(
        !tries_next(&status(503), false, &[503]),
        "a route may stop at anything"
    );
}

proptest! {
    /// Every trunk of the route that can be used is tried once, never out of the order of priorities; every trunk has one verdict.
    #[test]
    fn the_order_is_that_of_priorities(entries in prop::collection::vec((0u8..6, 0u16..4, 0u16..100), 0..6), seed: u64) {
        let names = ["a", "b", "c", "d", "e", "f"];
        let mut trunks: Vec<RouteTrunk> = entries
            .iter()
            .map(|(n, priority, weight)| RouteTrunk { trunk: trunk_id(names[*n as usize]), priority: *priority, cost: 0, weight: *weight })
            .collect();
        trunks.sort_by_key(|t| t.trunk);
        trunks.dedup_by_key(|t| t.trunk);
        let mut all = route("all: + = a");
        all.trunks = trunks.clone();
        let snapshot = Snapshot { trunks: names.map(trunk).to_vec(), routes: vec![all], numbers: vec![] };
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let chosen = select(&snapshot, call(&phone("+12025550123"), None), |_| UP, &mut rng);
        let priority = |c: &Candidate| trunks.iter().find(|t| t.trunk == c.trunk.id).map(|t| t.priority);
        prop_assert!(chosen.candidates.is_sorted_by_key(priority));
        let mut tried: Vec<TrunkId> = chosen.candidates.iter().map(|c| c.trunk.id).collect();
        tried.sort();
        prop_assert_eq!(tried, trunks.iter().map(|t| t.trunk).collect::<Vec<_>>());
        let mut judged: Vec<TrunkId> = chosen.verdicts.iter().map(|v| v.trunk).collect();
        judged.sort();
        prop_assert_eq!(judged, names.map(trunk_id).to_vec());
    }
}
