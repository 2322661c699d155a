//! Open Civic Data division ids: `ocd-division/country:us/state:ky/cd:1`. Each names its parents.

/// What every id begins with.
const PREFIX: &str = "ocd-division/country:";
/// Longest id.
const MAX_LEN: usize = 200;

/// Whether a text has the form of an id.
pub fn is_id(text: &str) -> bool {
    let well_formed = |part: &str| {
        part.split_once(':')
            .is_some_and(|(kind, name)| is_word(kind) && !name.is_empty() && name.chars().all(is_name_char))
    };
    text.len() <= MAX_LEN
        && text.starts_with(PREFIX)
        && text.split('/').skip(1).all(well_formed)
        && country(text).is_some_and(|c| c.len() == 2)
}

fn is_word(kind: &str) -> bool {
    !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() && !c.is_uppercase() || matches!(c, '-' | '_' | '.' | '~')
}

/// The id of a whole country.
pub fn of_country(country: &str) -> String {
    format!("{PREFIX}{country}")
}

/// ISO 3166 in lower case.
pub fn country(id: &str) -> Option<&str> {
    id.strip_prefix(PREFIX)?.split('/').next()
}

/// What the division is: `cd` of `…/state:ky/cd:1`.
pub fn kind(id: &str) -> &str {
    let last = id.rsplit('/').next().unwrap_or_default();
    last.split(':').next().unwrap_or_default()
}

/// The division right below the country: a state, a province; the country itself for the country.
pub fn first_level(id: &str) -> &str {
    match id.match_indices('/').nth(2) {
        Some((end, _)) => &id[..end],
        None => id,
    }
}

/// The division and all that it lies in, from the inside out, the country last.
pub fn with_parents(id: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(id), |id| {
        let (parent, _) = id.rsplit_once('/')?;
        parent.contains('/').then_some(parent)
    })
}

/// A name as the last part of an id: `Chittenden Southeast` is `chittenden_southeast`.
pub fn slug(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    for c in name.trim().to_lowercase().chars() {
        match c {
            c if is_name_char(c) => slug.push(c),
            '\'' | '’' => {}
            _ if slug.ends_with('_') => {}
            _ => slug.push('_'),
        }
    }
    slug.trim_matches('_').to_owned()
}

/// A division's name as it is searched for: `KY-01`, `ky 1` and `KY-1` are one; `VT-AL` and `VT-0` too.
pub fn name_key(name: &str) -> String {
    let lower = name
        .to_lowercase()
        .replace("at-large", "0")
        .replace("at large", "0");
    let words = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty());
    let mut key: Vec<&str> = Vec::new();
    for word in words {
        let bare = word.trim_start_matches('0');
        key.push(match word {
            "al" if !key.is_empty() => "0",
            _ if bare.is_empty() => "0",
            _ if bare.bytes().all(|b| b.is_ascii_digit()) => bare,
            _ => word,
        });
    }
    key.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_what_is_none() {
        for id in [
            "ocd-division/country:us",
            "ocd-division/country:us/state:ky/cd:1",
            "ocd-division/country:us/district:dc/ward:4",
            "ocd-division/country:ca/ed:35091-2023",
            "ocd-division/country:de/land:nw/wahlkreis:köln_1",
        ] {
            assert!(is_id(id), "{id}");
        }
        for id in [
            "",
            "country:us",
            "ocd-division/country:usa",
            "ocd-division/country:us/",
            "ocd-division/country:us/state",
            "ocd-division/country:us/state:",
            "ocd-division/country:us/state:KY",
            "ocd-division/country:us/state:k y",
        ] {
            assert!(!is_id(id), "{id}");
        }
    }

    #[test]
    fn an_id_names_its_parents() {
        let id = "ocd-division/country:us/state:ky/cd:1";
        let parents: Vec<&str> = with_parents(id).collect();
        assert_eq!(
            parents,
            [id, "ocd-division/country:us/state:ky", "ocd-division/country:us"]
        );
        assert_eq!((country(id), kind(id)), (Some("us"), "cd"));
        assert_eq!(first_level(id), "ocd-division/country:us/state:ky");
        assert_eq!(first_level("ocd-division/country:us"), "ocd-division/country:us");
        assert_eq!(with_parents("ocd-division/country:us").count(), 1);
    }

    #[test]
    fn names_are_found_however_they_are_written() {
        for (name, key) in [
            ("KY-1", "ky 1"),
            ("ky-01", "ky 1"),
            (" KY  1 ", "ky 1"),
            ("VT-AL", "vt 0"),
            ("VT-0", "vt 0"),
            ("VT at-large", "vt 0"),
            ("AL-5", "al 5"),
            ("Toronto—Danforth", "toronto danforth"),
            ("Köln I", "köln i"),
        ] {
            assert_eq!(name_key(name), key, "{name}");
        }
        assert_eq!(slug("Chittenden Southeast"), "chittenden_southeast");
        assert_eq!(slug("  St. John's, East "), "st._johns_east");
    }
}
