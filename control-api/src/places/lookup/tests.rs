//! Look-ups in small data of our own, and in the public data where they lie.

use std::collections::BTreeMap;
use std::io::Write as _;

use rand::SeedableRng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::super::geocoder::Answer;
use super::super::testing::{data, small};
use super::super::{Missing, import, missing};
use super::*;
use crate::clock::Clock;
use crate::store::campaigns::{Campaign, CampaignStatus, SegmentBy, Settings};
use crate::store::testing::check;

/// 1 October 2026.
const NOW: i64 = 1_790_812_800_000;
/// Random ZIPs of the last line of the issue.
const MANY: usize = 1_000;

fn wanted<'a>(kind: &'a str, locate_by: LocateBy, location: &'a str) -> Wanted<'a> {
    Wanted {
        country: "us",
        kind,
        subtype: Subtype::Both,
        locate_by,
        location,
    }
}

/// Who is found, sorted: `KY-1 lower`.
async fn found(db: &Db, wanted: Wanted<'_>) -> String {
    let found = look_up(db, None, &wanted).await.unwrap().unwrap_or_default();
    let mut who: Vec<String> = found
        .officials
        .iter()
        .map(|o| format!("{} {}", o.target.district, o.chamber))
        .collect();
    who.sort();
    who.join(", ")
}

#[test]
fn by_postal_code() {
    check(|db| async move {
        small(&db).await;
        for (kind, code, expect) in [
            ("congress", "10001", "NO upper, NO-1 lower"),
            ("congress", "10001-0001", "NO upper, NO-1 lower"),
            (
                "congress",
                "10002",
                "NO upper, NO-1 lower, NO-2 lower, SO upper, SO-0 lower",
            ),
            ("congress", "20001", "SO upper, SO-0 lower"),
            ("congress", "99999", ""),
            ("congress", "1000", ""),
            ("congress", "", ""),
            ("state", "10001", "NO 7 lower"),
            ("executive", "10001", "US executive"),
        ] {
            assert_eq!(
                found(&db, wanted(kind, LocateBy::Postal, code)).await,
                expect,
                "{kind} {code}"
            );
        }
    });
}

#[test]
fn where_no_codes_of_a_states_districts_are_known_all_its_members_are_called() {
    check(|db| async move {
        small(&db).await;
        let state = |code| wanted("state", LocateBy::Postal, code);
        assert_eq!(found(&db, state("20001")).await, "SO 1 single, SO 2 single");
        // North's are known: a code that lies in none of them has nobody there.
        assert_eq!(found(&db, state("10002")).await, "SO 1 single, SO 2 single");
        let governor = Wanted {
            subtype: Subtype::Exec,
            ..state("10001")
        };
        assert_eq!(found(&db, governor).await, "NO executive");
    });
}

#[test]
fn by_district() {
    check(|db| async move {
        small(&db).await;
        for (kind, district, expect) in [
            ("congress", "NO-1", "NO upper, NO-1 lower"),
            ("congress", "no 01", "NO upper, NO-1 lower"),
            ("congress", "SO-AL", "SO upper, SO-0 lower"),
            (
                "congress",
                "ocd-division/country:us/state:no/cd:2",
                "NO upper, NO-2 lower",
            ),
            ("congress", "North", "NO upper"),
            ("congress", "NO-3", ""),
            ("state", "NO HD 7", "NO 7 lower"),
            ("state", "NO-1", ""),
        ] {
            let who = found(&db, wanted(kind, LocateBy::District, district)).await;
            assert_eq!(who, expect, "{kind} {district}");
        }
        let nowhere = wanted("executive", LocateBy::None, "");
        assert_eq!(found(&db, nowhere).await, "US executive");
    });
}

/// Answers the same for every question.
struct Always(Option<Place>);

impl Geocoder for Always {
    fn search<'a>(&'a self, _: &'a str, _: &'a str) -> Answer<'a> {
        Box::pin(async { Ok(self.0.clone()) })
    }
    fn reverse(&self, _: Point) -> Answer<'_> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}

