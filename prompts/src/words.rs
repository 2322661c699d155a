//! Small words of the script: numbers, days and dates as they are said, from the file that a language's translator edits.

use std::fmt;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::template;
use crate::texts;

/// The small words of one language.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Words {
    /// How a date is put together: a template with `weekday`, `day` and `month`.
    #[serde(default)]
    date: String,
    /// Monday first.
    #[serde(default)]
    weekdays: Vec<String>,
    /// January first.
    #[serde(default)]
    months: Vec<String>,
    /// The days of a month as a date says them, the first one first.
    #[serde(default)]
    days: Vec<String>,
    /// Numbers from 0 on.
    #[serde(default)]
    numbers: Vec<String>,
}

/// A date as a template's value: it is said as the language of the text says it. `weekday` counts from 0, Monday; `month` and
/// `day` from 1.
pub fn date(weekday: u8, month: u8, day: u8) -> Value {
    json!({ "weekday": weekday, "month": month, "day": day })
}

/// A small word that a campaign may record, so that a number is heard in the voice of the script: `word_0` to `word_100`. It stands
/// beside the prompts, in the same lists and with the same versions, but nothing ever plays it alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Word(u8);

/// Largest number that may be recorded.
const MAX_WORD: u8 = 100;

impl Word {
    /// By its name.
    pub fn parse(name: &str) -> Option<Word> {
        let number = name.strip_prefix("word_")?;
        let word = Word(number.parse().ok().filter(|number| *number <= MAX_WORD)?);
        (word.to_string() == name).then_some(word)
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "word_{}", self.0)
    }
}

/// A part of a text, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// To be spoken.
    Text(String),
    /// A number, and how it is said where nobody recorded it.
    Number(Word, String),
}

/// What stands around a number in a rendered text; of Unicode's private use, and taken out of every value.
const MARKS: [char; 2] = ['\u{e000}', '\u{e001}'];

/// As [`said`], with marks around numbers that may be recorded.
pub(crate) fn marked(value: &Value, language: &str) -> Option<String> {
    let said = said(value, language)?.replace(MARKS, "");
    let small = value.as_u64().filter(|number| *number <= u64::from(MAX_WORD));
    Some(match small {
        Some(number) => format!("{}{number}{}{said}{}", MARKS[0], MARKS[1], MARKS[1]),
        None => said,
    })
}

/// A text with marks, cut at its numbers.
pub(crate) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut cut = text.split(MARKS[0]);
    pieces.extend(cut.next().map(|text| Piece::Text(text.to_owned())));
    for part in cut {
        let mut ends = part.splitn(3, MARKS[1]);
        let mut next = || ends.next().unwrap_or_default().to_owned();
        let (number, said, rest) = (next(), next(), next());
        match Word::parse(&format!("word_{number}")) {
            Some(word) => pieces.push(Piece::Number(word, said)),
            None => pieces.push(Piece::Text(number + &said)),
        }
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// A template's value as it is said in a language; `None` when it is no word.
pub(crate) fn said(value: &Value, language: &str) -> Option<String> {
    let words = texts::words(language);
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => {
            let spelled = number.as_u64().and_then(|number| words?.number(number));
            Some(spelled.map_or_else(|| number.to_string(), str::to_owned))
        }
        Value::Object(_) => words?.date(value),
        Value::Null | Value::Bool(_) | Value::Array(_) => None,
    }
}

impl Words {
    /// The number in words; larger ones are left to the speech engine, which reads digits.
    pub fn number(&self, number: u64) -> Option<&str> {
        let at = usize::try_from(number).ok()?;
        Some(self.numbers.get(at)?.as_str())
    }

    fn date(&self, date: &Value) -> Option<String> {
        let word = |list: &'_ [String], name: &str, first: u64| -> Option<String> {
            let at = date.get(name)?.as_u64()?.checked_sub(first)?;
            list.get(usize::try_from(at).ok()?).cloned()
        };
        let parts = json!({
            "weekday": word(&self.weekdays, "weekday", 0)?,
            "month": word(&self.months, "month", 1)?,
            "day": word(&self.days, "day", 1)?,
        });
        template::render(&self.date, &parts).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_all_of_them() {
        for language in texts::LANGUAGES {
            let words = texts::words(language).expect("words");
            let counts = [&words.numbers, &words.days, &words.months, &words.weekdays].map(|list| {
                let mut list = list.clone();
                list.sort();
                list.dedup();
                list.len()
            });
            assert_eq!(counts, [101, 31, 12, 7], "{language}");
            for (weekday, month, day) in [(0, 1, 1), (6, 12, 31)] {
                assert!(said(&date(weekday, month, day), language).is_some(), "{language}");
            }
        }
    }

    #[test]
    fn words_that_may_be_recorded() {
        for (name, is_word) in [
            ("word_0", true),
            ("word_100", true),
            ("word_101", false),
            ("word_007", false),
            ("word_+7", false),
            ("word_", false),
            ("msg_intro", false),
        ] {
            assert_eq!(
                Word::parse(name).map(|word| word.to_string()).as_deref() == Some(name),
                is_word,
                "{name}"
            );
        }
    }

    #[test]
    fn a_text_is_cut_at_its_numbers() {
        let values = json!({"calls_left": 3, "name": "\u{e000}7\u{e001}x"});
        let pieces =
            template::render_pieces("{{name}}: {{calls_left}} calls", &values, "en").expect("renders");
        let text = |text: &str| Piece::Text(text.to_owned());
        assert_eq!(
            pieces,
            [
                text("7x: "),
                Piece::Number(Word(3), "three".to_owned()),
                text(" calls")
            ]
        );
        assert_eq!(super::pieces("a\u{e000}b"), [text("a"), text("b"), text("")]);
    }

    #[test]
    fn numbers_are_words_and_dates_are_dates() {
        for (language, value, expect) in [
            ("en", json!(21), Some("twenty-one")),
            ("es-MX", json!(21), Some("veintiuna")),
            ("fr", json!(71), Some("soixante et onze")),
            ("sw", json!(3), Some("three")),
            ("en", json!(101), Some("101")),
            ("en", json!(-1), Some("-1")),
            ("en", json!("3"), Some("3")),
            ("fr", date(2, 7, 1), Some("mercredi premier juillet")),
            ("en", date(7, 7, 1), None),
            ("en", date(0, 0, 1), None),
            ("en", json!({}), None),
            ("en", json!(true), None),
        ] {
            assert_eq!(said(&value, language).as_deref(), expect, "{language} {value}");
        }
    }
}
