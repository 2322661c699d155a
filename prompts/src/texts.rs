//! The default catalogue: for every prompt a text of our own, in each language that we speak.
//!
//! A language falls back from its variety to its base and then to English: es-MX → es → en.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::key::PromptKey;
use crate::names::Names;
use crate::template;
use crate::words::Words;

/// Languages with a text for every prompt.
pub const LANGUAGES: [&str; 3] = ["en", "es", "fr"];

const SOURCES: [(&str, &str); 3] = [
    ("en", include_str!("../texts/en.toml")),
    ("es", include_str!("../texts/es.toml")),
    ("fr", include_str!("../texts/fr.toml")),
];

/// One language's file, as a translator writes it.
#[derive(Debug, Default, Deserialize)]
struct File {
    /// What is said instead of a text whose variables have no value.
    #[serde(default)]
    plain: HashMap<PromptKey, String>,
    #[serde(default)]
    words: Words,
    #[serde(default)]
    names: Names,
    #[serde(flatten)]
    texts: HashMap<PromptKey, String>,
}

static CATALOGUE: LazyLock<HashMap<&str, File>> = LazyLock::new(|| {
    let read = |(language, source)| {
        // A file that cannot be read leaves its language out; the test below finds that before anybody else does.
        let mut file: File = toml::from_str(source).unwrap_or_default();
        for (key, text) in &file.texts {
            // Most texts can be said as they are when nothing is known.
            if let Ok(text) = template::render(text, &serde_json::json!({})) {
                file.plain.entry(*key).or_insert(text);
            }
        }
        (language, file)
    };
    SOURCES.into_iter().map(read).collect()
});

/// The default text of a prompt in the nearest language that has one.
pub fn default_text(key: PromptKey, language: &str) -> &'static str {
    default_text_in(key, language).0
}

/// As [`default_text`], with the language that the text is in (and is to be spoken in).
pub fn default_text_in(key: PromptKey, language: &str) -> (&'static str, &'static str) {
    find(language, |file| file.texts.get(&key).map(String::as_str))
}

/// What is said in its place when its variables have no value or cannot be spoken: a sentence without any, and its language.
pub fn plain_text_in(key: PromptKey, language: &str) -> (&'static str, &'static str) {
    find(language, |file| file.plain.get(&key).map(String::as_str))
}

/// The small words of the nearest language that has some.
pub(crate) fn words(language: &str) -> Option<&'static Words> {
    fallbacks(language).find_map(known).map(|(_, file)| &file.words)
}

/// How names are said in the nearest language that knows.
pub(crate) fn names(language: &str) -> Option<&'static Names> {
    fallbacks(language).find_map(known).map(|(_, file)| &file.names)
}

fn find(
    language: &str,
    text: impl Fn(&'static File) -> Option<&'static str>,
) -> (&'static str, &'static str) {
    let found = fallbacks(language)
        .filter_map(known)
        .find_map(|(language, file)| Some((text(file)?, language)));
    found.unwrap_or(("", "en"))
}

fn known(wanted: &str) -> Option<(&'static str, &'static File)> {
    let language = LANGUAGES.into_iter().find(|l| wanted.eq_ignore_ascii_case(l))?;
    Some((language, CATALOGUE.get(language)?))
}

/// The language itself, then without its last part, and so on, then English. `es_MX` counts as `es-MX`.
pub fn fallbacks(language: &str) -> impl Iterator<Item = &str> {
    base_languages(language).chain(["en"])
}

/// The language itself, then without its last part, and so on, without English at the end.
pub fn base_languages(language: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(language), |l| l.rfind(['-', '_']).map(|end| &l[..end]))
        .filter(|l| !l.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prompt_has_a_text_in_every_language() {
        for (language, source) in SOURCES {
            let file: File = toml::from_str(source).expect("TOML with names of prompts alone");
            assert_eq!(file.texts.len(), PromptKey::ALL.len(), "{language}");
            for key in file.plain.keys() {
                assert!(
                    !key.variables().is_empty(),
                    "{language} {key} says the same twice"
                );
            }
            for key in PromptKey::ALL {
                let (text, found) = default_text_in(key, language);
                assert_eq!(found, language, "{key} is missing");
                assert_eq!(template::check(key, text), Ok(()), "{language} {key}");
                let (plain, found) = plain_text_in(key, language);
                assert_eq!(found, language, "{key} has nothing to say without its variables");
                assert!(!plain.is_empty() && !plain.contains("{{"), "{language} {key}");
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
                let values = serde_json::json!({"n_targets": n, "many": n > 1});
                template::render_spoken(text, &values, language).expect("renders")
            };
            let three = words(language).expect("words").number(3).expect("three");
            assert!(say(3).contains(three), "{}", say(3));
            assert_ne!(say(1), say(3).replace(three, say(1).as_str()), "{language}");
        }
    }

    #[test]
    fn what_is_left_is_counted_aloud() {
        for (language, left, said) in [
            (
                "en",
                1,
                "Well done. There is one call left. Now for the next one.",
            ),
            (
                "en-GB",
                3,
                "Well done. There are three calls left. Now for the next one.",
            ),
            (
                "es",
                1,
                "Muy bien hecho. Queda una llamada. Vamos con la siguiente.",
            ),
            (
                "es-MX",
                3,
                "Muy bien hecho. Quedan tres llamadas. Vamos con la siguiente.",
            ),
            ("fr", 1, "Bravo. Il reste un appel. Passons au suivant."),
            ("fr-CA", 3, "Bravo. Il reste trois appels. Passons au suivant."),
        ] {
            let (text, found) = default_text_in(PromptKey::BetweenCalls, language);
            let values = serde_json::json!({"calls_left": left, "one": left == 1, "many": left > 1});
            assert_eq!(template::render_spoken(text, &values, found).as_deref(), Ok(said));
        }
    }

    #[test]
    fn the_day_of_the_next_call_is_said() {
        let monday = crate::words::date(0, 11, 23);
        for (language, said) in [
            (
                "en",
                "We will call you again on Monday, November twenty-third, at this time.",
            ),
            (
                "es",
                "Le llamaremos el lunes veintitrés de noviembre, a esta misma hora.",
            ),
            (
                "fr",
                "Nous vous rappellerons lundi vingt-trois novembre, à la même heure.",
            ),
        ] {
            let (text, _) = default_text_in(PromptKey::ScheduleStart, language);
            let rendered = template::render_spoken(text, &serde_json::json!({"day": monday}), language);
            assert!(
                rendered.as_ref().is_ok_and(|text| text.ends_with(said)),
                "{rendered:?}"
            );
        }
    }
}
