//! Which numbers of a target are called, best first (CAMPAIGNS.md 4, offices): pure, with the time and the caller's random order given.

use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use rand::Rng;
use rand::seq::IndexedRandom;
use trunkline_gateway::flow::FlowOffice;
use trunkline_gateway::phone::Phone;

use super::Point;
use crate::store::campaigns::TargetOffices;
use crate::store::targets::{Office, Target};

/// Who calls, and when.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Caller {
    /// Where, if that is known.
    pub near: Option<Point>,
    /// Milliseconds since 1970 UTC.
    pub now_ms: i64,
}

/// The numbers to call: more than one only where another office is tried when the first cannot be had. Each number once.
pub fn numbers(
    target: &Target,
    offices: &[Office],
    which: TargetOffices,
    caller: Caller,
    rng: &mut impl Rng,
) -> Vec<FlowOffice> {
    let main = number("", target.phone.as_deref(), &target.extension);
    let reachable = |office: &&Office| office.phone.is_some();
    let all: Vec<&Office> = offices.iter().filter(reachable).collect();
    let open: Vec<&Office> = all
        .iter()
        .copied()
        .filter(|o| is_open(o, caller.now_ms))
        .collect();
    let of = |office: &Office| number(&office.uid, office.phone.as_deref(), &office.extension);
    let list: Vec<FlowOffice> = match which {
        TargetOffices::Main => main
            .or_else(|| all.first().copied().and_then(of))
            .into_iter()
            .collect(),
        TargetOffices::District => {
            let chosen = open.choose(rng).or_else(|| all.choose(rng));
            chosen.copied().and_then(of).or(main).into_iter().collect()
        }
        TargetOffices::Busy => {
            let others = by_distance(open, caller.near);
            main.into_iter()
                .chain(others.into_iter().filter_map(of))
                .collect()
        }
        TargetOffices::Closest => {
            let nearest = by_distance(open, caller.near);
            nearest.into_iter().filter_map(of).chain(main).collect()
        }
    };
    once(list)
}

/// The numbers of a session that has waited, with the offices' hours judged again: those that have closed go, those that have opened come
/// behind the ones that the caller was promised. A list that would lose everything stays as it is.
pub fn numbers_now(
    before: &[FlowOffice],
    target: &Target,
    offices: &[Office],
    which: TargetOffices,
    now_ms: i64,
    rng: &mut impl Rng,
) -> Vec<FlowOffice> {
    let is_closed = |listed: &FlowOffice| {
        let office = offices.iter().find(|office| office.uid == listed.uid);
        office.is_some_and(|office| !is_open(office, now_ms))
    };
    let stays = match which {
        TargetOffices::Main => true,
        // One at random: who has one that is open keeps it.
        TargetOffices::District => !before.iter().any(is_closed),
        TargetOffices::Busy | TargetOffices::Closest => false,
    };
    if stays {
        return before.to_vec();
    }
    let caller = Caller { near: None, now_ms };
    let mut now = numbers(target, offices, which, caller, rng);
    if now.is_empty() {
        return before.to_vec();
    }
    // Where the caller is was known when the session was made: its order of the offices stands.
    now.sort_by_key(|office| {
        let place = before.iter().position(|listed| listed.uid == office.uid);
        let is_last = office.uid.is_empty() && which == TargetOffices::Closest;
        (is_last, place.unwrap_or(usize::MAX))
    });
    now
}

/// Nearest first; as listed where the caller's place is not known, those without a place last.
fn by_distance(mut offices: Vec<&Office>, near: Option<Point>) -> Vec<&Office> {
    if let Some(near) = near {
        let km = |office: &Office| {
            let place = office
                .lat
                .zip(office.lon)
                .and_then(|(lat, lon)| Point::new(lat, lon));
            place.map_or(f64::INFINITY, |place| near.km_to(place))
        };
        offices.sort_by(|a, b| km(a).total_cmp(&km(b)));
    }
    offices
}

/// Each number at most once within a call, under whatever names it is listed.
fn once(mut list: Vec<FlowOffice>) -> Vec<FlowOffice> {
    let mut seen = Vec::new();
    list.retain(|office| {
        let new = !seen.contains(&office.phone);
        seen.push(office.phone.clone());
        new
    });
    list
}

fn number(uid: &str, phone: Option<&str>, extension: &str) -> Option<FlowOffice> {
    Some(FlowOffice {
        uid: uid.to_owned(),
        phone: Phone::new(phone?).ok()?,
        extension: extension.to_owned(),
    })
}

