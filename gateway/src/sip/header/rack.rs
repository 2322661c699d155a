//! RSeq and RAck (RFC 3262 7): the numbers of reliable provisional responses.

use super::{Name, Typed, Value};
use crate::sip::lexer;
use crate::sip::method::Method;

/// The number of a reliable provisional response; never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RSeq(pub u32);

impl Typed for RSeq {
    const NAME: Name = Name::RSeq;

    fn read(value: &[u8]) -> Option<RSeq> {
        lexer::number(value).filter(|&number| number > 0).map(RSeq)
    }
}

impl From<RSeq> for Value {
    fn from(rseq: RSeq) -> Value {
        Value::number(rseq.0)
    }
}

/// Which provisional response a PRACK acknowledges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RAck {
    /// Its RSeq.
    pub rseq: u32,
    /// The number of its CSeq.
    pub cseq: u32,
    /// The method of its CSeq.
    pub method: Method,
}

impl Typed for RAck {
    const NAME: Name = Name::RAck;

    fn read(value: &[u8]) -> Option<RAck> {
        let mut words = value
            .split(|&b| lexer::is_space(b))
            .filter(|word| !word.is_empty());
        let rack = RAck {
            rseq: lexer::number(words.next()?)?,
            cseq: lexer::number(words.next()?)?,
            method: Method::parse(words.next()?.to_vec())?,
        };
        words.next().is_none().then_some(rack)
    }
}

impl From<RAck> for Value {
    fn from(rack: RAck) -> Value {
        let numbers = format!("{} {} ", rack.rseq, rack.cseq);
        Value::received([numbers.as_bytes(), rack.method.as_bytes()].concat().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_method() {
        let rack = RAck::read(b"776656  1 INVITE").expect("legal");
        assert_eq!(
            (rack.rseq, rack.cseq, &rack.method),
            (776_656, 1, &Method::Invite)
        );
        assert_eq!(Value::from(rack).text(), "776656 1 INVITE");
        for bad in [
            "",
            "1",
            "1 2",
            "x 2 INVITE",
            "1 2 INVITE 3",
            "1 4294967296 INVITE",
        ] {
            assert_eq!(RAck::read(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(RSeq::read(b"1"), Some(RSeq(1)));
        assert_eq!(RSeq::read(b"0"), None);
    }
}
