//! Which sound plays for a line: the version that was chosen, with its variables put in.

use trunkline_prompts::key::PromptKey;
use trunkline_prompts::texts::{default_text_in, fallbacks, plain_text_in};

use super::lines::Line;
use super::playing::{Chosen, chosen, is_for};
use super::spoken::With;
use crate::store::campaigns::Campaign;
use crate::store::prompts::{INSTALLATION, Prompt, Selection};

/// A sound before it is one: the same value is the same sound.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Sound {
    /// A file of `prompts::files`.
    Recording {
        /// Of its content.
        hash: String,
    },
    /// A text to speak.
    Spoken {
        /// With its variables put in.
        text: String,
        /// To be spoken in.
        language: String,
        /// The prompt's own voice, or the campaign's; empty for the configured one.
        voice: String,
    },
    /// Several, one after the other without a gap: recorded numbers within a spoken text.
    Joined {
        /// Recordings and texts.
        parts: Vec<Sound>,
    },
    /// A version that has neither, or a template that cannot be rendered.
    Unusable {
        /// Why.
        why: String,
    },
}

/// Names of targets are no secret, but texts are long: the log gets their beginning.
impl std::fmt::Debug for Sound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Sound::Recording { hash } => write!(f, "recording {hash}"),
            Sound::Spoken { text, language, .. } => {
                let start: String = text.chars().take(40).collect();
                write!(f, "{start:?} in {language}")
            }
            Sound::Joined { parts } => f.debug_list().entries(parts).finish(),
            Sound::Unusable { why } => f.write_str(why),
        }
    }
}

/// The sound of a line, and what plays instead when it cannot be made, best first: a recording that is selected elsewhere for this prompt,
/// our own text, our own text without its variables.
pub(super) fn choose(
    selected: &[(Selection, Prompt)],
    campaign: &Campaign,
    line: &Line,
) -> (Sound, Vec<Sound>) {
    let voice = &campaign.settings.voice;
    let language = &campaign.language;
    let with = With { selected, campaign };
    let own = |language: &str| {
        let (text, language) = default_text_in(line.key, language);
        with.spoken(text, language, voice, line)
    };
    let sound = |with: &With<'_>| match chosen(selected, &campaign.id, language, line.key) {
        Chosen::Version(prompt) => (with.version(prompt, line), prompt.language.as_str()),
        Chosen::Default(text, language) => (with.spoken(text, language, voice, line), language),
    };
    // Where a recorded number cannot be played, the whole sentence is spoken.
    let alone = With {
        selected: &[],
        campaign,
    };
    let ((sound, spoken_in), (all_spoken, _)) = (sound(&with), sound(&alone));
    let mut instead = vec![all_spoken];
    for language in fallbacks(language) {
        instead.extend(recording(selected, &campaign.id, language, line.key));
    }
    instead.push(own(spoken_in));
    instead.push(plain(line.key, spoken_in, voice));
    instead.retain(|other| *other != sound);
    (sound, instead)
}

/// The recording of a prompt in one language that the campaign selected, or the installation.
fn recording(
    selected: &[(Selection, Prompt)],
    campaign: &str,
    language: &str,
    key: PromptKey,
) -> Option<Sound> {
    [campaign, INSTALLATION].into_iter().find_map(|scope| {
        let (_, prompt) = selected
            .iter()
            .find(|(selection, _)| is_for(selection, scope, language, key.as_str()))?;
        let hash = prompt.audio_hash.clone()?;
        Some(Sound::Recording { hash })
    })
}

/// Our own text as it is said when nothing is known: without variables, so it was most likely spoken before and is kept.
fn plain(key: PromptKey, language: &str, voice: &str) -> Sound {
    let (text, language) = plain_text_in(key, language);
    Sound::Spoken {
        text: text.to_owned(),
        language: language.to_owned(),
        voice: voice.to_owned(),
    }
}

/// Texts that every campaign in this language falls back to; spoken once ahead of time, they are there when no engine is.
pub(super) fn ahead(campaign: &Campaign) -> impl Iterator<Item = Sound> {
    PromptKey::ALL
        .into_iter()
        .filter(|key| !key.variables().is_empty())
        .map(|key| plain(key, &campaign.language, &campaign.settings.voice))
}

/// Which text a caller hears: a name for its version, and the text as far as it is one.
pub(super) fn heard(
    selected: &[(Selection, Prompt)],
    campaign: &str,
    language: &str,
    key: PromptKey,
) -> (String, String) {
    match chosen(selected, campaign, language, key) {
        Chosen::Version(prompt) => (
            format!(
                "{} {} version {} ({})",
                prompt.key, prompt.language, prompt.version, prompt.id
            ),
            prompt.text.clone().unwrap_or_default(),
        ),
        Chosen::Default(text, language) => (format!("{} {language} default", key.as_str()), text.to_owned()),
    }
}
