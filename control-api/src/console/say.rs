//! The two languages of the console. Texts stand in the pages in English; `texts/*.toml` has them in Spanish, for translators.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use axum::http::{HeaderMap, header};

use crate::http::extract::auth::cookie;

/// Where the choice of a language is kept.
pub(crate) const COOKIE: &str = "trunkline_language";

/// One file for each part of the console: the English text, and what it is in Spanish.
const SPANISH_FILES: [&str; 3] = [
    include_str!("texts/frame.toml"),
    include_str!("texts/campaigns.toml"),
    include_str!("texts/operations.toml"),
];

/// The API's own words (`no_answer`, `msg_intro`), in every language.
const WORDS_FILE: &str = include_str!("texts/words.toml");

static WORDS: LazyLock<HashMap<String, HashMap<String, String>>> =
    LazyLock::new(|| toml::from_str(WORDS_FILE).unwrap_or_default());

static SPANISH: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let mut all = HashMap::new();
    for file in SPANISH_FILES {
        all.extend(toml::from_str::<HashMap<String, String>>(file).unwrap_or_default());
    }
    all
});

/// A language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Say {
    /// As the pages are written.
    #[default]
    English,
    /// By the files.
    Spanish,
}

impl Say {
    /// Both, in the order in which they are offered.
    pub(crate) const ALL: [Say; 2] = [Say::English, Say::Spanish];

    /// BCP 47 tag.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Say::English => "en",
            Say::Spanish => "es",
        }
    }

    /// Its own name for itself.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Say::English => "English",
            Say::Spanish => "Español",
        }
    }

    /// By its tag.
    pub(crate) fn parse(tag: &str) -> Option<Say> {
        Say::ALL.into_iter().find(|say| say.tag() == tag)
    }

    /// The text in this language; as it is where nobody has translated it.
    pub(crate) fn t(self, english: &str) -> Cow<'_, str> {
        match self {
            Say::English => Cow::Owned(english.to_owned()),
            Say::Spanish => match SPANISH.get(english) {
                Some(spanish) => Cow::Borrowed(spanish.as_str()),
                None => Cow::Owned(english.to_owned()),
            },
        }
    }

    /// A word of the API in this language; as it is where nobody has said it.
    pub(crate) fn word(self, word: &str) -> Cow<'_, str> {
        match WORDS.get(word).and_then(|said| said.get(self.tag())) {
            Some(said) => Cow::Borrowed(said.as_str()),
            None => Cow::Owned(word.to_owned()),
        }
    }

    /// The text with `{name}` filled in.
    pub(crate) fn with(self, english: &str, values: &[(&str, &dyn std::fmt::Display)]) -> String {
        let mut text = self.t(english).into_owned();
        for (name, value) in values {
            text = text.replace(&format!("{{{name}}}"), &value.to_string());
        }
        text
    }

    /// A number with its thousands apart, as the language does it.
    pub(crate) fn number(self, number: i64) -> String {
        let digits = number.unsigned_abs().to_string();
        let mut out = String::new();
        for (n, digit) in digits.chars().enumerate() {
            if n > 0 && (digits.len() - n).is_multiple_of(3) {
                out.push(match self {
                    Say::English => ',',
                    Say::Spanish => '.',
                });
            }
            out.push(digit);
        }
        if number < 0 { format!("-{out}") } else { out }
    }

    /// What somebody chose, else the first language of their browser that we speak (RFC 9110 section 12.5.4).
    pub(crate) fn of(headers: &HeaderMap) -> Say {
        if let Some(say) = cookie(headers, COOKIE).and_then(Say::parse) {
            return say;
        }
        let accepted = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        accepted
            .split(',')
            .filter_map(|range| range.trim().get(..2))
            .find_map(|tag| Say::parse(&tag.to_ascii_lowercase()))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::*;

    fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, out);
            } else if path.extension().is_some_and(|e| e == "rs") {
                out.push(path);
            }
        }
    }

    /// Every literal that is given to `t(` or `with(`, and to the functions that translate what they are given.
    fn said() -> BTreeSet<String> {
        let mut files = Vec::new();
        sources(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/console"),
            &mut files,
        );
        // Refusals of the login, which come from the API.
        let mut found: BTreeSet<String> = ["name or password is wrong", "too many tries to log in"]
            .iter()
            .filter_map(|begin| SPANISH.keys().find(|text| text.starts_with(begin)).cloned())
            .collect();
        for file in files.iter().filter(|file| !file.ends_with("say.rs")) {
            let text = std::fs::read_to_string(file).unwrap();
            for opening in [".t(", ".with("] {
                for (at, _) in text.match_indices(opening) {
                    let rest = text[at + opening.len()..].trim_start();
                    if let Some(rest) = rest.strip_prefix('"') {
                        found.insert(rest.split('"').next().unwrap().to_owned());
                    }
                }
            }
        }
        found
    }

    #[test]
    fn every_text_is_there_in_spanish_and_none_is_left_over() {
        let said = said();
        let missing: Vec<&String> = said.iter().filter(|text| !SPANISH.contains_key(*text)).collect();
        assert!(missing.is_empty(), "without Spanish: {missing:#?}");
        let unused: Vec<&String> = SPANISH.keys().filter(|text| !said.contains(*text)).collect();
        assert!(unused.is_empty(), "nobody says: {unused:#?}");
        for file in SPANISH_FILES {
            toml::from_str::<HashMap<String, String>>(file).unwrap();
        }
    }

    #[test]
    fn every_word_is_there_in_both_languages() {
        let words: HashMap<String, HashMap<String, String>> = toml::from_str(WORDS_FILE).unwrap();
        for (word, said) in words {
            let missing = Say::ALL.into_iter().find(|say| !said.contains_key(say.tag()));
            assert!(
                missing.is_none() && said.len() == Say::ALL.len(),
                "{word}: {said:?}"
            );
        }
    }

    #[test]
    fn a_translation_fills_the_same_places() {
        let places = |text: &str| -> BTreeSet<String> {
            text.split('{')
                .skip(1)
                .filter_map(|rest| Some(rest.split_once('}')?.0.to_owned()))
                .collect()
        };
        for (english, spanish) in SPANISH.iter() {
            assert_eq!(places(english), places(spanish), "{english}");
        }
    }

    #[test]
    fn a_language_is_chosen_or_found_out() {
        let check = |cookie: Option<&'static str>, accept: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            for (name, value) in [(header::COOKIE, cookie), (header::ACCEPT_LANGUAGE, accept)] {
                if let Some(value) = value {
                    headers.insert(name, value.parse().unwrap());
                }
            }
            Say::of(&headers).tag()
        };
        assert_eq!(check(None, None), "en");
        assert_eq!(check(None, Some("es-MX,es;q=0.9,en;q=0.8")), "es");
        assert_eq!(check(None, Some("de, ES;q=0.5")), "es");
        assert_eq!(check(Some("trunkline_language=en"), Some("es")), "en");
        assert_eq!(check(Some("trunkline_language=xx"), Some("é")), "en");
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(Say::English.number(1_234_567), "1,234,567");
        assert_eq!(Say::Spanish.number(1_234), "1.234");
        assert_eq!(Say::English.number(-999), "-999");
    }
}
