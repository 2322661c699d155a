//! `include_special`: what becomes of a campaign's own list S when the caller's location gives a list L (CAMPAIGNS.md 4).

use rand::Rng;
use rand::seq::SliceRandom;

use crate::store::campaigns::IncludeSpecial;
use crate::store::targets::Target;

/// Joins the lists; `shuffle` mixes S (and the matches of `only`). Both lists come in their order; an empty answer of `only` means that
/// the location is not one of this campaign's.
pub fn combine(
    mut own: Vec<Target>,
    found: Vec<Target>,
    include: IncludeSpecial,
    shuffle: bool,
    rng: &mut impl Rng,
) -> Vec<Target> {
    if shuffle {
        own.shuffle(rng);
    }
    match include {
        IncludeSpecial::Before => own.into_iter().chain(found).collect(),
        IncludeSpecial::After => found.into_iter().chain(own).collect(),
        IncludeSpecial::Only => {
            let mut only = in_order_of(&own, &found);
            if shuffle {
                only.shuffle(rng);
            }
            only
        }
        IncludeSpecial::First => {
            let (matching, rest): (Vec<Target>, Vec<Target>) =
                own.into_iter().partition(|s| matches_any(s, &found));
            matching.into_iter().chain(rest).collect()
        }
        IncludeSpecial::Fallback => {
            let matching: Vec<Target> = own.into_iter().filter(|s| matches_any(s, &found)).collect();
            if matching.is_empty() { found } else { matching }
        }
    }
    .into_iter()
    .fold(Vec::new(), |mut once, target| {
        // Somebody who stands in both lists is called once.
        if !once.iter().any(|other: &Target| other.key == target.key) {
            once.push(target);
        }
        once
    })
}

/// S's matches, as L has them in turn.
fn in_order_of(own: &[Target], found: &[Target]) -> Vec<Target> {
    let matching = |l: &Target| {
        own.iter()
            .filter(|s| is_of(&s.key, &l.key))
            .cloned()
            .collect::<Vec<_>>()
    };
    found.iter().flat_map(matching).collect()
}

fn matches_any(own: &Target, found: &[Target]) -> bool {
    found.iter().any(|l| is_of(&own.key, &l.key))
}

/// S's key starts with L's, so an office of a legislator (`us:bioguide:S000148-albany`) is theirs; `…:12` is not of `…:1`.
fn is_of(own: &str, found: &str) -> bool {
    own.strip_prefix(found)
        .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn targets(keys: &str) -> Vec<Target> {
        let target = |key: &str| Target {
            id: key.to_owned(),
            key: key.to_owned(),
            title: String::new(),
            name: key.to_owned(),
            pronunciation: String::new(),
            district: String::new(),
            location: String::new(),
            phone: None,
            extension: String::new(),
            data: serde_json::Value::Null,
            created_at: 0,
            updated_at: 0,
        };
        keys.split_whitespace().map(target).collect()
    }

    fn joined(own: &str, found: &str, include: IncludeSpecial, shuffle: Option<u64>) -> String {
        let rng = &mut ChaCha8Rng::seed_from_u64(shuffle.unwrap_or_default());
        let list = combine(targets(own), targets(found), include, shuffle.is_some(), rng);
        list.iter().map(|t| t.key.as_str()).collect::<Vec<_>>().join(" ")
    }

    fn check(include: IncludeSpecial, own: &str, found: &str, expect: &str) {
        assert_eq!(
            joined(own, found, include, None),
            expect,
            "{include}: {own} with {found}"
        );
    }

    #[test]
    fn before_and_after_without_repeats() {
        check(IncludeSpecial::Before, "x b y", "a b c", "x b y a c");
        check(IncludeSpecial::After, "x b y", "a b c", "a b c x y");
        check(IncludeSpecial::Before, "x x", "", "x");
        // An office and its legislator are two numbers to call.
        check(IncludeSpecial::Before, "b-albany", "a b", "b-albany a b");
    }

    #[test]
    fn only_those_that_match_in_the_locations_order() {
        check(IncludeSpecial::Only, "c-2 x a c-1", "a b c", "a c-2 c-1");
        check(IncludeSpecial::Only, "x y", "a b c", "");
    }

    #[test]
    fn first_those_that_match_then_the_rest_of_the_own() {
        check(IncludeSpecial::First, "x c y a", "a b c", "c a x y");
        check(IncludeSpecial::First, "x y", "a b", "x y");
    }

    #[test]
    fn fallback_to_the_location() {
        check(IncludeSpecial::Fallback, "x c a", "a b c", "c a");
        check(IncludeSpecial::Fallback, "x y", "a b c", "a b c");
    }

    #[test]
    fn an_offices_key_is_its_legislators() {
        assert!(is_of("us:bioguide:S000148-albany", "us:bioguide:S000148"));
        assert!(is_of("us:bioguide:S000148", "us:bioguide:S000148"));
        assert!(!is_of("us:bioguide:S000148", "us:bioguide:S000148-albany"));
        assert!(!is_of("de:mdb:12", "de:mdb:1"));
    }

    #[test]
    fn shuffle_mixes_the_own_list_and_the_matches_of_only() {
        let orders = |include, own, found| -> std::collections::BTreeSet<String> {
            (0..200)
                .map(|seed| joined(own, found, include, Some(seed)))
                .collect()
        };
        assert_eq!(orders(IncludeSpecial::Before, "x y", "a b").len(), 2);
        assert_eq!(orders(IncludeSpecial::Only, "a b c", "a b c").len(), 6);
        assert_eq!(
            orders(IncludeSpecial::Fallback, "x", "a b").len(),
            1,
            "L keeps its order"
        );
        assert!(
            orders(IncludeSpecial::After, "x y", "a b")
                .iter()
                .all(|l| l.starts_with("a b "))
        );
    }
}
