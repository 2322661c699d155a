//! The engines: which program or service speaks, in which voice, and how it is asked.
//!
//! A program gets the text on its standard input and as the file `{file}`, and writes audio of any kind that we decode to its
//! standard output, or to the file `{out}`. A service gets it by POST: as JSON `{"text", "voice", "language"}`, which is what
//! Piper's own server reads, or as plain text; it answers with audio.

use std::path::{Path, PathBuf};

/// The voices that Debian's flite has built in.
const FLITE_VOICES: [&str; 5] = ["slt", "awb", "kal", "kal16", "rms"];
/// The one that is understood best on a telephone.
const FLITE_VOICE: &str = "slt";

/// Something that can be asked to speak.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Engine {
    /// `flite` with the voice slt: English only.
    Flite,
    /// `espeak-ng`: some hundred languages.
    EspeakNg,
    /// A command of the operator's, for example Piper: the program, then its arguments. In an argument `{file}` stands for a
    /// file with the text, `{out}` for the file to write, `{language}` for the language tag, `{voice}` for the voice.
    Command(Vec<String>),
    /// A service of the operator's, for example Piper's.
    Http {
        /// Where texts are posted.
        url: String,
        /// As plain text; else as JSON.
        plain: bool,
    },
}

/// Whether an engine's program is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineReport {
    /// The program.
    pub program: String,
    /// Where it lies; `None` when it is not installed.
    pub path: Option<PathBuf>,
    /// What it is for and, when it is absent, what to do.
    pub note: String,
}

impl Engine {
    /// From the configuration's `[tts] engine`: `flite`, `espeak-ng`, a URL (with the word `plain` behind it for texts that are
    /// posted as they are), or a command line, cut at white space.
    pub fn parse(text: &str) -> Option<Engine> {
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            [] => None,
            ["flite"] => Some(Engine::Flite),
            ["espeak-ng" | "espeak"] => Some(Engine::EspeakNg),
            [url] if is_url(url) => Some(Engine::Http {
                url: (*url).to_owned(),
                plain: false,
            }),
            [url, "plain"] if is_url(url) => Some(Engine::Http {
                url: (*url).to_owned(),
                plain: true,
            }),
            [url, ..] if is_url(url) => None,
            _ => Some(Engine::Command(words)),
        }
    }

    /// What kind it is, for metrics.
    pub const fn kind(&self) -> &'static str {
        match self {
            Engine::Flite => "flite",
            Engine::EspeakNg => "espeak-ng",
            Engine::Command(_) => "command",
            Engine::Http { .. } => "http",
        }
    }

    /// Whether it may have a voice of this name. Of the others only the engine itself knows.
    pub(super) fn may_have(&self, voice: &str) -> bool {
        !matches!(self, Engine::Flite) || FLITE_VOICES.contains(&voice)
    }

    /// The program, for messages.
    pub fn name(&self) -> String {
        match self {
            Engine::Flite => "flite".to_owned(),
            Engine::EspeakNg => "espeak-ng".to_owned(),
            Engine::Command(words) => words.first().cloned().unwrap_or_default(),
            Engine::Http { url, .. } => without_password(url),
        }
    }

    /// The Debian package of the program.
    pub(super) fn package(&self) -> String {
        match self {
            Engine::Flite | Engine::EspeakNg => self.name(),
            Engine::Command(_) | Engine::Http { .. } => "the package that has it".to_owned(),
        }
    }

    /// The voice that is asked for: the one that is wished, else the engine's own for the language.
    pub(super) fn voice(&self, language: &str, wished: &str) -> String {
        match self {
            _ if !wished.is_empty() => wished.to_owned(),
            Engine::Flite => FLITE_VOICE.to_owned(),
            Engine::EspeakNg => espeak_voice(language),
            Engine::Command(_) | Engine::Http { .. } => String::new(),
        }
    }

    /// All that decides how a text sounds, beside the engine's name; part of the cache's key.
    pub(super) fn sound(&self, language: &str, voice: &str) -> String {
        match self {
            Engine::Flite | Engine::EspeakNg => voice.to_owned(),
            Engine::Command(words) => format!("{} {language} {voice}", words.join(" ")),
            Engine::Http { plain, .. } => format!("{plain} {language} {voice}"),
        }
    }

    /// The program and its arguments, with `{file}` still in them; empty for a service.
    pub(super) fn command(&self, language: &str, voice: &str) -> Vec<String> {
        let words = |list: &[&str]| list.iter().map(|w| (*w).to_owned()).collect();
        match self {
            Engine::Flite => words(&["flite", "-voice", voice, "-f", "{file}", "-o", "{out}"]),
            // 150 words a minute, a little slower than its default, because a telephone takes the high tones away.
            Engine::EspeakNg => words(&["espeak-ng", "-v", voice, "-s", "150", "-f", "{file}", "--stdout"]),
            Engine::Command(list) => list
                .iter()
                .map(|w| w.replace("{language}", language).replace("{voice}", voice))
                .collect(),
            Engine::Http { .. } => Vec::new(),
        }
    }

    /// Looks for the program in `PATH`. A service is only named: it is asked when it is needed.
    pub fn report(&self) -> EngineReport {
        let program = self.name();
        if let Engine::Http { .. } = self {
            return EngineReport {
                path: Some(PathBuf::from(&program)),
                note: "speaks all prompts, as configured; flite and espeak-ng speak when it does not answer"
                    .to_owned(),
                program,
            };
        }
        let path = find(&program);
        let (what, without) = match self {
            Engine::Flite => ("speaks English prompts", "espeak-ng speaks instead"),
            Engine::EspeakNg => (
                "speaks prompts in every language but English",
                "callers hear English, or a tone, instead",
            ),
            Engine::Command(_) | Engine::Http { .. } => (
                "speaks all prompts, as configured",
                "flite and espeak-ng speak instead",
            ),
        };
        let note = match &path {
            Some(_) => what.to_owned(),
            None => format!(
                "{what}; not installed: {without}. Install it (Debian: apt-get install {})",
                self.package()
            ),
        };
        EngineReport { program, path, note }
    }
}

/// The nearest voice of espeak-ng: a few varieties by name, else the base language.
fn espeak_voice(language: &str) -> String {
    let tag = language.to_ascii_lowercase().replace('_', "-");
    let base = tag.split('-').next().unwrap_or(&tag);
    match (base, tag.as_str()) {
        ("es", "es" | "es-es") => "es",
        ("es", _) => "es-419",
        ("pt", "pt-br") => "pt-br",
        ("en", "en-us" | "en") => "en-us",
        ("en", _) => "en-gb",
        ("zh", _) => "cmn",
        _ => base,
    }
    .to_owned()
}

fn is_url(word: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .any(|scheme| word.len() > scheme.len() && word.starts_with(scheme))
}

/// For messages and logs.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("//") else {
        return url.to_owned();
    };
    let host = rest.split('/').next().unwrap_or_default();
    let rest = host.rfind('@').map_or(rest, |at| &rest[at + 1..]);
    format!("{scheme}//{rest}")
}

fn find(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(PathBuf::from(program)).filter(|p| p.is_file());
    }
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .map(|folder| folder.join(Path::new(program)))
        .find(|p| p.is_file())
}
