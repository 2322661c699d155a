//! Divisions, postal codes and officials: what an import brings, what the next one takes away, and how it is found again.

use serde_json::json;

use super::super::divisions::{self, Division, PostalCode};
use super::super::imports::{Batch, Counts, replace};
use super::super::officials::{self, Chamber, Official, Party};
use super::super::targets::{self, Office, OfficeKind};
use super::super::testing::check;
use super::super::{StoreError, campaigns};
use super::rows::{id, live_campaign, target};

const KY: &str = "ocd-division/country:us/state:ky";
const KY_1: &str = "ocd-division/country:us/state:ky/cd:1";

fn official(n: u128, key: &str, division: &str, chamber: Chamber) -> (Official, Vec<Office>) {
    let office = Office {
        target_id: String::new(),
        uid: format!("{key}-town"),
        name: "Town".to_owned(),
        kind: OfficeKind::District,
        address: "1 Main St".to_owned(),
        lat: Some(37.5),
        lon: Some(-87.25),
        phone: Some("+12705550100".to_owned()),
        extension: String::new(),
        hours: json!(null),
        time_zone: String::new(),
    };
    let official = Official {
        target: target(n, key),
        country: "us".to_owned(),
        division_id: division.to_owned(),
        role: "congress".to_owned(),
        chamber,
        party: Party::Other,
        source: "one".to_owned(),
    };
    (official, vec![office])
}

fn batch(officials: Vec<(Official, Vec<Office>)>) -> Batch {
    Batch {
        sources: vec!["one".to_owned()],
        divisions: vec![Division {
            id: KY_1.to_owned(),
            country: "us".to_owned(),
            name: "KY-1".to_owned(),
            name_key: "ky 1".to_owned(),
            lat: None,
            lon: None,
            source: "one".to_owned(),
        }],
        postal_codes: vec![PostalCode {
            country: "us".to_owned(),
            code: "42223".to_owned(),
            division_id: KY_1.to_owned(),
            source: "one".to_owned(),
        }],
        officials,
    }
}

#[test]
fn an_import_is_found_again_by_code_name_and_division() {
    check(|db| async move {
        let people = vec![
            official(1, "a", KY_1, Chamber::Lower),
            official(2, "b", KY, Chamber::Upper),
        ];
        let counts = replace(&db, &batch(people.clone()), 9).await.unwrap();
        let expect = Counts {
            divisions: 1,
            postal_codes: 1,
            added: 2,
            ..Counts::default()
        };
        assert_eq!(counts, expect);
        let found = divisions::of_postal_code(&db, "us", "42223").await.unwrap();
        assert_eq!(found, [KY_1]);
        assert!(
            divisions::of_postal_code(&db, "ca", "42223")
                .await
                .unwrap()
                .is_empty()
        );
        assert_eq!(divisions::by_name(&db, "us", "ky 1").await.unwrap()[0].id, KY_1);
        assert!(divisions::has_postal_codes(&db, "us").await.unwrap());
        assert!(!divisions::has_postal_codes(&db, "ca").await.unwrap());
        assert!(divisions::has_codes_below(&db, KY, "congress").await.unwrap());
        assert!(!divisions::has_codes_below(&db, KY, "state").await.unwrap());
        let codes = ["1".to_owned(), "42223".to_owned()];
        assert_eq!(
            divisions::known_codes(&db, "us", &codes).await.unwrap(),
            ["42223"]
        );
        let at = |division: &str| vec![division.to_owned()];
        let one = officials::of_divisions(&db, "congress", &at(KY)).await.unwrap();
        assert_eq!((one.len(), one[0].target.key.as_str()), (1, "b"));
        let below = officials::below_division(&db, "congress", KY).await.unwrap();
        assert_eq!((below.len(), below[0].target.key.as_str()), (1, "a"));
        let offices = officials::offices(&db, &[id(1), id(2)]).await.unwrap();
        assert_eq!(offices.len(), 2);
        assert!(officials::has_role(&db, "us", "congress").await.unwrap());
        assert!(!officials::has_role(&db, "us", "state").await.unwrap());
    });
}

#[test]
fn the_next_import_updates_by_key_and_takes_away_who_is_gone() {
    check(|db| async move {
        let people = vec![
            official(1, "a", KY_1, Chamber::Lower),
            official(2, "b", KY, Chamber::Upper),
            official(3, "c", KY, Chamber::Upper),
            official(4, "d", KY, Chamber::Upper),
        ];
        replace(&db, &batch(people), 9).await.unwrap();
        let campaign = live_campaign(&db, 50).await;
        campaigns::set_targets(&db, &campaign.id, &[id(4)]).await.unwrap();
        for n in [1, 2] {
            let mut said = targets::get(&db, &id(n)).await.unwrap();
            said.pronunciation = "Ko-see-OOS-ko".to_owned();
            targets::update(&db, &said).await.unwrap();
        }
        // Ids of a later import are others; the keys say who it is.
        let mut renamed = official(12, "b", KY, Chamber::Upper);
        renamed.0.target.name = "Another Name".to_owned();
        let next = vec![official(11, "a", KY_1, Chamber::Lower), renamed];
        let counts = replace(&db, &batch(next), 10).await.unwrap();
        assert_eq!((counts.added, counts.changed, counts.same), (0, 1, 1));
        assert_eq!((counts.gone, counts.still_listed), (2, 1));
        assert_eq!(targets::get(&db, &id(2)).await.unwrap().name, "Another Name");
        assert_eq!(targets::get_by_key(&db, "a").await.unwrap().id, id(1));
        for n in [1, 2] {
            // How a name is said was written here, and no import knows of it.
            let kept = targets::get(&db, &id(n)).await.unwrap();
            assert_eq!(kept.pronunciation, "Ko-see-OOS-ko");
        }
        assert!(matches!(
            targets::get_by_key(&db, "c").await,
            Err(StoreError::NotFound)
        ));
        // A campaign lists it: it stays a target, and is nobody's official.
        assert_eq!(targets::get(&db, &id(4)).await.unwrap().key, "d");
        let left = officials::of_source(&db, "one").await.unwrap();
        assert_eq!(left.len(), 2);
    });
}

#[test]
fn other_sources_are_left_alone_and_a_failed_import_changes_nothing() {
    check(|db| async move {
        let mut first = batch(vec![official(1, "a", KY_1, Chamber::Lower)]);
        replace(&db, &first, 9).await.unwrap();
        let other = Batch {
            sources: vec!["two".to_owned()],
            ..Batch::default()
        };
        assert_eq!(replace(&db, &other, 9).await.unwrap(), Counts::default());
        assert_eq!(officials::of_source(&db, "one").await.unwrap().len(), 1);
        // The same code and division twice.
        let twice = first.postal_codes[0].clone();
        first.postal_codes.push(twice);
        first.officials.clear();
        assert!(replace(&db, &first, 10).await.is_err());
        assert_eq!(officials::of_source(&db, "one").await.unwrap().len(), 1);
        assert!(divisions::has_postal_codes(&db, "us").await.unwrap());
    });
}
