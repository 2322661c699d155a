//! The bytes of SIP's grammar (RFC 3261 25.1): tokens, white space, quoted strings, lists and parameters, all as
//! slices of what was received. Every function reads its input once.

use super::work::walked;

/// `token` of RFC 3261 25.1.
pub(crate) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte)
}

/// One or more token bytes.
pub(crate) fn all_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&b| is_token(b))
}

/// Space and tab; folds were made spaces when the message was cut into lines.
pub(crate) fn is_space(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// Without white space at both ends.
pub(crate) fn trim(bytes: &[u8]) -> &[u8] {
    trim_end(trim_start(bytes))
}

/// Without white space in front.
pub(crate) fn trim_start(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|&b| !is_space(b)).unwrap_or(bytes.len());
    &bytes[start..]
}

fn trim_end(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|&b| !is_space(b)).map_or(0, |at| at + 1);
    &bytes[..end]
}

/// The digits of a number, and nothing else. `None` when there are none, or when it does not fit.
pub(crate) fn number<T: TryFrom<u64>>(digits: &[u8]) -> Option<T> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().try_fold(0u64, |value, digit| {
        value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
    })?;
    T::try_from(value).ok()
}

/// Where the quoted string that opens at the first byte ends (the place after the closing quote). A backslash takes
/// the next byte with it.
pub(crate) fn quoted_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                walked(at + 1);
                return Some(at + 1);
            }
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    walked(bytes.len());
    None
}

/// What a quoted string says; other bytes as they are.
pub(crate) fn unquote(bytes: &[u8]) -> Vec<u8> {
    let inner = match bytes {
        [b'"', inner @ .., b'"'] => inner,
        plain => return plain.to_vec(),
    };
    let mut text = Vec::with_capacity(inner.len());
    let mut rest = inner.iter();
    while let Some(&byte) = rest.next() {
        let said = if byte == b'\\' { rest.next() } else { Some(&byte) };
        text.extend(said);
    }
    text
}

/// A quoted string that says `text`. The caller has refused CR, LF and NUL.
pub(crate) fn quote(text: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::with_capacity(text.len() + 2);
    quoted.push(b'"');
    for &byte in text {
        if byte == b'"' || byte == b'\\' {
            quoted.push(b'\\');
        }
        quoted.push(byte);
    }
    quoted.push(b'"');
    quoted
}

/// Text for people and logs: bytes that are no UTF-8 and control characters are shown as U+FFFD.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .map(|c| {
            if c.is_control() {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        })
        .collect()
}

/// The first `separator` that stands neither in a quoted string nor between `<` and `>`.
pub(crate) fn find_outside(bytes: &[u8], separator: u8) -> Option<usize> {
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte == separator {
            walked(at + 1);
            return Some(at);
        }
        at = match byte {
            b'"' => at + quoted_end(&bytes[at..])?,
            b'<' => at + memchr::memchr(b'>', &bytes[at..])? + 1,
            _ => at + 1,
        };
    }
    walked(bytes.len());
    None
}

/// The elements of a comma-separated header value, trimmed, empty ones included.
pub(crate) fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    split(value, b',')
}

/// Cuts at `separator` outside of quoted strings and angle brackets; the pieces are trimmed.
pub(crate) fn split(value: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(value);
    std::iter::from_fn(move || {
        let bytes = rest?;
        let (piece, after) = match find_outside(bytes, separator) {
            Some(at) => (&bytes[..at], Some(&bytes[at + 1..])),
            None => (bytes, None),
        };
        rest = after;
        Some(trim(piece))
    })
}

/// Parameters as they stand in a header or a URI: `;name=value;flag`. Names are compared without regard to case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params<'a>(&'a [u8]);

/// One parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param<'a> {
    /// As written.
    pub name: &'a [u8],
    /// As written, quotes and escapes included; `None` without `=`.
    pub value: Option<&'a [u8]>,
}

impl<'a> Params<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Params<'a> {
        Params(bytes)
    }

    /// All of them, in order.
    pub fn iter(self) -> impl Iterator<Item = Param<'a>> {
        split(self.0, b';')
            .filter(|piece| !piece.is_empty())
            .map(|piece| match memchr::memchr(b'=', piece) {
                Some(at) => Param {
                    name: trim(&piece[..at]),
                    value: Some(trim(&piece[at + 1..])),
                },
                None => Param {
                    name: piece,
                    value: None,
                },
            })
    }

    /// The first of that name.
    pub fn get(self, name: &str) -> Option<Param<'a>> {
        self.iter()
            .find(|param| param.name.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// The value of the first of that name; `None` when it is absent or a mere flag.
    pub fn value(self, name: &str) -> Option<&'a [u8]> {
        self.get(name)?.value
    }

    /// Names are tokens; values are tokens, hosts or quoted strings. An empty parameter (`;;`) says nothing and is
    /// passed over.
    pub(crate) fn are_sound(self) -> bool {
        (trim(self.0).is_empty() || trim(self.0).starts_with(b";"))
            && self.iter().all(|param| {
                all_token(param.name)
                    && param.value.is_none_or(|value| match value.first() {
                        Some(b'"') => quoted_end(value) == Some(value.len()),
                        _ => !value
                            .iter()
                            .any(|&b| b <= b' ' || b == b'"' || b == b'<' || b == b'>' || b == b','),
                    })
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_cut_outside_of_quotes_and_brackets() {
        let check = |value: &str, expected: &[&str]| {
            let found: Vec<_> = elements(value.as_bytes()).map(text).collect();
            assert_eq!(found, expected, "{value}");
        };
        check("a, b ,c", &["a", "b", "c"]);
        check(
            "\"a,b\" <sip:x,y@h>;p=\",\",<sip:z>",
            &["\"a,b\" <sip:x,y@h>;p=\",\"", "<sip:z>"],
        );
        check("\"a\\\",b\", c", &["\"a\\\",b\"", "c"]);
        check("\"never closed, b", &["\"never closed, b"]);
        check("", &[""]);
        check(",", &["", ""]);
    }

    #[test]
    fn parameters_bear_spaces_case_and_quotes() {
        let params = Params::new(b" ; Tag = x1;lr; q=\"a;b=\\\"c\";;rport=");
        assert!(params.are_sound());
        assert_eq!(params.value("tag"), Some(&b"x1"[..]));
        assert_eq!(
            params.get("LR"),
            Some(Param {
                name: b"lr",
                value: None
            })
        );
        assert_eq!(params.value("q").map(unquote), Some(b"a;b=\"c".to_vec()));
        assert_eq!(params.value("rport"), Some(&b""[..]));
        assert_eq!(params.get("branch"), None);
        for bad in [";a b", ";=x", ";a=\"x", ";a=\"x\"y", "x;a", ";a=b c", ";a=<x>"] {
            assert!(!Params::new(bad.as_bytes()).are_sound(), "{bad}");
        }
    }

    #[test]
    fn numbers_are_digits_that_fit() {
        assert_eq!(number::<u32>(b"0068"), Some(68));
        assert_eq!(number::<u8>(b"256"), None);
        assert_eq!(number::<u64>(b"36893488147419103232"), None);
        for bad in ["", "-1", "+1", "1 ", "1e3"] {
            assert_eq!(number::<u32>(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn what_is_quoted_is_unquoted() {
        for said in ["", "plain", "a\"b", "back\\slash", "\\\""] {
            assert_eq!(unquote(&quote(said.as_bytes())), said.as_bytes());
        }
        assert_eq!(unquote(b"token"), b"token");
    }
}
