//! Reason (RFC 3326): why a request was sent, in the words of another protocol.

use super::{Name, Typed, Value};
use crate::sip::lexer::{self, Params};
use crate::sip::message::Message;

/// One reason: `Q.850;cause=16;text="Normal call clearing"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// `SIP`, `Q.850`, …
    pub protocol: String,
    /// The cause, when it is a number.
    pub cause: Option<u16>,
    /// For people.
    pub text: Option<String>,
}

impl Typed for Reason {
    const NAME: Name = Name::Reason;

    fn read(value: &[u8]) -> Option<Reason> {
        let end = lexer::find_outside(value, b';').unwrap_or(value.len());
        let protocol = lexer::trim(&value[..end]);
        let params = Params::new(&value[end..]);
        lexer::all_token(protocol).then(|| Reason {
            protocol: lexer::text(protocol),
            cause: params
                .value("cause")
                .map(lexer::unquote)
                .and_then(|cause| lexer::number(&cause)),
            text: params
                .value("text")
                .map(|text| lexer::text(&lexer::unquote(text))),
        })
    }
}

impl Reason {
    /// A cause of Q.850, without text.
    pub fn q850(cause: u16) -> Reason {
        Reason {
            protocol: "Q.850".into(),
            cause: Some(cause),
            text: None,
        }
    }

    /// A SIP status, without text.
    pub fn sip(status: u16) -> Reason {
        Reason {
            protocol: "SIP".into(),
            cause: Some(status),
            text: None,
        }
    }
}

/// Protocol and cause; the text stays with whoever wrote it.
impl From<Reason> for Value {
    fn from(reason: Reason) -> Value {
        let protocol: String = reason
            .protocol
            .chars()
            .filter(|c| c.is_ascii() && lexer::is_token(*c as u8))
            .collect();
        let cause = reason
            .cause
            .map(|cause| format!(";cause={cause}"))
            .unwrap_or_default();
        Value::received(format!("{protocol}{cause}").into())
    }
}

impl Message {
    /// The Q.850 cause of its Reason headers.
    pub fn q850_cause(&self) -> Option<u16> {
        self.each::<Reason>()
            .find(|reason| reason.protocol.eq_ignore_ascii_case("Q.850"))?
            .cause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocol_cause_and_text() {
        let reason = Reason::read(b"q.850 ;cause= 16 ; text=\"Normal, \\\"clear\\\"\"").expect("legal");
        assert_eq!(
            reason,
            Reason {
                protocol: "q.850".into(),
                cause: Some(16),
                text: Some("Normal, \"clear\"".into())
            }
        );
        assert_eq!(Reason::read(b"SIP").and_then(|r| r.cause), None);
        assert_eq!(
            Reason::read(b"Q.850;cause=\"31\"").and_then(|r| r.cause),
            Some(31),
            "some carriers quote it"
        );
        assert_eq!(Reason::read(b"Q.850;cause=99999999").and_then(|r| r.cause), None);
        assert_eq!(Reason::read(b";cause=1"), None);
        assert_eq!(Value::from(Reason::q850(16)).text(), "Q.850;cause=16");
    }
}