#[test]
fn by_address_and_by_point() {
    check(|db| async move {
        small(&db).await;
        let point = Point::new(36.65, -87.46).unwrap();
        let place = |country: &str, code: &str| {
            Always(Some(Place {
                point,
                country: country.to_owned(),
                postal_code: code.to_owned(),
            }))
        };
        let count = async |geocoder: &Always, locate_by, location| {
            let wanted = wanted("congress", locate_by, location);
            let found = look_up(&db, Some(geocoder), &wanted).await.unwrap();
            found.map(|found| (found.officials.len(), found.point))
        };
        let north = place("us", "10001");
        assert_eq!(
            count(&north, LocateBy::Address, "1 Main St").await,
            Some((2, Some(point)))
        );
        assert_eq!(
            count(&north, LocateBy::LatLon, "36.65,-87.46").await,
            Some((2, Some(point)))
        );
        assert_eq!(count(&north, LocateBy::LatLon, "here").await, None);
        assert_eq!(count(&north, LocateBy::Address, " ").await, None);
        assert_eq!(
            count(&place("ca", "10001"), LocateBy::Address, "1 Main St").await,
            None
        );
        assert_eq!(
            count(&place("us", ""), LocateBy::Address, "1 Main St").await,
            None
        );
        assert_eq!(count(&Always(None), LocateBy::Address, "1 Main St").await, None);
        // A postal code asks no geocoder.
        assert_eq!(
            count(&place("us", ""), LocateBy::Postal, "10001").await,
            Some((2, None))
        );
    });
}

#[test]
fn what_a_campaign_needs_to_be_resolved() {
    check(|db| async move {
        let campaign = |kind: &str, locate_by| Campaign {
            id: "c".to_owned(),
            name: "c".to_owned(),
            status: CampaignStatus::Paused,
            country: "us".to_owned(),
            kind: kind.to_owned(),
            segment_by: SegmentBy::Location,
            locate_by,
            language: "en".to_owned(),
            settings: Settings::default(),
            created_at: 0,
            updated_at: 0,
            launched_at: None,
            archived_at: None,
        };
        let congress = |locate_by| campaign("congress", locate_by);
        let lacks = async |geocoder, campaign: Campaign| missing(&db, geocoder, &campaign).await.unwrap();
        assert_eq!(
            lacks(true, congress(LocateBy::Postal)).await,
            Some(Missing::Officials)
        );
        small(&db).await;
        assert_eq!(lacks(false, congress(LocateBy::Postal)).await, None);
        assert_eq!(lacks(false, congress(LocateBy::District)).await, None);
        assert_eq!(lacks(false, congress(LocateBy::None)).await, Some(Missing::Place));
        assert_eq!(lacks(false, campaign("executive", LocateBy::None)).await, None);
        for by in [LocateBy::Address, LocateBy::LatLon] {
            assert_eq!(lacks(false, congress(by)).await, Some(Missing::Geocoder));
            assert_eq!(lacks(true, congress(by)).await, None);
        }
        let elsewhere = Campaign {
            country: "de".to_owned(),
            ..congress(LocateBy::Postal)
        };
        assert_eq!(lacks(true, elsewhere).await, Some(Missing::Officials));
    });
}

/// The public data, all of it; `false` when they are not there.
async fn public_data(db: &Db) -> bool {
    let names = [
        "legislators-current.yaml",
        "legislators-district-offices.yaml",
        "zccd.csv",
        "openstates-people",
    ];
    let Some(paths) = names.into_iter().map(data).collect::<Option<Vec<_>>>() else {
        return false;
    };
    let clock = Clock::moving(NOW, 7);
    let congress = import::us_congress(&paths[0], &paths[1], &paths[2], &clock).unwrap();
    congress.store(db, &clock).await.unwrap();
    let again = import::us_congress(&paths[0], &paths[1], &paths[2], &clock).unwrap();
    let counts = again.store(db, &clock).await.unwrap();
    assert_eq!(
        (counts.added, counts.changed, counts.gone),
        (0, 0, 0),
        "the same data change nothing"
    );
    import::openstates(&paths[3], &clock)
        .unwrap()
        .store(db, &clock)
        .await
        .unwrap();
    true
}

