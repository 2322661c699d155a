//! Text to speech, by programs that run beside us: `flite` for English, `espeak-ng` for every other language, or a
//! command of the operator's.
//!
//! A missing program is an error that says what to install; the caller then plays [`crate::tone::default_tone`] and the call
//! goes on. Programs are never linked (they are under the GPL) and never see a shell.

mod cache;
mod engine;
mod run;
#[cfg(test)]
mod tests;
mod turns;

use std::path::PathBuf;

use crate::decode::{DecodeError, decode};
use crate::pcm::Pcm;

use cache::Cache;
pub use engine::{Engine, EngineReport};
use turns::Turns;

/// Longest text that is spoken at once, in characters.
pub const MAX_CHARACTERS: usize = 6_000;

/// Something that speaks.
pub trait Tts: Send + Sync {
    /// Speaks the text in a language (`en`, `es-MX`, …). Blocks: 40 to 120 ms a sentence, nothing when it was spoken before.
    fn speak(&self, text: &str, language: &str) -> Result<Pcm, TtsError>;
}

/// Why something was not spoken.
#[derive(Debug, thiserror::Error)]
pub enum TtsError {
    /// The program is not installed.
    #[error(
        "the speech program {program} is not installed; install it (Debian: apt-get install {package}) or choose another [tts] engine"
    )]
    Absent {
        /// The program.
        program: String,
        /// The package that has it.
        package: String,
    },
    /// It ran longer than its limit.
    #[error("the speech program {program} took longer than {seconds} s and was stopped")]
    TimedOut {
        /// The program.
        program: String,
        /// The limit.
        seconds: u64,
    },
    /// It ended with an error, or could not be run.
    #[error("the speech program {program} failed: {reason}")]
    Failed {
        /// The program.
        program: String,
        /// The first line that it wrote to stderr, or what the operating system said.
        reason: String,
    },
    /// What it gave is no audio.
    #[error("the speech program {program} gave no usable audio: {source}")]
    Output {
        /// The program.
        program: String,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// Empty, or longer than [`MAX_CHARACTERS`].
    #[error("there is nothing to speak, or more than {MAX_CHARACTERS} characters")]
    Text,
    /// Not the form of a language tag.
    #[error("this is no language tag such as en or es-MX")]
    Language,
}

/// How to speak.
#[derive(Clone, Debug, Default)]
pub struct SpeechConfig {
    /// The operator's engine for all languages; `None` picks flite and espeak-ng by language.
    pub engine: Option<Engine>,
    /// Folder in which spoken texts are kept; `None` keeps nothing.
    pub cache: Option<PathBuf>,
}

/// Speech with its engines and its cache.
pub struct Speech {
    engine: Option<Engine>,
    cache: Option<Cache>,
    turns: Turns,
}

impl Speech {
    /// Makes the cache's folder. A cache that cannot be used is left out, and the log says so.
    pub fn new(config: SpeechConfig) -> Speech {
        let cache = config.cache.and_then(|folder| match Cache::open(&folder) {
            Ok(cache) => Some(cache),
            Err(error) => {
                tracing::warn!(%error, folder = %folder.display(), "spoken prompts are not kept: the folder cannot be used");
                None
            }
        });
        Speech {
            engine: config.engine,
            cache,
            turns: Turns::default(),
        }
    }

    /// The engines that may speak this language, best first.
    fn engines(&self, language: &str) -> Vec<Engine> {
        match &self.engine {
            Some(engine) => vec![engine.clone()],
            None if is_english(language) => vec![Engine::Flite, Engine::EspeakNg],
            None => vec![Engine::EspeakNg],
        }
    }
}

impl Speech {
    fn kept(&self, key: &str) -> Option<Pcm> {
        self.cache.as_ref().and_then(|cache| cache.get(key))
    }
}

impl Tts for Speech {
    fn speak(&self, text: &str, language: &str) -> Result<Pcm, TtsError> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > MAX_CHARACTERS {
            return Err(TtsError::Text);
        }
        if !is_language(language) {
            return Err(TtsError::Language);
        }
        let mut first_error = None;
        for engine in self.engines(language) {
            let key = cache::key(&engine.name(), &engine.voice(language), text);
            if let Some(pcm) = self.kept(&key) {
                return Ok(pcm);
            }
            let _turn = self.turns.take(&key);
            // Somebody else may have spoken it meanwhile.
            if let Some(pcm) = self.kept(&key) {
                return Ok(pcm);
            }
            match speak(&engine, text, language) {
                Ok(pcm) => {
                    if let Some(cache) = &self.cache {
                        cache.put(&key, &pcm);
                    }
                    return Ok(pcm);
                }
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        Err(first_error.unwrap_or(TtsError::Language))
    }
}

/// Every engine that comes with us and whether its program is there, for `trunkline check` and the log.
pub fn engines() -> Vec<EngineReport> {
    [Engine::Flite, Engine::EspeakNg]
        .iter()
        .map(Engine::report)
        .collect()
}

fn speak(engine: &Engine, text: &str, language: &str) -> Result<Pcm, TtsError> {
    let audio = run::run(&engine.command(language), engine, text)?;
    decode(&audio).map_err(|source| TtsError::Output {
        program: engine.name(),
        source,
    })
}

fn is_english(language: &str) -> bool {
    language.get(..2).is_some_and(|l| l.eq_ignore_ascii_case("en"))
        && language
            .as_bytes()
            .get(2)
            .is_none_or(|b| !b.is_ascii_alphanumeric())
}

/// `en`, `es-MX`, `zh-Hant-TW`: letters and digits, so that it can be given to a program as it is (RFC 5646 section 2.1).
fn is_language(language: &str) -> bool {
    let mut parts = language.split(['-', '_']);
    let base = parts.next().unwrap_or_default();
    (2..=3).contains(&base.len())
        && base.bytes().all(|b| b.is_ascii_alphabetic())
        && language.len() <= 35
        && parts.all(|p| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()))
}
