//! In which order a session calls its targets, and which numbers of theirs: pure, with the caller's own random order.

use rand::Rng;
use rand::seq::SliceRandom;
use trunkline_gateway::flow::FlowOffice;

use super::flow::MAX_TARGETS;
use crate::places::{self, Caller};
use crate::store::campaigns::{Ordering, Settings};
use crate::store::sessions::SessionTarget;
use crate::store::targets::{Office, Target};

/// A target with its offices, as they stand in the store.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Listed {
    /// The target.
    pub(super) target: Target,
    /// Its offices, in their order; empty when only the main number is called.
    pub(super) offices: Vec<Office>,
}

/// A custom list has no chambers and no parties: it is as arranged, or shuffled for each caller.
pub(super) fn ordered(mut targets: Vec<Target>, settings: &Settings, rng: &mut impl Rng) -> Vec<Target> {
    match settings.target_ordering {
        Ordering::Shuffle => targets.shuffle(rng),
        Ordering::InOrder
        | Ordering::UpperFirst
        | Ordering::LowerFirst
        | Ordering::DemocratsFirst
        | Ordering::RepublicansFirst
        | Ordering::DemocratsOnly
        | Ordering::RepublicansOnly => {}
    }
    targets
}

/// `call_maximum` cuts after ordering.
pub(super) fn cut(mut targets: Vec<Target>, settings: &Settings) -> Vec<Target> {
    let most = settings.call_maximum.and_then(|most| usize::try_from(most).ok());
    targets.truncate(most.unwrap_or(MAX_TARGETS).min(MAX_TARGETS));
    targets
}

/// The session's list with the numbers to call. `rng` is seeded for each caller, so it is fixed once the session is created.
pub(super) fn session_targets(
    listed: &[Listed],
    settings: &Settings,
    caller: Caller,
    rng: &mut impl Rng,
) -> Vec<SessionTarget> {
    let target = |listed: &Listed| {
        let Listed { target, offices } = listed;
        let numbers = places::numbers(target, offices, settings.target_offices, caller, rng);
        SessionTarget {
            key: target.key.clone(),
            title: target.title.clone(),
            name: target.name.clone(),
            pronunciation: target.pronunciation.clone(),
            district: target.district.clone(),
            location: town(listed, &numbers),
            offices: numbers,
        }
    };
    listed.iter().map(target).collect()
}

