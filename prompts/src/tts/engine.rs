//! The engines: which program speaks, in which voice, and how it is asked.
//!
//! A program gets the text on its standard input and as the file `{file}`, and writes audio of any kind that we decode to its
//! standard output, or to the file `{out}`.

use std::path::{Path, PathBuf};

/// Something that can be asked to speak.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Engine {
    /// `flite` with the voice slt: English only.
    Flite,
    /// `espeak-ng`: some hundred languages.
    EspeakNg,
    /// A command of the operator's, for example Piper: the program, then its arguments. In an argument `{file}` stands for a
    /// file with the text, `{out}` for the file to write, `{language}` for the language tag.
    Command(Vec<String>),
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
    /// From the configuration's `[tts] engine`: `flite`, `espeak-ng`, or a command line, cut at white space.
    pub fn parse(text: &str) -> Option<Engine> {
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            [] => None,
            ["flite"] => Some(Engine::Flite),
            ["espeak-ng" | "espeak"] => Some(Engine::EspeakNg),
            _ => Some(Engine::Command(words)),
        }
    }

    /// The program, for messages.
    pub fn name(&self) -> String {
        match self {
            Engine::Flite => "flite".to_owned(),
            Engine::EspeakNg => "espeak-ng".to_owned(),
            Engine::Command(words) => words.first().cloned().unwrap_or_default(),
        }
    }

    /// The Debian package of the program.
    pub(super) fn package(&self) -> String {
        match self {
            Engine::Flite | Engine::EspeakNg => self.name(),
            Engine::Command(_) => "the package that has it".to_owned(),
        }
    }

    /// All that decides how a text sounds in a language, beside the program; part of the cache's key.
    pub(super) fn voice(&self, language: &str) -> String {
        match self {
            Engine::Flite => "slt".to_owned(),
            Engine::EspeakNg => espeak_voice(language),
            Engine::Command(words) => format!("{} {language}", words.join(" ")),
        }
    }

    /// The program and its arguments, with `{file}` still in them.
    pub(super) fn command(&self, language: &str) -> Vec<String> {
        let words = |list: &[&str]| list.iter().map(|w| (*w).to_owned()).collect();
        match self {
            Engine::Flite => words(&["flite", "-voice", "slt", "-f", "{file}", "-o", "{out}"]),
            // 150 words a minute, a little slower than its default, because a telephone takes the high tones away.
            Engine::EspeakNg => words(&[
                "espeak-ng",
                "-v",
                &espeak_voice(language),
                "-s",
                "150",
                "-f",
                "{file}",
                "--stdout",
            ]),
            Engine::Command(list) => list.iter().map(|w| w.replace("{language}", language)).collect(),
        }
    }

    /// Looks for the program in `PATH`.
    pub fn report(&self) -> EngineReport {
        let program = self.name();
        let path = find(&program);
        let what = match self {
            Engine::Flite => "speaks English prompts",
            Engine::EspeakNg => "speaks prompts in every language but English",
            Engine::Command(_) => "speaks all prompts, as configured",
        };
        let note = match &path {
            Some(_) => what.to_owned(),
            None => format!(
                "{what}; not installed: callers hear a tone instead. Install it (Debian: apt-get install {})",
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

fn find(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(PathBuf::from(program)).filter(|p| p.is_file());
    }
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .map(|folder| folder.join(Path::new(program)))
        .find(|p| p.is_file())
}
