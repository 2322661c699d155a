//! Keys that a text asks for and that mean something else in its step (CAMPAIGNS.md 2): a caller does as told, and the wrong thing happens.
//!
//! ```text
//!  confirm      0-9 *   all mean yes, # means nothing        schedule   1 yes, 9 no
//!  locate       0-9     the place, # ends it                 calls      * ends the call, all else goes to the target
//! ```

use std::collections::BTreeSet;

use trunkline_prompts::key::PromptKey;

use super::prompts::{never_plays, plays, version_name};
use super::{Finding, Loaded, warning};
use crate::campaign::Chosen;

/// Words before a key, in the languages that we speak ourselves and German.
const PRESS: [&str; 14] = [
    "press", "hit", "push", "dial", "pulse", "oprima", "marque", "presione", "presiona", "appuyez", "tapez",
    "composez", "drücken", "wählen",
];

/// Words between "press" and the key.
const FILLING: [&str; 14] = [
    "the", "key", "number", "la", "el", "le", "tecla", "touche", "sur", "numéro", "número", "die", "taste",
    "sie",
];

/// Words for keys that are no digits.
const NAMED: [(&str, char); 12] = [
    ("star", '*'),
    ("asterisk", '*'),
    ("asterisco", '*'),
    ("estrella", '*'),
    ("étoile", '*'),
    ("stern", '*'),
    ("pound", '#'),
    ("hash", '#'),
    ("numeral", '#'),
    ("almohadilla", '#'),
    ("dièse", '#'),
    ("raute", '#'),
];

/// Words for digits.
const DIGITS: [(&str, char); 10] = [
    ("zero", '0'),
    ("one", '1'),
    ("two", '2'),
    ("three", '3'),
    ("four", '4'),
    ("five", '5'),
    ("six", '6'),
    ("seven", '7'),
    ("eight", '8'),
    ("nine", '9'),
];

pub(super) fn look(loaded: &Loaded, findings: &mut Vec<Finding>) {
    for key in PromptKey::ALL {
        if never_plays(loaded, key).is_some() {
            continue;
        }
        // Our own texts ask for the right keys; a test says so.
        if let Chosen::Version(prompt) = plays(loaded, key)
            && let Some(text) = &prompt.text
            && let Some((what, todo)) = conflict(key, &asked(text))
        {
            findings.push(warning("key-conflict", version_name(prompt), what, todo));
        }
    }
}

/// What is wrong with asking for these keys in the step where this prompt plays.
fn conflict(key: PromptKey, asked: &BTreeSet<char>) -> Option<(String, &'static str)> {
    let but = |fine: &str| asked.iter().copied().find(|key| !fine.contains(*key));
    match key {
        PromptKey::Intro | PromptKey::IntroConfirm => {
            if asked.contains(&'#') {
                let what = "it asks for #, and # confirms nothing".to_owned();
                return Some((what, "ask for the star key or a digit"));
            }
            (asked.len() > 1).then(|| {
                let keys: Vec<String> = asked.iter().map(char::to_string).collect();
                let what = format!(
                    "it gives {} different meanings, and every key but # means yes in this step",
                    keys.join(" and ")
                );
                (what, "ask for one key")
            })
        }
        PromptKey::PromptSchedule | PromptKey::AlterSchedule => {
            let wrong = but("19")?;
            let what =
                format!("it asks for {wrong}, and only 1 (yes) and 9 (no) mean something in this step");
            Some((what, "ask for 1 or 9"))
        }
        PromptKey::IntroLocation
        | PromptKey::Location
        | PromptKey::InvalidLocation
        | PromptKey::UnparsedLocation => {
            let wrong = but("#")?;
            let what = match wrong {
                '*' => "it asks for *, and only digits and # mean something in this step".to_owned(),
                digit => format!("it asks for {digit}, and that is taken for the beginning of the place"),
            };
            Some((what, "ask for the place alone; # ends it early"))
        }
        PromptKey::CallBlockIntro
        | PromptKey::TargetIntro
        | PromptKey::TargetBusy
        | PromptKey::BetweenCalls => {
            let wrong = but("*")?;
            let what =
                format!("it asks for {wrong}, and only * means something during the calls: it ends one");
            Some((what, "ask for the star key, or for none"))
        }
        PromptKey::ScheduleStart
        | PromptKey::ScheduleStop
        | PromptKey::FinalThanks
        | PromptKey::Goodbye
        | PromptKey::CampaignComplete
        | PromptKey::CampaignPaused => {
            let wrong = asked.first()?;
            let what = format!("it asks for {wrong}, and no key is listened to while it plays");
            Some((what, "leave the key out"))
        }
    }
}

/// The keys that a text asks for: `press 1`, `press the star key`.
fn asked(text: &str) -> BTreeSet<char> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !(c.is_alphanumeric() || c == '*' || c == '#'))
        .filter(|word| !word.is_empty())
        .collect();
    let starts = words.iter().enumerate().filter(|(_, word)| PRESS.contains(word));
    starts.filter_map(|(at, _)| key_after(&words[at + 1..])).collect()
}

fn key_after(words: &[&str]) -> Option<char> {
    let word = words.iter().find(|word| !FILLING.contains(word))?;
    let mut chars = word.chars();
    match (chars.next(), chars.next()) {
        (Some(key), None) if key.is_ascii_digit() || key == '*' || key == '#' => Some(key),
        (Some(_), _) => {
            let named = NAMED.iter().chain(&DIGITS).find(|(name, _)| name == word);
            named.map(|(_, key)| *key)
        }
        (None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use trunkline_prompts::texts::{LANGUAGES, default_text};

    use super::*;

    fn keys(text: &str) -> String {
        asked(text).into_iter().collect()
    }

    #[test]
    fn keys_are_heard_in_a_text() {
        for (text, expected) in [
            ("Press 1 for yes, or press 9.", "19"),
            ("When you are ready, press the star key.", "*"),
            ("press # when done", "#"),
            ("Press pound", "#"),
            ("Oprima la tecla 1", "1"),
            ("appuyez sur la touche étoile", "*"),
            ("Drücken Sie die Raute", "#"),
            ("press two", "2"),
            ("We press on, and on 1 May we win.", ""),
            ("Enter your five digit zip code.", ""),
        ] {
            assert_eq!(keys(text), expected, "{text}");
        }
    }

    #[test]
    fn our_own_texts_ask_for_keys_that_mean_what_they_say() {
        for language in LANGUAGES {
            for key in PromptKey::ALL {
                let found = conflict(key, &asked(default_text(key, language)));
                assert_eq!(found, None, "{language} {key}");
            }
        }
    }
}
