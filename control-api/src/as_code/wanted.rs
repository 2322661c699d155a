//! A file with all that it points at: secrets taken from where they are, recordings read.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use trunkline_prompts::decode::MAX_BYTES as MAX_RECORDING;
use trunkline_prompts::files;

use super::current::Content;
use super::document::{self, Document, Prompt, Secret, Source};
use super::fault::{Fault, Faults};

/// Longest file with a secret.
const MAX_SECRET_BYTES: u64 = 4_096;

/// What a file wants.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Wanted {
    pub(super) document: Document,
    /// Of trunks, by name.
    pub(super) passwords: BTreeMap<String, String>,
    /// The installation's own.
    pub(super) prompts: Vec<Said>,
    /// Of campaigns, by name.
    pub(super) campaign_prompts: Vec<(String, Vec<Said>)>,
}

/// A prompt with what it says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Said {
    pub(super) key: String,
    pub(super) language: String,
    pub(super) description: String,
    pub(super) content: Content,
    /// Of a recording: where it lies.
    pub(super) path: Option<PathBuf>,
}

/// Reads a file and all that it points at. `env` answers variables of the environment.
pub(super) fn read(path: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Wanted, Faults> {
    let name = path.display().to_string();
    let text = whole(path, document::MAX_BYTES).map_err(|why| Faults::one(&name, None, why))?;
    let text =
        String::from_utf8(text).map_err(|_| Faults::one(&name, None, "it is not UTF-8: save it as UTF-8"))?;
    let document = document::parse(&name, &text)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    resolve(&name, folder, document, env)
}

fn resolve(
    file: &str,
    folder: &Path,
    document: Document,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Wanted, Faults> {
    let mut faults = Vec::new();
    let mut wanted = Wanted::default();
    let fault = |line: usize, what: String| Fault {
        file: file.to_owned(),
        line: Some(line),
        what,
    };
    for trunk in &document.trunks {
        let Some(secret) = &trunk.password else { continue };
        match of_secret(secret, folder, env) {
            Ok(password) => {
                wanted.passwords.insert(trunk.item.name.clone(), password);
            }
            Err((line, why)) => faults.push(fault(
                line,
                format!("trunk {:?}: password: {why}", trunk.item.name),
            )),
        }
    }
    let mut said = |of: &str, prompts: &[Prompt]| {
        let mut all = Vec::new();
        for prompt in prompts {
            match of_prompt(prompt, folder) {
                Ok(said) => all.push(said),
                Err(why) => faults.push(fault(prompt.line, format!("{of}prompt {}: {why}", prompt.key))),
            }
        }
        all
    };
    wanted.prompts = said("", &document.prompts);
    for campaign in &document.campaigns {
        let of = format!("campaign {:?}: ", campaign.item.name);
        let prompts = said(&of, &campaign.prompts);
        wanted
            .campaign_prompts
            .push((campaign.item.name.clone(), prompts));
    }
    wanted.document = document;
    match faults.is_empty() {
        true => Ok(wanted),
        false => Err(Faults(faults)),
    }
}

fn of_secret(
    secret: &Secret,
    folder: &Path,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<String, (usize, String)> {
    match secret {
        Secret::Env { name, line } => env(name).filter(|value| !value.is_empty()).ok_or_else(|| {
            (
                *line,
                format!("the variable {name} is not set: set it, or use a file"),
            )
        }),
        Secret::File { path, line } => {
            let bytes = whole(&folder.join(path), MAX_SECRET_BYTES)
                .map_err(|why| (*line, format!("{path}: {why}")))?;
            let text = String::from_utf8(bytes).map_err(|_| (*line, format!("{path}: it is not UTF-8")))?;
            Ok(text.trim_end_matches(['\r', '\n']).to_owned())
        }
    }
}

fn of_prompt(prompt: &Prompt, folder: &Path) -> Result<Said, String> {
    let (content, path) = match &prompt.source {
        Source::Text { text, voice } => {
            let (text, voice) = (text.clone(), voice.clone());
            (Content::Text { text, voice }, None)
        }
        Source::File(name) => {
            let path = folder.join(name);
            let most = u64::try_from(MAX_RECORDING).unwrap_or(u64::MAX);
            let bytes = whole(&path, most).map_err(|why| format!("file {name}: {why}"))?;
            (Content::Recording(files::hash(&bytes)), Some(path))
        }
    };
    Ok(Said {
        key: prompt.key.clone(),
        language: prompt.language.clone(),
        description: prompt.description.clone(),
        content,
        path,
    })
}

/// A file's bytes, or in words why not.
pub(super) fn whole(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let file = fs::File::open(path)
        .map_err(|error| format!("it cannot be read ({}): check the path", error.kind()))?;
    let mut bytes = Vec::new();
    let read = file.take(most + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("it cannot be read ({}): check the path", error.kind()))?;
    match u64::try_from(bytes.len()).is_ok_and(|length| length <= most) {
        true => Ok(bytes),
        false => Err(format!("it is longer than {most} bytes")),
    }
}
