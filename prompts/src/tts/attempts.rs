//! Who is asked to speak, in which language and voice, and in which order: the configured engine, then flite and espeak-ng;
//! each in the language, then in its base (es-MX, es); English comes last of all.

use super::engine::Engine;
use super::voices::Voices;
use crate::texts::base_languages;

/// Most that are tried for one text.
const MAX_ATTEMPTS: usize = 10;

/// One engine asked in one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attempt<'a> {
    pub(super) engine: &'a Engine,
    pub(super) language: &'a str,
    pub(super) voice: String,
}

pub(super) fn attempts<'a>(
    configured: Option<&'a Engine>,
    voices: &Voices,
    language: &'a str,
    wished: &str,
) -> Vec<Attempt<'a>> {
    let mut attempts: Vec<Attempt<'_>> = Vec::new();
    let mut add = |engine: &'a Engine, language: &'a str, wished: &str| {
        let attempt = Attempt {
            engine,
            language,
            voice: engine.voice(language, wished),
        };
        if attempts.len() < MAX_ATTEMPTS && !attempts.contains(&attempt) {
            attempts.push(attempt);
        }
    };
    let wished = if wished.is_empty() {
        voices.of(language)
    } else {
        wished
    };
    for language in base_languages(language) {
        let known = configured.map_or_else(|| own(language), std::slice::from_ref);
        // The names of voices are the first choice's own: no other engine knows them.
        for engine in known.iter().filter(|engine| engine.may_have(wished)) {
            add(engine, language, wished);
        }
    }
    for language in base_languages(language).chain(["en"]) {
        for engine in own(language) {
            add(engine, language, "");
        }
    }
    attempts
}

/// Our own engines for a language, best first.
fn own(language: &str) -> &'static [Engine] {
    static OWN: [Engine; 2] = [Engine::Flite, Engine::EspeakNg];
    let base = language.split(['-', '_']).next().unwrap_or_default();
    if base.eq_ignore_ascii_case("en") {
        &OWN
    } else {
        &OWN[1..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(engine: Option<&str>, language: &str, wished: &str, expect: &str) {
        let configured = engine.and_then(Engine::parse);
        let voices = Voices::parse("es=mls,en=amy").expect("voices");
        let said: Vec<String> = attempts(configured.as_ref(), &voices, language, wished)
            .iter()
            .map(|a| {
                format!("{} {} {}", a.engine.kind(), a.language, a.voice)
                    .trim()
                    .to_owned()
            })
            .collect();
        assert_eq!(said.join(", "), expect, "{language} {wished}");
    }

    #[test]
    fn the_configured_engine_then_our_own_and_english_last() {
        check(
            Some("piper"),
            "es-MX",
            "",
            "command es-MX mls, command es mls, espeak-ng es-MX es-419, espeak-ng es es, flite en slt, espeak-ng en en-us",
        );
        check(
            Some("http://p/"),
            "fr",
            "siwis",
            "http fr siwis, espeak-ng fr fr, flite en slt, espeak-ng en en-us",
        );
        check(
            Some("flite"),
            "fr",
            "",
            "espeak-ng fr fr, flite en slt, espeak-ng en en-us",
        );
    }

    #[test]
    fn without_an_engine_voices_are_those_of_our_own() {
        check(
            None,
            "en",
            "rms",
            "flite en rms, espeak-ng en rms, flite en slt, espeak-ng en en-us",
        );
        check(
            None,
            "de",
            "de+f3",
            "espeak-ng de de+f3, espeak-ng de de, flite en slt, espeak-ng en en-us",
        );
        check(
            None,
            "en",
            "",
            "espeak-ng en amy, flite en slt, espeak-ng en en-us",
        );
    }
}
