//! Text to speech, by programs that run beside us: `flite` for English, `espeak-ng` for every other language, or a
//! command or an HTTP service of the operator's, for which the two stand in when it fails.
//!
//! A missing program is an error that says what to install; the caller then plays another text or a tone, and the call goes
//! on. Programs are never linked (they are under the GPL) and never see a shell.

mod ascii;
mod ask;
mod attempts;
mod cache;
mod circuit;
mod engine;
mod outside;
mod run;

#[cfg(test)]
mod tests;
mod turns;
mod voices;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use crate::decode::{DecodeError, decode};
use crate::pcm::Pcm;

use attempts::{Attempt, attempts};
use cache::Cache;
use circuit::{Circuits, News};
pub use engine::{Engine, EngineReport};
pub use outside::{Ask, AskError, Outcome, Request, Watch};
use turns::Turns;
pub use voices::{MAX_VOICE, Voices, is_voice};

/// Longest text that is spoken at once, in characters.
pub const MAX_CHARACTERS: usize = 6_000;

/// A text to be spoken, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Saying<'a> {
    /// What is said.
    pub text: &'a str,
    /// BCP 47 tag: `en`, `es-MX`, …
    pub language: &'a str,
    /// A voice of the engine; empty for the one that is configured for the language.
    pub voice: &'a str,
}

/// Speech.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// How it sounds.
    pub pcm: Pcm,
    /// The configured engine failed, and another one spoke in its place.
    pub stand_in: bool,
}

impl From<Pcm> for Spoken {
    fn from(pcm: Pcm) -> Spoken {
        Spoken { pcm, stand_in: false }
    }
}

/// Something that speaks.
pub trait Tts: Send + Sync {
    /// Speaks. Blocks: 40 to 120 ms a sentence, nothing when it was spoken before.
    fn speak(&self, saying: Saying<'_>) -> Result<Spoken, TtsError>;

    /// Tells of every engine that is asked from now on, and gives it a clock.
    fn watch(&self, _watch: Arc<dyn Watch>) {}
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
    /// It failed too often of late, and is not asked for a while.
    #[error("the speech program {program} failed too often and is left alone for a while")]
    LeftAlone {
        /// The program.
        program: String,
    },
    /// Not the form of a voice's name.
    #[error("this is no voice: expected letters, digits and . _ + - /, {MAX_VOICE} at most")]
    Voice,
    /// Not the form of a language tag.
    #[error("this is no language tag such as en or es-MX")]
    Language,
}

/// How to speak.
#[derive(Clone, Default)]
pub struct SpeechConfig {
    /// The operator's engine for all languages; `None` picks flite and espeak-ng by language.
    pub engine: Option<Engine>,
    /// Voices by language, for texts that wish for none.
    pub voices: Voices,
    /// Folder in which spoken texts are kept; `None` keeps nothing.
    pub cache: Option<PathBuf>,
    /// Who asks an [`Engine::Http`].
    pub ask: Option<Arc<dyn Ask>>,
}

/// Speech with its engines and its cache.
pub struct Speech {
    engine: Option<Engine>,
    voices: Voices,
    cache: Option<Cache>,
    ask: Option<Arc<dyn Ask>>,
    watch: OnceLock<Arc<dyn Watch>>,
    circuits: Mutex<Circuits>,
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
            voices: config.voices,
            cache,
            ask: config.ask,
            watch: OnceLock::new(),
            circuits: Mutex::default(),
            turns: Turns::default(),
        }
    }

    fn kept(&self, key: &str) -> Option<Pcm> {
        let audio = self.cache.as_ref()?.get(key)?;
        decode(&audio).ok()
    }

    /// One engine, in one language and voice: from what is kept, or asked.
    fn attempt(&self, attempt: &Attempt<'_>, text: &str) -> Result<Pcm, TtsError> {
        let Attempt {
            engine,
            language,
            voice,
        } = attempt;
        let sound = engine.sound(language, voice);
        let key = cache::key(&engine.name(), &sound, text);
        if let Some(pcm) = self.kept(&key) {
            self.count(engine, Outcome::Kept, Duration::ZERO);
            return Ok(pcm);
        }
        let _turn = self.turns.take(&key);
        // Somebody else may have spoken it meanwhile.
        if let Some(pcm) = self.kept(&key) {
            self.count(engine, Outcome::Kept, Duration::ZERO);
            return Ok(pcm);
        }
        let circuit = format!("{} {sound}", engine.name());
        let began = self.watch.get().map(|watch| watch.now());
        if began.is_some_and(|now| !lock(&self.circuits).may_ask(&circuit, now)) {
            self.count(engine, Outcome::LeftAlone, Duration::ZERO);
            return Err(TtsError::LeftAlone {
                program: engine.name(),
            });
        }
        let spoken = self.ask(attempt, text);
        if let (Some(watch), Some(began)) = (self.watch.get(), began) {
            let now = watch.now();
            let took = now.saturating_duration_since(began);
            self.count(engine, outcome(&spoken), took);
            let news = lock(&self.circuits).tell(&circuit, spoken.is_ok(), now);
            tell(news, engine, spoken.as_ref().err());
        }
        let (audio, pcm) = spoken?;
        if let Some(cache) = &self.cache {
            cache.put(&key, &audio);
        }
        Ok(pcm)
    }

    /// As the engine gave it, and as callers hear it.
    fn ask(&self, attempt: &Attempt<'_>, text: &str) -> Result<(Vec<u8>, Pcm), TtsError> {
        let engine = attempt.engine;
        let audio = match engine {
            Engine::Http { url, plain } => ask::ask(self.ask.as_deref(), url, *plain, attempt, text)?,
            Engine::Flite => {
                let command = engine.command(attempt.language, &attempt.voice);
                run::run(&command, engine, &ascii::plain(text))?
            }
            Engine::EspeakNg | Engine::Command(_) => {
                run::run(&engine.command(attempt.language, &attempt.voice), engine, text)?
            }
        };
        let pcm = decode(&audio).map_err(|source| TtsError::Output {
            program: engine.name(),
            source,
        })?;
        Ok((audio, pcm))
    }

    fn count(&self, engine: &Engine, outcome: Outcome, took: Duration) {
        if let Some(watch) = self.watch.get() {
            watch.asked(engine.kind(), outcome, took);
        }
    }
}

