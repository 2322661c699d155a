//! Cuts a byte stream into messages (RFC 3261 18.3): Content-Length says where a body ends. Without it nobody can know where the
//! next message begins, so the stream is at its end then.

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use md5::{Digest, Md5};

use super::fault::{Fault, ParseError};
use super::header::name::Field;
use super::lexer;
use super::message::lines::Lines;
use super::message::{MAX_MESSAGE, Message};
use super::method::Method;
use super::work::walked;

/// Largest head on a stream, in bytes.
pub const MAX_HEAD: usize = 32_768;

/// What came over one connection and is no whole message yet.
#[derive(Default)]
pub struct Framer {
    buffer: BytesMut,
    /// So much has been searched for the end of the head.
    searched: usize,
    /// Length of the message at the front, once its head is known.
    whole: Option<usize>,
    /// Line ends between messages, for RFC 5626 3.5.1.
    line_ends: u8,
    ping: bool,
    broken: bool,
}

/// The stream cannot be read any further. Send [`FramingError::answer`], if there is one, and close.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct FramingError {
    /// What is wrong.
    pub fault: Fault,
    head: Option<Bytes>,
}

/// Without the head: there are numbers in it.
impl std::fmt::Debug for FramingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FramingError({:?})", self.fault)
    }
}

/// How much is held, not what.
impl std::fmt::Debug for Framer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Framer({} bytes)", self.buffer.len())
    }
}

impl Framer {
    /// Takes what was read. Call [`Framer::next`] until it has nothing before the next push: what is held is then less than
    /// one message.
    pub fn push(&mut self, bytes: &[u8]) {
        if !self.broken {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// The next message, ready for [`Message::parse`]; `None` when more bytes are needed. After an error there is
    /// nothing more.
    #[expect(
        clippy::should_implement_trait,
        reason = "None means not yet, and push comes between: no iterator"
    )]
    pub fn next(&mut self) -> Result<Option<Bytes>, FramingError> {
        if self.broken {
            return Ok(None);
        }
        self.cut().inspect_err(|_| {
            self.broken = true;
            self.buffer = BytesMut::new();
        })
    }

    /// Whether the far end has sent a ping (two line ends between messages) since this was last asked; the pong is one CRLF
    /// (RFC 5626 3.5.1).
    pub fn take_ping(&mut self) -> bool {
        std::mem::take(&mut self.ping)
    }

    fn cut(&mut self) -> Result<Option<Bytes>, FramingError> {
        let whole = match self.whole {
            Some(whole) => whole,
            None => {
                self.skip_line_ends();
                let Some(head) = self.find_head()? else {
                    return Ok(None);
                };
                let whole = head + self.body_length(head)?;
                self.whole = Some(whole);
                whole
            }
        };
        if self.buffer.len() < whole {
            return Ok(None);
        }
        self.whole = None;
        self.searched = 0;
        Ok(Some(self.buffer.split_to(whole).freeze()))
    }

    fn skip_line_ends(&mut self) {
        while self.buffer.starts_with(b"\r\n") {
            self.line_ends += 1;
            if self.line_ends == 2 {
                self.line_ends = 0;
                self.ping = true;
            }
            let _ = self.buffer.split_to(2);
        }
        if self.buffer.first().is_some_and(|&b| b != b'\r') {
            self.line_ends = 0;
        }
    }

    /// Length of the head, its empty line included.
    fn find_head(&mut self) -> Result<Option<usize>, FramingError> {
        // The four bytes may lie across what was searched and what is new.
        let from = self.searched.saturating_sub(3);
        walked(self.buffer.len() - from);
        let found = memchr::memmem::find(&self.buffer[from..], b"\r\n\r\n").map(|at| from + at + 4);
        self.searched = self.buffer.len();
        if found.unwrap_or(self.buffer.len()) > MAX_HEAD {
            return Err(FramingError {
                fault: Fault::TooLarge,
                head: None,
            });
        }
        Ok(found)
    }

    fn body_length(&self, head: usize) -> Result<usize, FramingError> {
        let bytes = &self.buffer[..head];
        content_length(bytes)
            .and_then(|length| {
                if head + length > MAX_MESSAGE {
                    Err(Fault::TooLarge)
                } else {
                    Ok(length)
                }
            })
            .map_err(|fault| FramingError {
                fault,
                head: Some(Bytes::copy_from_slice(bytes)),
            })
    }
}

