//! Option tags: Require, Proxy-Require, Supported, Unsupported (RFC 3261 19.2). They are compared without regard to case.

use super::{Name, Value};
use crate::sip::message::Message;

impl Message {
    /// What Require asks for and is not `known`, as the value of Unsupported in a 420 (RFC 3261 8.2.2.3); `None` when we
    /// can keep all of it.
    pub fn unsupported(&self, known: &[&str]) -> Option<Value> {
        let is_known = |tag: &[u8]| {
            known
                .iter()
                .any(|known| tag.eq_ignore_ascii_case(known.as_bytes()))
        };
        let unknown: Vec<&[u8]> = self
            .headers(&Name::Require)
            .flat_map(Value::elements)
            .filter(|tag| !is_known(tag))
            .collect();
        (!unknown.is_empty()).then(|| Value::received(unknown.join(&b", "[..]).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_we_cannot_keep_is_named() {
        let unsupported = |require: &str| {
            let text = format!(
                "OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nf: sip:h;tag=1\r\nt: sip:h\r\ni: 1\r\nCSeq: 1 OPTIONS\r\n{require}\r\n"
            );
            let message = Message::parse(text).expect("legal");
            message
                .unsupported(&["100rel", "timer"])
                .map(|value| value.text())
        };
        assert_eq!(unsupported(""), None);
        assert_eq!(unsupported("Require: TIMER,100rel,\r\n"), None);
        assert_eq!(
            unsupported("Require: a, timer\r\nRequire: b\r\n").as_deref(),
            Some("a, b")
        );
    }
}
