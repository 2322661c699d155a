//! What plays for a key, and why (CAMPAIGNS.md 3): the campaign's selected version, else the installation's, else our own text; each in
//! the campaign's language, then in its base language, then in English.

use trunkline_prompts::key::PromptKey;
use trunkline_prompts::texts::{default_text_in, fallbacks};

use crate::store::prompts::{INSTALLATION, Prompt, Selection};

/// What plays for a key: a version that somebody selected, or our own text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Chosen<'a> {
    /// The version.
    Version(&'a Prompt),
    /// The text and its language.
    Default(&'static str, &'static str),
}

/// Whose choice it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// The campaign selected it.
    Campaign,
    /// The installation selected it, and the campaign nothing as near.
    Installation,
    /// Nobody selected anything as near.
    Nobody,
}

/// What plays, and why.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Playing<'a> {
    /// The sound.
    pub(crate) chosen: Chosen<'a>,
    /// Whose choice.
    pub(crate) by: By,
    /// The language that it was chosen for: the wanted one, or one that it falls back to.
    pub(crate) language: &'a str,
}

/// What plays for a key in a campaign of this language.
pub(crate) fn chosen<'a>(
    selected: &'a [(Selection, Prompt)],
    campaign: &str,
    language: &str,
    key: PromptKey,
) -> Chosen<'a> {
    playing(selected, campaign, language, key).chosen
}

/// The same, and why.
pub(crate) fn playing<'a>(
    selected: &'a [(Selection, Prompt)],
    campaign: &str,
    language: &str,
    key: PromptKey,
) -> Playing<'a> {
    let version = |by: By, scope: &str, language: &str| {
        let (selection, prompt) = selected
            .iter()
            .find(|(selection, _)| is_for(selection, scope, language, key.as_str()))?;
        Some(Playing {
            chosen: Chosen::Version(prompt),
            by,
            language: &selection.language,
        })
    };
    for language in fallbacks(language) {
        let own = version(By::Campaign, campaign, language);
        if let Some(found) = own.or_else(|| version(By::Installation, INSTALLATION, language)) {
            // The installation asks for itself: what it selected is its own.
            return Playing {
                by: if campaign == INSTALLATION {
                    By::Installation
                } else {
                    found.by
                },
                ..found
            };
        }
        let (text, text_language) = default_text_in(key, language);
        if text_language.eq_ignore_ascii_case(language) {
            return ours(text, text_language);
        }
    }
    let (text, language) = default_text_in(key, "en");
    ours(text, language)
}

/// Whether a selection is this campaign's for this key in this very language.
pub(super) fn is_for(selection: &Selection, scope: &str, language: &str, key: &str) -> bool {
    selection.campaign_id == scope
        && selection.key == key
        && selection.language.eq_ignore_ascii_case(language)
}

fn ours<'a>(text: &'static str, language: &'static str) -> Playing<'a> {
    Playing {
        chosen: Chosen::Default(text, language),
        by: By::Nobody,
        language,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `own es 3`: the campaign selected version 3 for es.
    fn check(selections: &[&str], language: &str, expect: &str) {
        let selected: Vec<(Selection, Prompt)> = selections
            .iter()
            .map(|line| {
                let parts: Vec<&str> = line.split(' ').collect();
                let scope = if parts[0] == "own" { "c" } else { INSTALLATION };
                let selection = Selection {
                    campaign_id: scope.into(),
                    key: "msg_intro".into(),
                    language: parts[1].into(),
                    prompt_id: String::new(),
                };
                let prompt = Prompt {
                    id: String::new(),
                    campaign_id: scope.into(),
                    key: "msg_intro".into(),
                    language: parts[1].into(),
                    version: parts[2].parse().expect("a number"),
                    text: Some("Hello.".into()),
                    voice: String::new(),
                    audio_hash: None,
                    duration_ms: None,
                    description: String::new(),
                    hidden: false,
                    created_at: 0,
                };
                (selection, prompt)
            })
            .collect();
        let found = playing(&selected, "c", language, PromptKey::Intro);
        let what = match found.chosen {
            Chosen::Version(prompt) => format!("version {}", prompt.version),
            Chosen::Default(_, language) => format!("default {language}"),
        };
        let said = format!("{what} for {} by {:?}", found.language, found.by);
        assert_eq!(said, expect, "{selections:?} in {language}");
    }

    #[test]
    fn the_nearest_language_goes_first_and_then_the_campaign() {
        let both = ["own es 1", "all es 2"];
        check(&both, "es", "version 1 for es by Campaign");
        check(&both, "es-MX", "version 1 for es by Campaign");
        check(
            &["own es 1", "all es-MX 2"],
            "es-MX",
            "version 2 for es-MX by Installation",
        );
        check(&["all es 2"], "es-MX", "version 2 for es by Installation");
        check(&["own en 1"], "es-MX", "default es for es by Nobody");
        check(&["own en 1"], "de", "version 1 for en by Campaign");
        check(&[], "de", "default en for en by Nobody");
        check(&[], "fr-CA", "default fr for fr by Nobody");
    }
}
