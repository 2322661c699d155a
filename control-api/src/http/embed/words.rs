//! The form's and its companion's own words, by language.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// Words by their key.
pub(super) type Words = BTreeMap<String, String>;

/// One language.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::http) struct Language {
    /// What the script says.
    pub(super) form: Words,
    /// What stands on the page for an iframe.
    pub(super) page: Words,
    /// How a call stands.
    pub(super) call: Words,
}

/// Every language, by the first two letters of its tag.
pub(super) static LANGUAGES: LazyLock<BTreeMap<String, Language>> =
    LazyLock::new(|| serde_json::from_str(include_str!("words.json")).unwrap_or_default());

/// The first of these tags whose language we have, else English; with its two letters.
pub(super) fn language(tags: &[&str]) -> (&'static str, &'static Language) {
    let known = |tag: &&str| {
        let two = tag.get(..2)?.to_ascii_lowercase();
        LANGUAGES.get_key_value(&two)
    };
    let found = tags
        .iter()
        .find_map(known)
        .or_else(|| LANGUAGES.get_key_value("en"));
    found.map_or(("en", &NONE), |(two, language)| (two.as_str(), language))
}

static NONE: Language = Language {
    form: Words::new(),
    page: Words::new(),
    call: Words::new(),
};

/// The words of a key; the key itself where there are none.
pub(super) fn word<'a>(words: &'a Words, key: &'a str) -> &'a str {
    words.get(key).map_or(key, String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_everything() {
        let english = &LANGUAGES["en"];
        assert_eq!(LANGUAGES.keys().collect::<Vec<_>>(), ["en", "es", "fr"]);
        for (tag, language) in LANGUAGES.iter() {
            for (ours, theirs) in [(&english.form, &language.form), (&english.page, &language.page)] {
                assert!(!ours.is_empty() && ours.keys().eq(theirs.keys()), "{tag}");
                for (key, text) in theirs {
                    let variables = |text: &str| text.matches('{').count();
                    assert!(!text.is_empty(), "{tag} {key}");
                    assert_eq!(variables(text), variables(&ours[key]), "{tag} {key}");
                }
            }
        }
    }

    #[test]
    fn the_first_known_language_is_spoken() {
        let spoken = |tags: &[&str]| language(tags).0;
        assert_eq!(spoken(&["es-MX", "en"]), "es");
        assert_eq!(spoken(&["", "é", "de", "FR"]), "fr");
        assert_eq!(spoken(&["tlh"]), "en");
    }
}
