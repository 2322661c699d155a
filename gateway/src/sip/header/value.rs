//! A header value that can be put into a message: whoever holds one knows that it stays within its line.

use bytes::Bytes;

use crate::sip::lexer;

/// Longest header value, in bytes, received or made.
pub const MAX_VALUE: usize = 8192;

/// The bytes of one header value, trimmed and unfolded.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Value(Bytes);

/// Bytes that would leave their header: CR, LF or NUL, or more than [`MAX_VALUE`] of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a header value: CR, LF, NUL or too long")]
pub struct NotAValue;

impl Value {
    /// A value made by us. CR, LF and NUL are refused.
    pub fn new(bytes: impl Into<Bytes>) -> Result<Value, NotAValue> {
        let bytes = bytes.into();
        let sound = bytes.len() <= MAX_VALUE && memchr::memchr3(b'\r', b'\n', 0, &bytes).is_none();
        sound.then_some(Value(bytes)).ok_or(NotAValue)
    }

    /// A value cut from a message by its line ends. NUL may stand in it, as a quoted pair (RFC 3261 25.1).
    pub(crate) fn received(bytes: Bytes) -> Value {
        debug_assert!(memchr::memchr2(b'\r', b'\n', &bytes).is_none());
        Value(bytes)
    }

    /// A number.
    pub fn number(number: impl Into<u64>) -> Value {
        Value(Bytes::from(number.into().to_string()))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// For people and logs; control characters and what is no UTF-8 become U+FFFD.
    pub fn text(&self) -> String {
        lexer::text(&self.0)
    }

    /// The elements of a comma-separated list, trimmed, without empty ones.
    pub fn elements(&self) -> impl Iterator<Item = &[u8]> {
        lexer::elements(&self.0).filter(|element| !element.is_empty())
    }

    /// Whether a list of tokens has this one, without regard to case.
    pub fn has_token(&self, token: &str) -> bool {
        self.elements()
            .any(|element| element.eq_ignore_ascii_case(token.as_bytes()))
    }
}

/// For our own constants: what would leave its line is cut there.
impl From<&'static str> for Value {
    fn from(text: &'static str) -> Value {
        let end = memchr::memchr3(b'\r', b'\n', 0, text.as_bytes()).unwrap_or(text.len());
        Value(Bytes::from_static(&text.as_bytes()[..end.min(MAX_VALUE)]))
    }
}

impl From<super::NameAddr> for Value {
    fn from(name_addr: super::NameAddr) -> Value {
        Value(name_addr.as_bytes().clone())
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_its_line() {
        for bad in ["a\r\nX: y", "a\nb", "a\rb", "a\0b"] {
            assert_eq!(Value::new(bad), Err(NotAValue), "{bad:?}");
        }
        assert_eq!(Value::new(vec![b'a'; MAX_VALUE + 1]), Err(NotAValue));
        assert!(Value::new(vec![b'a'; MAX_VALUE]).is_ok());
        assert!(Value::new("").is_ok(), "empty headers are legal");
    }
}
