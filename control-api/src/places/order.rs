//! In which order the officials of a place are called (CAMPAIGNS.md 4): pure, with the caller's own random order.
//!
//! Congress, both chambers: `upper-first` is senators, then representatives; party orders go by party, senators first in each; anything
//! else is representatives, then senators. The upper house alone keeps party orders, the lower house alone is always plain. Other
//! legislatures: `upper-first`, else lower, then upper.

use rand::Rng;
use rand::seq::SliceRandom;

use crate::store::campaigns::{Ordering, Settings, Subtype};
use crate::store::officials::{Chamber, Official, Party};

/// The campaign type with the rules of Congress.
const CONGRESS: &str = "congress";
/// Campaign types that call heads of the executive without being asked to.
const WITH_EXECUTIVE: [&str; 2] = ["executive", "local"];

/// Whether a campaign of this type calls an official at all. Members of an only chamber are their voters' upper and lower house in one.
pub fn is_called(kind: &str, subtype: Subtype, chamber: Chamber) -> bool {
    match (chamber, subtype) {
        (Chamber::Other, _) => false,
        (Chamber::Executive, Subtype::Exec) => true,
        (Chamber::Executive, Subtype::Both) => WITH_EXECUTIVE.contains(&kind),
        (Chamber::Executive, Subtype::Upper | Subtype::Lower) => false,
        (Chamber::Upper | Chamber::Lower | Chamber::Single, Subtype::Exec) => false,
        (Chamber::Single, Subtype::Both | Subtype::Upper | Subtype::Lower) => true,
        (Chamber::Upper, Subtype::Both | Subtype::Upper) => true,
        (Chamber::Upper, Subtype::Lower) => false,
        (Chamber::Lower, Subtype::Both | Subtype::Lower) => true,
        (Chamber::Lower, Subtype::Upper) => false,
    }
}

/// Puts officials in order. Those whom the order leaves out (`…-only`, members of no party in a party order) are gone.
pub fn arrange(
    mut officials: Vec<Official>,
    kind: &str,
    settings: &Settings,
    rng: &mut impl Rng,
) -> Vec<Official> {
    officials.sort_by_cached_key(|o| (natural(&o.division_id), o.target.key.clone()));
    let chambers = Chambers::of(officials);
    let congress = kind == CONGRESS;
    let party_order = match (congress, settings.subtype) {
        (true, Subtype::Both | Subtype::Upper) => parties(settings.target_ordering),
        (true, Subtype::Lower | Subtype::Exec) | (false, _) => None,
    };
    match party_order {
        Some(parties) => chambers.by_party(parties),
        None => {
            let chambers = if settings.target_shuffle_chamber {
                chambers.shuffled(rng)
            } else {
                chambers
            };
            chambers.in_turn(settings.target_ordering == Ordering::UpperFirst)
        }
    }
}

/// The parties that an order calls, in turn.
fn parties(ordering: Ordering) -> Option<&'static [Party]> {
    match ordering {
        Ordering::DemocratsFirst => Some(&[Party::Democrat, Party::Republican]),
        Ordering::RepublicansFirst => Some(&[Party::Republican, Party::Democrat]),
        Ordering::DemocratsOnly => Some(&[Party::Democrat]),
        Ordering::RepublicansOnly => Some(&[Party::Republican]),
        Ordering::InOrder | Ordering::Shuffle | Ordering::UpperFirst | Ordering::LowerFirst => None,
    }
}

struct Chambers {
    upper: Vec<Official>,
    /// The only chamber counts as the lower one: it is called with it, never twice.
    lower: Vec<Official>,
    executive: Vec<Official>,
}

impl Chambers {
    fn of(officials: Vec<Official>) -> Chambers {
        let mut chambers = Chambers {
            upper: Vec::new(),
            lower: Vec::new(),
            executive: Vec::new(),
        };
        for official in officials {
            match official.chamber {
                Chamber::Upper => chambers.upper.push(official),
                Chamber::Lower | Chamber::Single => chambers.lower.push(official),
                Chamber::Executive | Chamber::Other => chambers.executive.push(official),
            }
        }
        chambers
    }

    fn shuffled(mut self, rng: &mut impl Rng) -> Chambers {
        for chamber in [&mut self.upper, &mut self.lower, &mut self.executive] {
            chamber.shuffle(rng);
        }
        self
    }

    fn in_turn(self, upper_first: bool) -> Vec<Official> {
        let (first, second) = if upper_first {
            (self.upper, self.lower)
        } else {
            (self.lower, self.upper)
        };
        self.executive.into_iter().chain(first).chain(second).collect()
    }

    fn by_party(self, parties: &[Party]) -> Vec<Official> {
        let all: Vec<Official> = self.upper.into_iter().chain(self.lower).collect();
        let of = |party: &Party| {
            all.iter()
                .filter(|o| o.party == *party)
                .cloned()
                .collect::<Vec<_>>()
        };
        parties.iter().flat_map(of).collect()
    }
}

