//! Small words of the script: numbers, days and dates as they are said, from the file that a language's translator edits.

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
