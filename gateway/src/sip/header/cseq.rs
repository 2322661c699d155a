//! CSeq (RFC 3261 20.16): a number below 2^31 and a method.

use bytes::Bytes;

use crate::sip::fault::Fault;
use crate::sip::lexer;
use crate::sip::method::Method;

/// Numbers are below this (RFC 3261 8.1.1.5).
pub const CSEQ_LIMIT: u32 = 1 << 31;

/// Sequence number and method.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CSeq {
    /// Below [`CSEQ_LIMIT`].
    pub number: u32,
    /// The request's.
    pub method: Method,
}

impl CSeq {
    /// Reads the value of a CSeq header.
    pub fn parse(raw: &Bytes) -> Result<CSeq, Fault> {
        const BAD: Fault = Fault::Invalid("CSeq");
        let end = raw.iter().position(|&b| lexer::is_space(b)).ok_or(BAD)?;
        let number = lexer::number(&raw[..end])
            .filter(|&n: &u32| n < CSEQ_LIMIT)
            .ok_or(BAD)?;
        let method = Method::parse(raw.slice_ref(lexer::trim(&raw[end..]))).ok_or(BAD)?;
        Ok(CSeq { number, method })
    }

    /// Whether `next` is the number after this one, and of the same method: the same request, sent again.
    pub(crate) fn precedes(&self, next: &CSeq) -> bool {
        self.number.checked_add(1) == Some(next.number) && self.method == next.method
    }
}

impl std::fmt::Display for CSeq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_and_method() {
        let read = |raw: &'static str| CSeq::parse(&Bytes::from(raw)).map(|cseq| cseq.to_string());
        assert_eq!(read("0009   INVITE").as_deref(), Ok("9 INVITE"));
        assert_eq!(read("2147483647\tX-y").as_deref(), Ok("2147483647 X-y"));
        for bad in [
            "",
            "1",
            "INVITE",
            "-1 INVITE",
            "2147483648 INVITE",
            "36893488147419103232 BYE",
            "1 IN VITE",
            "1INVITE",
        ] {
            assert_eq!(read(bad), Err(Fault::Invalid("CSeq")), "{bad}");
        }
    }
}
