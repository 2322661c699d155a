//! Call-ID (RFC 3261 20.8).

use bytes::Bytes;

use crate::sip::fault::Fault;
use crate::sip::lexer;

/// Longest Call-ID we take, in bytes.
pub const MAX_CALL_ID: usize = 256;

/// The value of Call-ID: visible ASCII without white space, compared with regard to case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallId(Bytes);

impl CallId {
    /// Reads or makes one.
    pub fn parse(raw: impl Into<Bytes>) -> Result<CallId, Fault> {
        let raw = raw.into();
        let sound = !raw.is_empty() && raw.len() <= MAX_CALL_ID && raw.iter().all(u8::is_ascii_graphic);
        sound.then_some(CallId(raw)).ok_or(Fault::Invalid("Call-ID"))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }
}

impl std::fmt::Display for CallId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&lexer::text(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word() {
        assert!(CallId::parse("a84b4c76e66710@pc33.example.com").is_ok());
        assert!(
            CallId::parse("intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{").is_ok(),
            "RFC 4475 3.1.1.2"
        );
        for bad in ["", "a b", "a\r\nX: y", "a\0", "\u{fc}"] {
            assert_eq!(CallId::parse(bad), Err(Fault::Invalid("Call-ID")), "{bad:?}");
        }
        assert!(CallId::parse("x".repeat(MAX_CALL_ID + 1)).is_err());
    }
}
