//! Allow (RFC 3261 20.5): the methods that the other side takes.

use super::{Name, Typed, Value};
use crate::sip::lexer;
use crate::sip::method::Method;

/// The methods of one Allow header. Methods are compared with regard to case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow(pub Vec<Method>);

impl Typed for Allow {
    const NAME: Name = Name::Allow;

    fn read(value: &[u8]) -> Option<Allow> {
        Some(Allow(
            lexer::elements(value)
                .filter_map(|method| Method::parse(method.to_vec()))
                .collect(),
        ))
    }
}

impl From<Allow> for Value {
    fn from(allow: Allow) -> Value {
        let methods: Vec<&[u8]> = allow.0.iter().map(Method::as_bytes).collect();
        Value::received(methods.join(&b", "[..]).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_read_and_written() {
        let allow = Allow::read(b"INVITE,ACK , X-own,, bad one").expect("a list");
        assert_eq!(Value::from(allow.clone()).text(), "INVITE, ACK, X-own");
        assert!(allow.0.contains(&Method::Ack));
        assert_eq!(
            Allow::read(b""),
            Some(Allow(Vec::new())),
            "no method at all is legal"
        );
    }
}