/// How many of each chamber, and of which places.
async fn tally(
    db: &Db,
    kind: &str,
    subtype: Subtype,
    zip: &str,
) -> (BTreeMap<&'static str, usize>, Vec<String>) {
    let wanted = Wanted {
        subtype,
        ..wanted(kind, LocateBy::Postal, zip)
    };
    let found = look_up(db, None, &wanted).await.unwrap().unwrap_or_default();
    let mut chambers = BTreeMap::new();
    let mut districts = BTreeSet::new();
    for official in &found.officials {
        *chambers.entry(official.chamber.as_str()).or_default() += 1;
        districts.insert(official.target.district.clone());
    }
    (chambers, districts.into_iter().collect())
}

/// One import, because it takes its time: known answers, random ones, and then state districts made exact.
#[test]
fn the_public_data() {
    check(|db| async move {
        if !public_data(&db).await {
            return;
        }
        known_answers(&db).await;
        a_thousand_random_zips(&db).await;
        exact_state_districts(&db).await;
    });
}

async fn known_answers(db: &Db) {
    let congress = async |zip: &str| tally(db, "congress", Subtype::Both, zip).await;
    let (chambers, districts) = congress("42223").await;
    assert_eq!(chambers, BTreeMap::from([("lower", 2), ("upper", 4)]));
    assert_eq!(districts, ["KY", "KY-1", "TN", "TN-7"]);
    let (chambers, districts) = congress("20001").await;
    assert_eq!(chambers, BTreeMap::from([("lower", 1)]));
    assert_eq!(districts, ["DC-0"]);
    let (chambers, districts) = congress("05602").await;
    assert_eq!(chambers, BTreeMap::from([("lower", 1), ("upper", 2)]));
    assert_eq!(districts, ["VT", "VT-0"]);
    assert_eq!(congress("90210").await.1, ["CA", "CA-30", "CA-32", "CA-36"]);
    assert_eq!(congress("94612").await.1, ["CA", "CA-12"]);
    assert_eq!(congress("99501").await.1, ["AK", "AK-0"]);
    assert_eq!(congress("00601").await.1, ["PR-0"]);
    // Which of its districts a ZIP lies in is not in these data: one chamber, all of it.
    for subtype in [Subtype::Both, Subtype::Upper, Subtype::Lower] {
        let (chambers, _) = tally(db, "state", subtype, "68508").await;
        assert_eq!(chambers, BTreeMap::from([("single", 49)]), "{subtype}");
    }
    let (chambers, districts) = tally(db, "state", Subtype::Exec, "68508").await;
    assert_eq!(chambers, BTreeMap::from([("executive", 1)]));
    assert_eq!(districts, ["NE"]);
}

async fn exact_state_districts(db: &Db) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("districts.csv");
    let table = "id,name,postal_codes\nocd-division/country:us/state:ne/sldu:28,NE LD-28,68508\n";
    std::fs::write(&file, table).unwrap();
    let clock = Clock::moving(NOW, 7);
    import::divisions(&file).unwrap().store(db, &clock).await.unwrap();
    let (chambers, districts) = tally(db, "state", Subtype::Both, "68508").await;
    assert_eq!(chambers, BTreeMap::from([("single", 1)]));
    assert_eq!(districts, ["NE 28"]);
    // Congress is found as before.
    assert_eq!(
        tally(db, "congress", Subtype::Both, "68508").await.1,
        ["NE", "NE-1"]
    );
}

/// Prints how long a thousand take: the figure depends on the machine, so nothing is asserted of it.
async fn a_thousand_random_zips(db: &Db) {
    let text = std::fs::read_to_string(data("zccd.csv").unwrap()).unwrap();
    let zips: Vec<&str> = text
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').nth(2))
        .collect();
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let clock = Clock::system(7);
    let began = clock.now();
    for _ in 0..MANY {
        let zip = zips.choose(&mut rng).unwrap();
        let found = look_up(db, None, &wanted("congress", LocateBy::Postal, zip))
            .await
            .unwrap();
        assert!(found.is_some(), "{zip}");
    }
    let took = clock.now().duration_since(began);
    let said = format!("{MANY} ZIPs on {}: {} ms\n", db.engine(), took.as_millis());
    std::io::stderr().write_all(said.as_bytes()).unwrap();
}