/// An office whose hours or time zone are not known counts as open: nobody is left uncalled for a gap in the data.
fn is_open(office: &Office, now_ms: i64) -> bool {
    let (Some(week), Ok(zone)) = (office.hours.as_object(), TimeZone::get(&office.time_zone)) else {
        return true;
    };
    let Ok(now) = Timestamp::from_millisecond(now_ms) else {
        return true;
    };
    let now = now.to_zoned(zone);
    let Some(spans) = week.get(day(now.weekday())) else {
        return false;
    };
    let spans = spans.as_array().map(Vec::as_slice).unwrap_or_default();
    let within = |span: &str| {
        let (from, to) = span.split_once('-')?;
        // 24:00 is no time of the day, but the end of it.
        let before_end = to == "24:00" || now.time() < time(to)?;
        Some(now.time() >= time(from)? && before_end)
    };
    spans
        .iter()
        .filter_map(serde_json::Value::as_str)
        .any(|span| within(span).unwrap_or(true))
}

fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    Time::new(hour.trim().parse().ok()?, minute.trim().parse().ok()?, 0, 0).ok()
}

fn day(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "mon",
        Weekday::Tuesday => "tue",
        Weekday::Wednesday => "wed",
        Weekday::Thursday => "thu",
        Weekday::Friday => "fri",
        Weekday::Saturday => "sat",
        Weekday::Sunday => "sun",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use serde_json::json;

    use super::*;
    use crate::places::testing::official;
    use crate::store::targets::OfficeKind;

    /// Wednesday 18 November 2026, 15:00 in New York.
    const WEDNESDAY: i64 = 1_795_032_000_000;

    /// `a` is an office anywhere, `a@40,-75` one at a place, `a!` one that is closed on Wednesdays, `a?` one without a number.
    fn offices(words: &str) -> Vec<Office> {
        words
            .split_whitespace()
            .enumerate()
            .map(|(n, word)| office(n, word))
            .collect()
    }

    fn office(n: usize, word: &str) -> Office {
        let (uid, place) = word.split_once('@').unwrap_or((word, ""));
        let point = Point::parse(place);
        let closed = uid.ends_with('!');
        Office {
            target_id: String::new(),
            uid: uid.trim_end_matches(['!', '?']).to_owned(),
            name: String::new(),
            kind: OfficeKind::District,
            address: String::new(),
            lat: point.map(|p| p.lat),
            lon: point.map(|p| p.lon),
            phone: (!uid.ends_with('?')).then(|| format!("+120255502{n:02}")),
            extension: String::new(),
            hours: if closed {
                json!({"thu": ["09:00-17:00"]})
            } else {
                json!(null)
            },
            time_zone: "America/New_York".to_owned(),
        }
    }

    /// As [`called`] on another day, to a session that was promised these.
    fn called_now(before: &str, words: &str, which: TargetOffices) -> String {
        let promised: Vec<FlowOffice> = before
            .split_whitespace()
            .map(|uid| FlowOffice {
                uid: uid.replace("main", ""),
                phone: Phone::new("+12025550100").expect("a number"),
                extension: String::new(),
            })
            .collect();
        let target = official("S:d:NY").target;
        let rng = &mut ChaCha8Rng::seed_from_u64(1);
        let list = numbers_now(&promised, &target, &offices(words), which, WEDNESDAY, rng);
        let name = |o: &FlowOffice| if o.uid.is_empty() { "main" } else { &o.uid }.to_owned();
        list.iter().map(name).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn hours_are_judged_again_after_a_wait() {
        let busy = TargetOffices::Busy;
        // The order stands; `a` has closed since, `c` has opened.
        assert_eq!(called_now("main b a", "a! b", busy), "main b");
        assert_eq!(called_now("main b a", "a b c", busy), "main b a c");
        let closest = TargetOffices::Closest;
        assert_eq!(called_now("b a main", "a b! c", closest), "a c main");
        assert_eq!(called_now("b main", "b!", closest), "main");
        let district = TargetOffices::District;
        assert_eq!(called_now("b", "a b", district), "b");
        assert_eq!(called_now("b", "a b!", district), "a");
        assert_eq!(called_now("main", "a", TargetOffices::Main), "main");
    }

    fn called(main: bool, words: &str, which: TargetOffices, near: Option<&str>, seed: u64) -> String {
        let mut target = official("S:d:NY").target;
        if !main {
            target.phone = None;
        }
        let caller = Caller {
            near: near.and_then(Point::parse),
            now_ms: WEDNESDAY,
        };
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let list = numbers(&target, &offices(words), which, caller, rng);
        let name = |o: &FlowOffice| {
            if o.uid.is_empty() {
                "main".to_owned()
            } else {
                o.uid.clone()
            }
        };
        list.iter().map(name).collect::<Vec<_>>().join(" ")
    }

    fn check(which: TargetOffices, words: &str, near: Option<&str>, expect: &str) {
        assert_eq!(called(true, words, which, near, 1), expect, "{which}: {words}");
    }

    #[test]
    fn the_main_number() {
        check(TargetOffices::Main, "a b", None, "main");
        assert_eq!(called(false, "a? b", TargetOffices::Main, None, 1), "b");
        assert_eq!(called(false, "", TargetOffices::Main, None, 1), "");
    }

    #[test]
    fn a_district_office_at_random() {
        let any = |words: &str| -> BTreeSet<String> {
            (0..60)
                .map(|seed| called(true, words, TargetOffices::District, None, seed))
                .collect()
        };
        assert_eq!(any("a b c?"), BTreeSet::from(["a".to_owned(), "b".to_owned()]));
        assert_eq!(any("a b! c!"), BTreeSet::from(["a".to_owned()]), "an open one");
        assert_eq!(any("b! c!").len(), 2, "none is open: any");
        assert_eq!(any(""), BTreeSet::from(["main".to_owned()]));
    }

    #[test]
    fn busy_is_main_then_the_nearest_open() {
        check(TargetOffices::Busy, "a b", None, "main a b");
        check(
            TargetOffices::Busy,
            "far@50,-75 near@41,-75 mid@45,-75",
            Some("40,-75"),
            "main near mid far",
        );
        check(
            TargetOffices::Busy,
            "nowhere near@41,-75",
            Some("40,-75"),
            "main near nowhere",
        );
        check(
            TargetOffices::Busy,
            "near!@41,-75 far@50,-75",
            Some("40,-75"),
            "main far",
        );
    }

    #[test]
    fn closest_is_the_nearest_first() {
        check(
            TargetOffices::Closest,
            "far@50,-75 near@41,-75",
            Some("40,-75"),
            "near far main",
        );
        check(TargetOffices::Closest, "a b", None, "a b main");
        check(TargetOffices::Closest, "a! b!", None, "main");
        check(TargetOffices::Closest, "", None, "main");
    }

    #[test]
    fn a_number_is_called_once() {
        let mut twice = offices("a b");
        twice[1].phone = twice[0].phone.clone();
        let target = official("S:d:NY").target;
        let caller = Caller {
            near: None,
            now_ms: WEDNESDAY,
        };
        let list = numbers(
            &target,
            &twice,
            TargetOffices::Busy,
            caller,
            &mut ChaCha8Rng::seed_from_u64(1),
        );
        assert_eq!(list.len(), 2);
    }

    #[test]
    fn hours_are_the_offices_own() {
        let open = |hours: serde_json::Value, zone: &str| {
            let mut office = office(0, "a");
            office.hours = hours;
            office.time_zone = zone.to_owned();
            is_open(&office, WEDNESDAY)
        };
        let day = |span: &str| json!({"wed": [span]});
        assert!(open(day("09:00-17:00"), "America/New_York"));
        assert!(open(day("15:00-15:01"), "America/New_York"));
        assert!(!open(day("09:00-15:00"), "America/New_York"));
        assert!(open(day("09:00-24:00"), "America/New_York"));
        assert!(open(
            json!({"wed": ["09:00-12:00", "14:00-16:00"]}),
            "America/New_York"
        ));
        assert!(!open(json!({"thu": ["09:00-17:00"]}), "America/New_York"));
        // 12:00 in Los Angeles, 21:00 in Berlin.
        assert!(open(day("09:00-13:00"), "America/Los_Angeles"));
        assert!(!open(day("09:00-17:00"), "Europe/Berlin"));
        for (hours, zone) in [
            (json!(null), "America/New_York"),
            (day("09:00-10:00"), ""),
            (day("in the morning"), "America/New_York"),
        ] {
            assert!(open(hours, zone), "what is not known counts as open");
        }
    }
}
