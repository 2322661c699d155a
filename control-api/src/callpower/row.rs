//! What CallPower's columns hold, as values of ours: ids, numbers with extensions, words, lines of text.

use sha2::{Digest, Sha256};

use crate::http::is_e164;

/// Most characters of one line of text.
const MAX_LINE_CHARS: usize = 200;

/// Statuses of calls, as Twilio spells them.
const STATUSES: [&str; 9] = [
    "queued",
    "ringing",
    "in-progress",
    "completed",
    "busy",
    "failed",
    "no-answer",
    "canceled",
    "unknown",
];

/// The id of a row there, made from where it stood: the same in every run, and sorted by its time.
pub(super) fn id(source: &str, kind: &str, old: i64, at_ms: i64) -> String {
    let digest = Sha256::digest(format!("{source}\0{kind}\0{old}").as_bytes());
    let random: &[u8; 10] = digest.first_chunk().unwrap_or(&[0; 10]);
    let at_ms = u64::try_from(at_ms).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(at_ms, random)
        .into_uuid()
        .to_string()
}

/// A number and the extension behind it: `+12025550123;ext=12`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number {
    /// E.164.
    pub(super) e164: String,
    /// Digits, or nothing.
    pub(super) extension: String,
}

/// Reads a number; `Err` when there is something that is none, `Ok(None)` when there is nothing.
pub(super) fn number(text: Option<&str>) -> Result<Option<Number>, ()> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let lower = text.to_ascii_lowercase();
    let (number, extension) = [";ext=", " ext. ", " ext ", "ext", "x"]
        .iter()
        .find_map(|mark| lower.split_once(mark))
        .unwrap_or((&lower, ""));
    let plain: String = number
        .chars()
        .filter(|c| c.is_ascii_digit() || *c == '+')
        .collect();
    let extension: String = extension.chars().filter(char::is_ascii_digit).collect();
    match is_e164(&plain) {
        true => Ok(Some(Number {
            e164: plain,
            extension,
        })),
        false => Err(()),
    }
}

/// One line: no control characters, no space around it, not too long.
pub(super) fn line(text: Option<&str>) -> String {
    let text = text.unwrap_or_default();
    let plain: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    plain.trim().chars().take(MAX_LINE_CHARS).collect()
}

/// A word in lower case; empty for null.
pub(super) fn word(text: Option<&str>) -> String {
    text.unwrap_or_default().trim().to_ascii_lowercase()
}

/// A status of a call or session as ours spells it: the same word, or `unknown`.
pub(super) fn status(text: Option<&str>) -> &'static str {
    let word = word(text);
    STATUSES
        .iter()
        .copied()
        .find(|status| *status == word)
        .unwrap_or("unknown")
}

/// Whether nothing more comes after this status.
pub(super) fn is_final(text: Option<&str>) -> bool {
    matches!(
        status(text),
        "completed" | "busy" | "failed" | "no-answer" | "canceled"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_same_in_every_run_and_sorts_by_time() {
        let first = id("callpower", "calls", 7, 1_500_000_000_000);
        assert_eq!(first, id("callpower", "calls", 7, 1_500_000_000_000));
        assert_ne!(first, id("callpower", "calls", 8, 1_500_000_000_000));
        assert_ne!(first, id("callpower", "sessions", 7, 1_500_000_000_000));
        assert_ne!(first, id("another", "calls", 7, 1_500_000_000_000));
        assert!(first < id("callpower", "calls", 1, 1_500_000_000_001));
        assert!(id("callpower", "calls", 1, -5).starts_with("00000000-0000-7"));
    }

    #[test]
    fn numbers_are_read_with_their_extensions() {
        let check = |text: &str, e164: &str, extension: &str| {
            let number = number(Some(text)).unwrap().unwrap();
            assert_eq!(
                (number.e164.as_str(), number.extension.as_str()),
                (e164, extension),
                "{text}"
            );
        };
        check("+12025550123", "+12025550123", "");
        check("+12025550123;ext=12", "+12025550123", "12");
        check("+1 202-555-0123 x 45", "+12025550123", "45");
        check("+1 (202) 555-0123 ext. 9", "+12025550123", "9");
        assert_eq!(number(None), Ok(None));
        assert_eq!(number(Some("  ")), Ok(None));
        assert_eq!(number(Some("202")), Err(()));
        assert_eq!(number(Some("none")), Err(()));
    }

    #[test]
    fn statuses_keep_their_words() {
        assert_eq!(status(Some("completed")), "completed");
        assert_eq!(status(Some("initiated")), "unknown");
        assert_eq!(status(None), "unknown");
        assert!(is_final(Some("busy")) && !is_final(Some("ringing")) && !is_final(None));
    }
}
