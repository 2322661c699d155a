//! Writes a message: long names, one header a line, Content-Length always and last.

use std::fmt;

use bytes::Bytes;

use super::{Message, Start};
use crate::sip::lexer;

impl Message {
    /// As it goes onto the wire.
    pub fn to_bytes(&self) -> Bytes {
        let mut out = Vec::with_capacity(self.size_hint());
        match &self.start {
            Start::Request { uri } => put(
                &mut out,
                &[self.cseq.method.as_bytes(), b" ", uri.as_bytes(), b" SIP/2.0"],
            ),
            Start::Response { status, reason } => {
                put(
                    &mut out,
                    &[
                        b"SIP/2.0 ",
                        status.to_string().as_bytes(),
                        b" ",
                        reason.as_bytes(),
                    ],
                );
            }
        }
        for via in &self.vias {
            put(&mut out, &[b"Via: ", via.as_bytes()]);
        }
        put(&mut out, &[b"From: ", self.from.as_bytes()]);
        put(&mut out, &[b"To: ", self.to.as_bytes()]);
        put(&mut out, &[b"Call-ID: ", self.call_id.as_bytes()]);
        put(
            &mut out,
            &[
                b"CSeq: ",
                self.cseq.number.to_string().as_bytes(),
                b" ",
                self.cseq.method.as_bytes(),
            ],
        );
        for (name, value) in &self.headers {
            put(&mut out, &[name.as_bytes(), b": ", value.as_bytes()]);
        }
        put(
            &mut out,
            &[b"Content-Length: ", self.body.len().to_string().as_bytes()],
        );
        put(&mut out, &[]);
        out.extend_from_slice(&self.body);
        Bytes::from(out)
    }

    fn size_hint(&self) -> usize {
        let fields = self.from.as_bytes().len() + self.to.as_bytes().len() + self.call_id.as_bytes().len();
        let vias: usize = self.vias.iter().map(|via| via.as_bytes().len() + 7).sum();
        let headers: usize = self
            .headers
            .iter()
            .map(|(n, v)| n.as_bytes().len() + v.as_bytes().len() + 4)
            .sum();
        self.body.len() + fields + vias + headers + 256
    }
}

fn put(out: &mut Vec<u8>, parts: &[&[u8]]) {
    for part in parts {
        out.extend_from_slice(part);
    }
    out.extend_from_slice(b"\r\n");
}

/// What [`Display`](fmt::Display) shows and where it belongs; bodies and numbers are not for logs.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Message({self}, Call-ID {}, body of {} bytes)",
            self.call_id,
            self.body.len()
        )
    }
}

/// Method or status and CSeq: enough for a log, and no number or body in it.
impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.start {
            Start::Request { .. } => write!(f, "{}", self.cseq),
            Start::Response { status, reason } => {
                write!(f, "{status} {} ({})", lexer::text(reason.as_bytes()), self.cseq)
            }
        }
    }
}