impl Tts for Speech {
    fn speak(&self, saying: Saying<'_>) -> Result<Spoken, TtsError> {
        let text = saying.text.trim();
        if text.is_empty() || text.chars().count() > MAX_CHARACTERS {
            return Err(TtsError::Text);
        }
        if !is_language(saying.language) {
            return Err(TtsError::Language);
        }
        if !saying.voice.is_empty() && !is_voice(saying.voice) {
            return Err(TtsError::Voice);
        }
        let mut first_error = None;
        let mut given_up = Vec::new();
        for attempt in attempts(self.engine.as_ref(), &self.voices, saying.language, saying.voice) {
            if given_up.contains(&attempt.engine.kind()) {
                continue;
            }
            match self.attempt(&attempt, text) {
                Ok(pcm) => {
                    let stand_in = self
                        .engine
                        .as_ref()
                        .is_some_and(|engine| engine != attempt.engine);
                    return Ok(Spoken { pcm, stand_in });
                }
                Err(error) => {
                    // Another language or voice helps where the engine said no, not where it is not there or hangs.
                    if matches!(error, TtsError::Absent { .. } | TtsError::TimedOut { .. }) {
                        given_up.push(attempt.engine.kind());
                    }
                    first_error = first_error.or(Some(error));
                }
            }
        }
        Err(first_error.unwrap_or(TtsError::Language))
    }

    fn watch(&self, watch: Arc<dyn Watch>) {
        // Whoever came first goes on watching.
        let _ = self.watch.set(watch);
    }
}

fn outcome<T>(spoken: &Result<T, TtsError>) -> Outcome {
    match spoken {
        Ok(_) => Outcome::Spoken,
        Err(TtsError::Absent { .. }) => Outcome::Absent,
        Err(TtsError::TimedOut { .. }) => Outcome::TimedOut,
        Err(TtsError::LeftAlone { .. }) => Outcome::LeftAlone,
        Err(
            TtsError::Failed { .. }
            | TtsError::Output { .. }
            | TtsError::Text
            | TtsError::Voice
            | TtsError::Language,
        ) => Outcome::Failed,
    }
}

fn tell(news: News, engine: &Engine, error: Option<&TtsError>) {
    let (engine, error) = (engine.name(), error.map(ToString::to_string).unwrap_or_default());
    match news {
        News::Nothing => {}
        News::Failing => {
            tracing::warn!(
                engine,
                error,
                "a speech engine failed; the next one speaks in its place"
            );
        }
        News::LeftAlone => tracing::warn!(
            engine,
            error,
            seconds = circuit::REST.as_secs(),
            "a speech engine failed again and again; it is left alone for a while"
        ),
        News::Recovered => tracing::info!(engine, "a speech engine speaks again"),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Every engine that comes with us and whether its program is there, for `trunkline check` and the log.
pub fn engines() -> Vec<EngineReport> {
    [Engine::Flite, Engine::EspeakNg]
        .iter()
        .map(Engine::report)
        .collect()
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
