//! Names as they are said: initials as letters, titles and suffixes in full, by the lists of a language's file. What is shown
//! anywhere is never changed; a target whose name is said in a way that nobody can guess has a `pronunciation` of its own.

use std::collections::HashMap;

use serde::Deserialize;

use crate::texts;

/// The lists of one language.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Names {
    /// Titles, as they are written.
    #[serde(default)]
    before: HashMap<String, String>,
    /// Suffixes, in capitals and without dots.
    #[serde(default)]
    after: HashMap<String, String>,
    /// Parts of a name that are written short.
    #[serde(default)]
    within: HashMap<String, String>,
}

/// A person's name as it is said in a language.
pub fn name(name: &str, language: &str) -> String {
    let Some(names) = texts::names(language) else {
        return name.to_owned();
    };
    let words: Vec<&str> = name
        .split_whitespace()
        .map(bare)
        .filter(|word| !word.is_empty())
        .collect();
    let suffixes = words
        .iter()
        .rev()
        .take_while(|word| names.after.contains_key(&letters(word)))
        .count();
    let kept = words.len() - suffixes.min(words.len().saturating_sub(1));
    let mut leading = true;
    let mut said: Vec<String> = Vec::with_capacity(words.len());
    for (n, word) in words.iter().enumerate() {
        let title = names.before.get(*word).filter(|_| leading && n + 1 < kept);
        leading = title.is_some();
        let suffix = names.after.get(&letters(word)).filter(|_| n >= kept);
        let short = names.within.get(*word);
        said.push(match title.or(suffix).or(short) {
            Some(full) => full.clone(),
            None => initials(word).unwrap_or_else(|| (*word).to_owned()),
        });
    }
    // A comma before a suffix is not heard.
    for word in said.iter_mut().take(kept) {
        if word.ends_with(',') && kept < words.len() {
            word.pop();
        }
    }
    said.join(" ")
}

/// A title as it is said: `Sen.` is Senator.
pub fn title(title: &str, language: &str) -> String {
    let names = texts::names(language);
    let full = |word: &str| names.and_then(|names| names.before.get(word)).cloned();
    let words = title.split_whitespace();
    let said: Vec<String> = words
        .map(|word| full(word).unwrap_or_else(|| word.to_owned()))
        .collect();
    said.join(" ")
}

/// Without the marks around a nickname.
fn bare(word: &str) -> &str {
    word.trim_matches(['"', '“', '”', '„', '«', '»', '(', ')'])
}

/// `Jr.,` is `JR`.
fn letters(word: &str) -> String {
    let letters = word.chars().filter(|c| !matches!(c, '.' | ','));
    letters.flat_map(char::to_uppercase).collect()
}

/// `J.D.` and `JD` as letters, one after the other; `None` for a word that is none.
fn initials(word: &str) -> Option<String> {
    let (word, comma) = match word.strip_suffix(',') {
        Some(word) => (word, ","),
        None => (word, ""),
    };
    let dotted = word.contains('.') && word.split('.').all(|part| part.chars().count() <= 1);
    let two = word.chars().count() == 2 && word.chars().all(|c| c.is_ascii_uppercase());
    let letters: Vec<String> = word
        .chars()
        .filter(|c| c.is_alphabetic())
        .map(String::from)
        .collect();
    let capitals = letters
        .iter()
        .all(|letter| letter.chars().all(char::is_uppercase));
    ((dotted || two) && capitals && !letters.is_empty()).then(|| letters.join(" ") + comma)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(language: &str, written: &str, said: &str) {
        assert_eq!(name(written, language), said, "{language}");
    }

    #[test]
    fn initials_are_letters() {
        check("en", "J. D. Vance", "J D Vance");
        check("en", "J.D. Vance", "J D Vance");
        check("en", "JD Vance", "J D Vance");
        check("en", "George W. Bush", "George W Bush");
        check("fr-CA", "Éric É. Roy", "Éric É Roy");
        check("es", "A. M. López Obrador", "A M López Obrador");
    }

    #[test]
    fn suffixes_are_words() {
        check("en", "Donald Payne, Jr.", "Donald Payne Junior");
        check("en", "Donald Payne Jr", "Donald Payne Junior");
        check("en-GB", "John Smith III", "John Smith the third");
        check("en", "Ada Lovelace, M.D., Ph.D.", "Ada Lovelace M D P H D");
        check("es", "Juan Ruiz III", "Juan Ruiz tercero");
        check("fr", "Jean Roy, Jr", "Jean Roy junior");
        check("en", "Jr.", "Jr.");
    }

    #[test]
    fn titles_are_words_in_front_alone() {
        check("en", "Sen. Dr. Rand Paul", "Senator Doctor Rand Paul");
        check("en", "Rep. O'Rourke", "Representative O'Rourke");
        check("es-MX", "Sra. Dra. Claudia Gómez", "Señora Doctora Claudia Gómez");
        check("fr", "Mme Me Anne Côté", "Madame Maître Anne Côté");
        check("en", "Anne Dr.", "Anne Dr.");
        for (language, written, said) in [
            ("en", "Sen.", "Senator"),
            ("en", "Lt. Gov.", "Lieutenant Governor"),
            ("es", "Senadora", "Senadora"),
        ] {
            assert_eq!(title(written, language), said);
        }
    }

    #[test]
    fn what_is_said_as_it_is_written_stays() {
        for name in [
            "O'Rourke",
            "O’Rourke",
            "Mitch McConnell",
            "José Núñez",
            "Škoda",
            "Xi Jinping",
            "李 明",
        ] {
            check("en", name, name);
        }
        check("en", "Robert \"Bobby\" Scott", "Robert Bobby Scott");
        check("en", "Earl (Buddy) Carter", "Earl Buddy Carter");
        check("en", "Chris St. Clair", "Chris Saint Clair");
    }

    proptest! {
        #[test]
        fn a_name_is_never_lost(written in "\\PC{0,40}") {
            let said = name(&written, "en");
            prop_assert_eq!(said.chars().any(char::is_alphanumeric), written.chars().any(char::is_alphanumeric));
        }
    }
}
