//! Privacy (RFC 3323 4.2, RFC 3325 9.3).

use super::{Name, Typed};
use crate::sip::lexer;

/// What a caller wants withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Privacy {
    /// `id`, `user` or `header`: who calls is to be withheld.
    pub identity: bool,
    /// `critical`: rather no call than one without privacy.
    pub critical: bool,
}

impl Typed for Privacy {
    const NAME: Name = Name::Privacy;

    fn read(value: &[u8]) -> Option<Privacy> {
        // Separated by semicolons; commas are seen as well.
        let has = |wanted: &[&str]| {
            value.split(|b| b";,".contains(b)).any(|word| {
                wanted
                    .iter()
                    .any(|w| lexer::trim(word).eq_ignore_ascii_case(w.as_bytes()))
            })
        };
        let none = has(&["none"]);
        Some(Privacy {
            identity: !none && has(&["id", "user", "header"]),
            critical: has(&["critical"]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_in_any_order() {
        let read = |value: &str| Privacy::read(value.as_bytes()).map(|p| (p.identity, p.critical));
        assert_eq!(read("id"), Some((true, false)));
        assert_eq!(read("header ; ID;critical"), Some((true, true)));
        assert_eq!(read("none"), Some((false, false)));
        assert_eq!(read("session"), Some((false, false)));
        assert_eq!(read(""), Some((false, false)));
    }
}
