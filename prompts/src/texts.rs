//! The default catalogue: for every prompt a text of our own, in each language that we speak.
//!
//! A language falls back from its variety to its base and then to English: es-MX → es → en.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::key::PromptKey;

/// Languages with a text for every prompt.
pub const LANGUAGES: [&str; 3] = ["en", "es", "fr"];

const SOURCES: [(&str, &str); 3] = [
    ("en", include_str!("../texts/en.toml")),
    ("es", include_str!("../texts/es.toml")),
    ("fr", include_str!("../texts/fr.toml")),
];

static CATALOGUE: LazyLock<HashMap<(&str, PromptKey), String>> = LazyLock::new(|| {
    let mut catalogue = HashMap::new();
    for (language, source) in SOURCES {
        // A file that cannot be read leaves its language out; the test below finds that before anybody else does.
        let texts: HashMap<String, String> = toml::from_str(source).unwrap_or_default();
        for (name, text) in texts {
            if let Ok(key) = PromptKey::parse(&name) {
                catalogue.insert((language, key), text);
            }
        }
    }
    catalogue
});

/// The default text of a prompt in the nearest language that has one.
pub fn default_text(key: PromptKey, language: &str) -> &'static str {
    default_text_in(key, language).0
}

/// As [`default_text`], with the language that the text is in (and is to be spoken in).
pub fn default_text_in(key: PromptKey, language: &str) -> (&'static str, &'static str) {
    let found = fallbacks(language)
        .filter_map(|wanted| LANGUAGES.into_iter().find(|l| wanted.eq_ignore_ascii_case(l)))
        .find_map(|l| Some((CATALOGUE.get(&(l, key))?.as_str(), l)));
    found.unwrap_or(("", "en"))
}

/// The language itself, then without its last part, and so on, then English. `es_MX` counts as `es-MX`.
pub fn fallbacks(language: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(language), |l| l.rfind(['-', '_']).map(|end| &l[..end]))
        .filter(|l| !l.is_empty())
        .chain(["en"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template;

    #[test]
    fn every_prompt_has_a_text_in_every_language() {
        for (language, source) in SOURCES {
            let texts: HashMap<String, String> = toml::from_str(source).expect("TOML");
            assert_eq!(
                texts.len(),
                PromptKey::ALL.len(),
                "{language} has texts for names that are no prompt"
            );
            for key in PromptKey::ALL {
                let (text, found) = default_text_in(key, language);
                assert_eq!(found, language, "{key} is missing");
                assert_eq!(template::check(key, text), Ok(()), "{language} {key}");
            }
        }
    }

    #[test]
    fn varieties_fall_back() {
        let language = |wanted| default_text_in(PromptKey::Goodbye, wanted).1;
        let cases = [
            ("es", "es"),
            ("es-MX", "es"),
            ("ES_mx", "es"),
            ("fr-CA", "fr"),
            ("en-GB", "en"),
            ("de", "en"),
            ("", "en"),
        ];
        for (wanted, found) in cases {
            assert_eq!(language(wanted), found, "{wanted}");
        }
        assert_eq!(
            fallbacks("zh-Hant-TW").collect::<Vec<_>>(),
            ["zh-Hant-TW", "zh-Hant", "zh", "en"]
        );
    }

    #[test]
    fn one_and_many_targets_are_spoken_of_differently() {
        for language in LANGUAGES {
            let text = default_text(PromptKey::CallBlockIntro, language);
            let say = |n: u32| {
                template::render(text, &serde_json::json!({"n_targets": n, "many": n > 1})).expect("renders")
            };
            assert!(say(3).contains('3'), "{}", say(3));
            assert_ne!(say(1).replace('1', ""), say(3).replace('3', ""), "{language}");
        }
    }
}
