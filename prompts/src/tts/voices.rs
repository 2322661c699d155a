//! Voices by language, as the configuration names them: `en=en_US-amy-medium,es-MX=es_MX-claude-high`.

use crate::texts::base_languages;

/// Longest name of a voice.
pub const MAX_VOICE: usize = 64;
/// Most languages with a voice of their own.
const MAX_LANGUAGES: usize = 100;

/// Which voice speaks which language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Voices(Vec<(String, String)>);

impl Voices {
    /// From `language=voice`, separated by commas; `None` when it is not that.
    pub fn parse(text: &str) -> Option<Voices> {
        let mut voices = Vec::new();
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (language, voice) = pair.split_once('=')?;
            let (language, voice) = (language.trim(), voice.trim());
            if !super::is_language(language) || !is_voice(voice) || voices.len() == MAX_LANGUAGES {
                return None;
            }
            voices.push((language.to_owned(), voice.to_owned()));
        }
        Some(Voices(voices))
    }

    /// The voice of the language, else of its base; empty where there is none. A voice of another language is never taken:
    /// an English voice reads Spanish as if it were English.
    pub(super) fn of(&self, language: &str) -> &str {
        let found = base_languages(language).find_map(|wanted| {
            let (_, voice) = self
                .0
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(wanted))?;
            Some(voice.as_str())
        });
        found.unwrap_or_default()
    }
}

/// Whether it may be the name of a voice, and can be given to a program as it is: no option, no parent folder.
pub fn is_voice(name: &str) -> bool {
    let letters = |b: u8| b.is_ascii_alphanumeric() || b"._+-/".contains(&b);
    (1..=MAX_VOICE).contains(&name.len())
        && name.bytes().all(letters)
        && !name.starts_with(['-', '/'])
        && !name.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_voice_of_the_language() {
        let voices = Voices::parse("en=en_US-amy-medium, es-MX=claude,es=mls,").expect("voices");
        for (language, voice) in [
            ("en", "en_US-amy-medium"),
            ("en-GB", "en_US-amy-medium"),
            ("es-MX", "claude"),
            ("es_MX", "mls"),
            ("ES-mx", "claude"),
            ("es-AR", "mls"),
            ("fr", ""),
        ] {
            assert_eq!(voices.of(language), voice, "{language}");
        }
        assert_eq!(Voices::parse(""), Some(Voices::default()));
    }

    #[test]
    fn what_is_no_voice_is_refused() {
        for text in ["en", "en=", "=x", "en=-x", "en=../x", "en=a b", "e n=a", "en=a;b"] {
            assert_eq!(Voices::parse(text), None, "{text}");
        }
        assert!(!is_voice(&"v".repeat(MAX_VOICE + 1)));
    }
}