/// Ids in the order of people: district 2 before district 10.
fn natural(id: &str) -> String {
    let mut key = String::new();
    let mut digits = String::new();
    for c in id.chars().chain(['\0']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if !digits.is_empty() {
            key.push_str(&format!("{digits:0>8}"));
            digits.clear();
        }
        key.push(c);
    }
    key
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::places::testing::official;

    /// `S:d:KY` is a Democratic senator of Kentucky, `R:r:KY/1` a representative, `N:i:NE/2` of an only chamber, `G:r:KY` a governor.
    fn people(words: &str) -> Vec<Official> {
        words.split_whitespace().map(official).collect()
    }

    fn names(officials: &[Official]) -> String {
        officials
            .iter()
            .map(|o| o.target.name.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }

    struct Case {
        kind: &'static str,
        people: &'static str,
        subtype: Subtype,
        shuffle: bool,
    }

    fn check(case: &Case, ordering: Ordering, expect: &str) {
        let settings = Settings {
            target_ordering: ordering,
            subtype: case.subtype,
            target_shuffle_chamber: case.shuffle,
            ..Settings::default()
        };
        let mut called = people(case.people);
        called.retain(|o| is_called(case.kind, case.subtype, o.chamber));
        let list = arrange(called, case.kind, &settings, &mut ChaCha8Rng::seed_from_u64(1));
        assert_eq!(names(&list), expect, "{ordering} {:?}", case.subtype);
    }

    const FORT_CAMPBELL: &str = "R:d:TN/7 S:r:TN S:d:TN R:r:KY/1 S:r:KY S:i:KY";

    fn congress(subtype: Subtype) -> Case {
        Case {
            kind: "congress",
            people: FORT_CAMPBELL,
            subtype,
            shuffle: false,
        }
    }

    #[test]
    fn congress_both_chambers() {
        let both = congress(Subtype::Both);
        check(
            &both,
            Ordering::UpperFirst,
            "S:i:KY S:r:KY S:d:TN S:r:TN R:r:KY/1 R:d:TN/7",
        );
        for plain in [Ordering::InOrder, Ordering::LowerFirst, Ordering::Shuffle] {
            check(&both, plain, "R:r:KY/1 R:d:TN/7 S:i:KY S:r:KY S:d:TN S:r:TN");
        }
        check(
            &both,
            Ordering::DemocratsFirst,
            "S:d:TN R:d:TN/7 S:r:KY S:r:TN R:r:KY/1",
        );
        check(
            &both,
            Ordering::RepublicansFirst,
            "S:r:KY S:r:TN R:r:KY/1 S:d:TN R:d:TN/7",
        );
        check(&both, Ordering::DemocratsOnly, "S:d:TN R:d:TN/7");
        check(&both, Ordering::RepublicansOnly, "S:r:KY S:r:TN R:r:KY/1");
    }

    #[test]
    fn congress_upper_alone_keeps_party_orders() {
        let upper = congress(Subtype::Upper);
        for plain in [
            Ordering::InOrder,
            Ordering::LowerFirst,
            Ordering::UpperFirst,
            Ordering::Shuffle,
        ] {
            check(&upper, plain, "S:i:KY S:r:KY S:d:TN S:r:TN");
        }
        check(&upper, Ordering::DemocratsFirst, "S:d:TN S:r:KY S:r:TN");
        check(&upper, Ordering::RepublicansOnly, "S:r:KY S:r:TN");
    }

    #[test]
    fn congress_lower_alone_is_always_plain() {
        let lower = congress(Subtype::Lower);
        for ordering in Ordering::ALL {
            check(&lower, *ordering, "R:r:KY/1 R:d:TN/7");
        }
    }

    #[test]
    fn a_state_legislature() {
        let state = |people, subtype| Case {
            kind: "state",
            people,
            subtype,
            shuffle: false,
        };
        let ca = "G:d:CA S:d:CA/3 R:d:CA/10 R:r:CA/2";
        let both = state(ca, Subtype::Both);
        check(&both, Ordering::UpperFirst, "S:d:CA/3 R:r:CA/2 R:d:CA/10");
        for ordering in Ordering::ALL.iter().filter(|o| **o != Ordering::UpperFirst) {
            check(&both, *ordering, "R:r:CA/2 R:d:CA/10 S:d:CA/3");
        }
        check(&state(ca, Subtype::Upper), Ordering::InOrder, "S:d:CA/3");
        check(
            &state(ca, Subtype::Lower),
            Ordering::InOrder,
            "R:r:CA/2 R:d:CA/10",
        );
        check(&state(ca, Subtype::Exec), Ordering::InOrder, "G:d:CA");
        let ne = "G:r:NE N:o:NE/28";
        for subtype in [Subtype::Both, Subtype::Upper, Subtype::Lower] {
            check(&state(ne, subtype), Ordering::UpperFirst, "N:o:NE/28");
        }
    }

    #[test]
    fn heads_of_the_executive() {
        let executive = Case {
            kind: "executive",
            people: "G:r:US",
            subtype: Subtype::Both,
            shuffle: true,
        };
        check(&executive, Ordering::InOrder, "G:r:US");
    }

    #[test]
    fn chambers_are_shuffled_within_and_party_orders_are_not() {
        let orders = |ordering: Ordering, subtype: Subtype| -> std::collections::BTreeSet<String> {
            let settings = Settings {
                target_ordering: ordering,
                subtype,
                ..Settings::default()
            };
            let mut called = people(FORT_CAMPBELL);
            called.retain(|o| is_called("congress", subtype, o.chamber));
            (0..400)
                .map(|seed| {
                    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
                    names(&arrange(called.clone(), "congress", &settings, rng))
                })
                .collect()
        };
        let mixed = orders(Ordering::UpperFirst, Subtype::Both);
        assert_eq!(
            mixed.len(),
            24 * 2,
            "every order of four senators and two representatives"
        );
        assert!(mixed.iter().all(|list| list.find("R:") > list.rfind("S:")));
        assert_eq!(orders(Ordering::DemocratsFirst, Subtype::Both).len(), 1);
        assert_eq!(orders(Ordering::RepublicansOnly, Subtype::Upper).len(), 1);
        assert_eq!(orders(Ordering::InOrder, Subtype::Lower).len(), 2);
    }
}
