//! A spoken line of a session: its template with the values put in, and recordings where somebody recorded its numbers.

use trunkline_prompts::template::render_pieces;
use trunkline_prompts::texts::base_languages;
use trunkline_prompts::words::{Piece, Word};

use super::choose::Sound;
use super::lines::Line;
use super::playing::is_for;
use super::said::said;
use crate::store::campaigns::Campaign;
use crate::store::prompts::{INSTALLATION, Prompt, Selection};

/// A campaign, and all that is selected for it.
pub(super) struct With<'a> {
    pub(super) selected: &'a [(Selection, Prompt)],
    pub(super) campaign: &'a Campaign,
}

impl With<'_> {
    pub(super) fn version(&self, prompt: &Prompt, line: &Line) -> Sound {
        let voice = match prompt.voice.as_str() {
            "" => &self.campaign.settings.voice,
            own => own,
        };
        match (&prompt.audio_hash, &prompt.text) {
            (Some(hash), _) => Sound::Recording { hash: hash.clone() },
            (None, Some(text)) => self.spoken(text, &prompt.language, voice, line),
            (None, None) => Sound::Unusable {
                why: format!(
                    "version {} of {} has neither audio nor text",
                    prompt.version, prompt.key
                ),
            },
        }
    }

    pub(super) fn spoken(&self, text: &str, language: &str, voice: &str, line: &Line) -> Sound {
        let pieces = match render_pieces(text, &said(&line.values, language), language) {
            Ok(pieces) => pieces,
            Err(error) => {
                return Sound::Unusable {
                    why: format!("{}: {error}", line.key.as_str()),
                };
            }
        };
        let mut parts = vec![String::new().into()];
        for piece in pieces {
            match piece {
                Piece::Text(text) => add(&mut parts, &text),
                Piece::Number(word, said) => match self.recorded(word, language) {
                    Some(hash) => parts.extend([Part::Recorded(hash), String::new().into()]),
                    None => add(&mut parts, &said),
                },
            }
        }
        // What is left of a sentence may be its full stop alone.
        let heard = |part: &Part| match part {
            Part::Recorded(_) => true,
            Part::Text(text) => text.chars().any(char::is_alphanumeric),
        };
        let alone = parts.len() == 1;
        let mut sounds: Vec<Sound> = parts
            .into_iter()
            .filter(|part| alone || heard(part))
            .map(|part| match part {
                Part::Recorded(hash) => Sound::Recording { hash },
                Part::Text(text) => Sound::Spoken {
                    text: text.trim().to_owned(),
                    language: language.to_owned(),
                    voice: voice.to_owned(),
                },
            })
            .collect();
        match (sounds.len(), sounds.pop()) {
            (1, Some(only)) => only,
            (_, last) => {
                sounds.extend(last);
                Sound::Joined { parts: sounds }
            }
        }
    }

    /// The recording of a number in the language, or its base.
    fn recorded(&self, word: Word, language: &str) -> Option<String> {
        let key = word.to_string();
        base_languages(language).find_map(|language| {
            [self.campaign.id.as_str(), INSTALLATION]
                .into_iter()
                .find_map(|scope| {
                    let (_, prompt) = self
                        .selected
                        .iter()
                        .find(|(selection, _)| is_for(selection, scope, language, &key))?;
                    prompt.audio_hash.clone()
                })
        })
    }
}

/// A part of a line: the hash of a recording, or a text.
enum Part {
    Recorded(String),
    Text(String),
}

impl From<String> for Part {
    fn from(text: String) -> Part {
        Part::Text(text)
    }
}

fn add(parts: &mut [Part], more: &str) {
    if let Some(Part::Text(text)) = parts.last_mut() {
        text.push_str(more);
    }
}

#[cfg(test)]
mod tests {
    use trunkline_prompts::key::PromptKey;

    use super::super::choose::choose;
    use super::super::lines::lines;
    use super::super::tests::{campaign, selection, session, shown};

    /// Two calls are left after the first of three.
    fn check_left(selections: &[&str], language: &str, expect: &str, instead: &str) {
        let selected: Vec<_> = selections.iter().map(|line| selection(line)).collect();
        let line = lines(&campaign(language), &session("A B C"), None)
            .into_iter()
            .rfind(|line| line.key == PromptKey::BetweenCalls);
        let (sound, others) = choose(&selected, &campaign(language), &line.expect("a line"));
        assert_eq!(shown(&sound), expect);
        assert_eq!(shown(&others[0]), instead);
    }

    #[test]
    fn a_recorded_number_stands_between_spoken_words() {
        let plain = "en: Well done. Now for the next call.";
        let whole = "en: Well done. There are two calls left. Now for the next one.";
        check_left(&["c en word_3 = #three"], "en", whole, plain);
        let joined = "en: Well done. There are + #two + en: calls left. Now for the next one.";
        check_left(&["- en word_2 = #two"], "en-GB", joined, whole);
        check_left(
            &["- en word_2 = #other", "c en word_2 = #two"],
            "en",
            joined,
            whole,
        );
        // Nobody hears a number of another language.
        check_left(
            &["c en word_2 = #two"],
            "es",
            "es: Muy bien hecho. Quedan dos llamadas. Vamos con la siguiente.",
            "es: Muy bien hecho. Vamos con la siguiente llamada.",
        );
        let ends = "c en msg_between_calls = Left: {{calls_left}}.";
        check_left(
            &[ends, "c en word_2 = #two"],
            "en",
            "en: Left: + #two",
            "en: Left: two.",
        );
        let number = "c en msg_between_calls = {{calls_left}}!";
        check_left(&[number, "c en word_2 = #two"], "en", "#two", "en: two!");
    }
}