/// The one Content-Length of a head. Lines that are broken otherwise are left for [`Message::parse`] to judge.
fn content_length(head: &[u8]) -> Result<usize, Fault> {
    const NAME: &str = "Content-Length";
    let mut lines = Lines::new(head);
    let mut found = None;
    loop {
        let line = match lines.next_line() {
            Ok(line) if line.is_empty() => break,
            Ok(line) => line,
            Err(Fault::Unfinished) => break,
            Err(_) => continue,
        };
        let Some(colon) = memchr::memchr(b':', &line) else {
            continue;
        };
        if Field::find(lexer::trim(&line[..colon])) == Some(Field::ContentLength) {
            let length = lexer::number(lexer::trim(&line[colon + 1..])).ok_or(Fault::Invalid(NAME))?;
            if found.replace(length).is_some() {
                return Err(Fault::Duplicate(NAME));
            }
        }
    }
    found.ok_or(Fault::Missing(NAME))
}

impl FramingError {
    /// The response that is due to the message that broke the stream, when its head can be read that far. Its To-tag is made
    /// of the head, so that a repeated request gets the same one (RFC 3261 8.2.7).
    pub fn answer(&self, source: SocketAddr) -> Option<Bytes> {
        let head = self.head.clone()?;
        let tag = hex::encode(&Md5::digest(&head)[..8]);
        match Message::parse(head) {
            Ok(request) if request.is_request() && *request.method() != Method::Ack => {
                let mut response = request.response(self.fault.status(), &tag);
                response.note_source(source);
                Some(response.to_bytes())
            }
            Ok(_) => None,
            Err(error) => ParseError {
                fault: self.fault,
                ..error
            }
            .answer(source, &tag),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "OPTIONS sip:a@h SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:b@h>;tag=1\r\nTo: <sip:a@h>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nl:\r\n  4\r\n\r\nbody";
    const SECOND: &str = "SIP/2.0 200 OK\r\nContent-Length : 0\r\n\r\n";

    fn cut(framer: &mut Framer) -> Vec<String> {
        std::iter::from_fn(|| framer.next().expect("sound"))
            .map(|bytes| String::from_utf8(bytes.to_vec()).expect("text"))
            .collect()
    }

    #[test]
    fn every_way_to_cut_the_stream_gives_the_same_messages() {
        let stream = format!("\r\n{FIRST}\r\n\r\n{SECOND}{FIRST}");
        for size in 1..=stream.len() {
            let mut framer = Framer::default();
            let mut found = Vec::new();
            for chunk in stream.as_bytes().chunks(size) {
                framer.push(chunk);
                found.extend(cut(&mut framer));
            }
            assert_eq!(found, [FIRST, SECOND, FIRST], "in pieces of {size}");
            assert!(framer.take_ping(), "two line ends between messages are a ping");
            assert!(!framer.take_ping(), "answered once");
        }
    }

    #[test]
    fn one_line_end_is_no_ping() {
        let mut framer = Framer::default();
        framer.push(format!("\r\n{SECOND}\r\n{SECOND}").as_bytes());
        assert_eq!(cut(&mut framer), [SECOND, SECOND]);
        assert!(!framer.take_ping());
    }

    #[test]
    fn without_a_sound_length_the_stream_ends_with_400() {
        for (length, fault) in [
            ("", Fault::Missing("Content-Length")),
            ("Content-Length: -1\r\n", Fault::Invalid("Content-Length")),
            (
                "Content-Length: 1\r\nl: 1\r\n",
                Fault::Duplicate("Content-Length"),
            ),
            ("Content-Length: 65535\r\n", Fault::TooLarge),
        ] {
            let mut framer = Framer::default();
            framer.push(FIRST.replace("l:\r\n  4\r\n", length).as_bytes());
            let error = framer.next().expect_err("broken");
            assert_eq!(error.fault, fault);
            let source = "192.0.2.1:5060".parse().expect("an address");
            let answer = Message::parse(error.answer(source).expect("a request")).expect("sound");
            assert_eq!(answer.status(), Some(fault.status()));
            assert!(answer.to().tag().is_some() && answer.via().received().is_some());
            framer.push(SECOND.as_bytes());
            assert_eq!(framer.next(), Ok(None), "nothing more after an error");
        }
    }

    #[test]
    fn a_head_without_end_is_given_up() {
        let mut framer = Framer::default();
        let mut pushed = 0;
        let fault = loop {
            framer.push(b"X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n");
            pushed += 33;
            match framer.next() {
                Ok(found) => assert_eq!(found, None),
                Err(error) => break error.fault,
            }
        };
        assert_eq!(fault, Fault::TooLarge);
        assert!(pushed <= MAX_HEAD + 33);
    }
}
