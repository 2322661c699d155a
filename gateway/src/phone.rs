//! Phone numbers, wrapped so that no log shows more than the last two digits.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A dial string: `+` and 7 to 15 digits (E.164), or a short code that a trunk allows by name. Never anything that could
/// leave its place in a SIP header.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

/// A string that is no dial string.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a phone number: expected + and 7 to 15 digits (E.164), or a short code of 2 to 6 digits")]
pub struct NotAPhone;

impl Phone {
    /// Checks the form: `+[1-9][0-9]{6,14}`, or a short code `[0-9]{2,6}`.
    pub fn new(text: impl Into<String>) -> Result<Phone, NotAPhone> {
        let text = text.into();
        let ok = match text.strip_prefix('+') {
            Some(digits) => {
                (7..=15).contains(&digits.len()) && !digits.starts_with('0') && all_digits(digits)
            }
            None => (2..=6).contains(&text.len()) && all_digits(&text),
        };
        if ok { Ok(Phone(text)) } else { Err(NotAPhone) }
    }

    /// The number itself: `+12025550123`. Not for logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A short code: no number of the telephone network, and dialled only where a trunk names it.
    pub fn is_short_code(&self) -> bool {
        !self.0.starts_with('+')
    }

    /// The digits without `+`.
    pub fn digits(&self) -> &str {
        self.0.strip_prefix('+').unwrap_or(&self.0)
    }
}

fn all_digits(s: &str) -> bool {
    s.bytes().all(|b| b.is_ascii_digit())
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The last two digits only (CAMPAIGNS.md 9).
impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "…{}", &self.0[self.0.len() - 2..])
    }
}

impl TryFrom<String> for Phone {
    type Error = NotAPhone;
    fn try_from(s: String) -> Result<Self, NotAPhone> {
        Phone::new(s)
    }
}

impl From<Phone> for String {
    fn from(p: Phone) -> String {
        p.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dial_strings_are_phones() {
        for good in ["+12025550123", "+4930901820", "+1234567", "112", "33333"] {
            assert!(Phone::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "+",
            "+0123456789",
            "12025550123",
            "+1202555012a",
            "+1 202",
            "+1;x=y",
            "+1234567890123456",
            "１１２",
        ] {
            assert_eq!(Phone::new(bad), Err(NotAPhone), "{bad}");
        }
    }

    #[test]
    fn debug_and_display_show_two_digits() {
        let p = Phone::new("+12025550123").expect("legal");
        assert_eq!(format!("{p:?} {p}"), "…23 …23");
    }
}