/// What stands for the target's location: the caller hears of the office that is called first.
pub(super) fn town(listed: &Listed, numbers: &[FlowOffice]) -> String {
    let Listed { target, offices } = listed;
    let first = numbers
        .first()
        .and_then(|n| offices.iter().find(|o| o.uid == n.uid));
    let town = first
        .map(|office| office.name.as_str())
        .filter(|name| !name.is_empty());
    town.unwrap_or(&target.location).to_owned()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::store::campaigns::TargetOffices;
    use crate::store::targets::OfficeKind;

    /// `A B C` are targets; `A:1,2` has offices 1 and 2 beside its main number, `A:-,1` has no main number.
    fn listed(words: &str) -> Vec<Listed> {
        words.split(' ').map(one).collect()
    }

    fn one(word: &str) -> Listed {
        let (name, offices) = word.split_once(':').unwrap_or((word, ""));
        let has_main = !offices.starts_with('-');
        let phone = |n: &str| Some(format!("+1202555{:02}{n:0>2}", name.as_bytes()[0]));
        let office = |n: &str| Office {
            target_id: String::new(),
            uid: n.into(),
            name: n.into(),
            kind: OfficeKind::District,
            address: String::new(),
            lat: None,
            lon: None,
            phone: phone(n),
            extension: String::new(),
            hours: serde_json::Value::Null,
            time_zone: String::new(),
        };
        Listed {
            target: Target {
                id: name.into(),
                key: format!("custom:{name}"),
                title: String::new(),
                name: name.into(),
                pronunciation: String::new(),
                district: String::new(),
                location: String::new(),
                phone: has_main.then(|| phone("0")).flatten(),
                extension: String::new(),
                data: serde_json::Value::Null,
                created_at: 0,
                updated_at: 0,
            },
            offices: offices
                .split(',')
                .filter(|o| !o.is_empty() && *o != "-")
                .map(office)
                .collect(),
        }
    }

    fn custom_list(listed: Vec<Listed>, settings: &Settings, rng: &mut ChaCha8Rng) -> Vec<SessionTarget> {
        let targets = listed.iter().map(|l| l.target.clone()).collect();
        let chosen: Vec<Listed> = cut(ordered(targets, settings, rng), settings)
            .into_iter()
            .map(|target| Listed {
                offices: listed
                    .iter()
                    .find(|l| l.target == target)
                    .expect("listed")
                    .offices
                    .clone(),
                target,
            })
            .collect();
        let caller = Caller {
            near: None,
            now_ms: 0,
        };
        session_targets(&chosen, settings, caller, rng)
    }

    fn check(words: &str, settings: &Settings, seed: u64, expect: &str) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let list = custom_list(listed(words), settings, &mut rng);
        let text = |t: &SessionTarget| {
            let uids: Vec<&str> = t
                .offices
                .iter()
                .map(|o| if o.uid.is_empty() { "main" } else { &o.uid })
                .collect();
            format!("{}({})", t.name, uids.join(" "))
        };
        assert_eq!(list.iter().map(text).collect::<Vec<_>>().join(" "), expect);
    }

    #[test]
    fn as_arranged_and_cut() {
        let all = Settings::default();
        check("A B C", &all, 1, "A(main) B(main) C(main)");
        let two = Settings {
            call_maximum: Some(2),
            ..Settings::default()
        };
        check("A B C", &two, 1, "A(main) B(main)");
    }

    #[test]
    fn shuffled_for_each_caller_and_the_same_for_the_same_seed() {
        let settings = Settings {
            target_ordering: Ordering::Shuffle,
            ..Settings::default()
        };
        let names = |seed| -> Vec<String> {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            custom_list(listed("A B C D"), &settings, &mut rng)
                .into_iter()
                .map(|t| t.name)
                .collect()
        };
        assert_eq!(names(5), names(5));
        let orders: std::collections::BTreeSet<Vec<String>> = (0..200).map(names).collect();
        assert_eq!(orders.len(), 24, "every order of four comes up");
    }

    #[test]
    fn the_cut_comes_after_the_order() {
        let settings = Settings {
            target_ordering: Ordering::Shuffle,
            call_maximum: Some(1),
            ..Settings::default()
        };
        let first: std::collections::BTreeSet<String> = (0..100)
            .map(|seed| {
                custom_list(listed("A B C"), &settings, &mut ChaCha8Rng::seed_from_u64(seed))[0]
                    .name
                    .clone()
            })
            .collect();
        assert_eq!(first.into_iter().collect::<String>(), "ABC");
    }

    #[test]
    fn which_offices() {
        let which = |target_offices| Settings {
            target_offices,
            ..Settings::default()
        };
        check(
            "A:1,2 B C:-,1 D:-",
            &which(TargetOffices::Main),
            1,
            "A(main) B(main) C(1) D()",
        );
        check(
            "A:1,2 B C:-,1 D:-",
            &which(TargetOffices::Busy),
            1,
            "A(main 1 2) B(main) C(1) D()",
        );
        check(
            "A:1,2 B D:-",
            &which(TargetOffices::Closest),
            1,
            "A(1 2 main) B(main) D()",
        );
        check("A:0,1", &which(TargetOffices::Busy), 1, "A(main 1)");
        let districts: std::collections::BTreeSet<String> = (0..50)
            .map(|seed| {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                custom_list(listed("A:1,2"), &which(TargetOffices::District), &mut rng)[0].offices[0]
                    .uid
                    .clone()
            })
            .collect();
        assert_eq!(districts.into_iter().collect::<String>(), "12");
    }

    #[test]
    fn a_number_that_is_none_is_left_out() {
        let mut bad = listed("A");
        bad[0].target.phone = Some("call me".into());
        let list = custom_list(bad, &Settings::default(), &mut ChaCha8Rng::seed_from_u64(1));
        assert!(list[0].offices.is_empty());
    }
}
