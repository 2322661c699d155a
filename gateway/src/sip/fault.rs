//! What can be wrong with a message, and the response that says so.

use bytes::Bytes;

use super::lexer;

/// What is wrong. Header names are as RFC 3261 writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Neither a request line nor a status line.
    #[error("bad start line")]
    StartLine,
    /// A SIP version other than 2.0.
    #[error("SIP version not supported")]
    Version,
    /// The Request-URI has a scheme other than sip, sips and tel.
    #[error("unsupported URI scheme")]
    Scheme,
    /// A URI that breaks the grammar.
    #[error("bad URI")]
    Uri,
    /// A line that is no header: no colon, no name, or a CR or LF on its own.
    #[error("bad header line")]
    HeaderLine,
    /// The header must be there.
    #[error("missing {0}")]
    Missing(&'static str),
    /// The header may be there once only.
    #[error("more than one {0}")]
    Duplicate(&'static str),
    /// The header's value breaks its grammar or range.
    #[error("bad {0}")]
    Invalid(&'static str),
    /// The method of CSeq is not the method of the request.
    #[error("CSeq does not match the method")]
    Mismatch,
    /// The body is shorter than Content-Length says.
    #[error("body shorter than Content-Length")]
    Short,
    /// The empty line that ends the headers never came.
    #[error("headers without end")]
    Unfinished,
    /// A limit of `message` was passed.
    #[error("message too large")]
    TooLarge,
}

impl Fault {
    /// The response that is due (RFC 3261 21.4, 21.5).
    pub fn status(self) -> u16 {
        match self {
            Fault::Version => 505,
            Fault::Scheme => 416,
            Fault::TooLarge => 513,
            Fault::StartLine
            | Fault::Uri
            | Fault::HeaderLine
            | Fault::Missing(_)
            | Fault::Duplicate(_)
            | Fault::Invalid(_)
            | Fault::Mismatch
            | Fault::Short
            | Fault::Unfinished => 400,
        }
    }
}

/// A message that could not be read, with what is needed to refuse it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct ParseError {
    /// What is wrong; the first fault that was found.
    pub fault: Fault,
    /// The headers that a response copies; `None` when none can be sent (a response, an ACK, no Via).
    pub(crate) refusal: Option<Box<Refusal>>,
}

/// What a response copies from a broken request: the values as received, where there were any.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) vias: Vec<Bytes>,
    pub(crate) from: Option<Bytes>,
    pub(crate) to: Option<Bytes>,
    pub(crate) call_id: Option<Bytes>,
    pub(crate) cseq: Option<Bytes>,
}

/// Without the numbers of From and To.
impl std::fmt::Debug for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Refusal({} Vias)", self.vias.len())
    }
}

impl ParseError {
    /// The response that is due, ready to send back where the message came from: 400, 416, 505 or 513, with `tag` put
    /// into To when it had none. `None` when no response may or can be sent.
    pub fn answer(&self, source: std::net::SocketAddr, tag: &str) -> Option<Bytes> {
        let refusal = self.refusal.as_deref()?;
        let status = self.fault.status();
        let mut out = format!("SIP/2.0 {status} {}\r\n", super::status::reason(status)).into_bytes();
        let mut line = |name: &str, value: &[u8], more: &[u8]| {
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(value);
            out.extend_from_slice(more);
            out.extend_from_slice(b"\r\n");
        };
        for (index, via) in refusal.vias.iter().enumerate() {
            let noted = (index == 0)
                .then(|| super::header::via::Via::parse(via.clone()).ok())
                .flatten()
                .map(|top| top.with_source(source));
            line("Via", noted.as_ref().map_or(via, |top| top.as_bytes()), b"");
        }
        for (name, value) in [
            ("From", &refusal.from),
            ("Call-ID", &refusal.call_id),
            ("CSeq", &refusal.cseq),
        ] {
            if let Some(value) = value {
                line(name, value, b"");
            }
        }
        if let Some(to) = &refusal.to {
            let tagged = lexer::find_outside(to, b';')
                .is_some_and(|at| lexer::Params::new(&to[at..]).get("tag").is_some());
            let tag = if tagged || !lexer::all_token(tag.as_bytes()) {
                String::new()
            } else {
                format!(";tag={tag}")
            };
            line("To", to, tag.as_bytes());
        }
        line("Content-Length", b"0", b"");
        out.extend_from_slice(b"\r\n");
        Some(Bytes::from(out))
    }
}
