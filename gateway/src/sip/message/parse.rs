//! Reads a message. The head is read to its end even when something is wrong, so that the fault can be answered.

use bytes::Bytes;

use super::lines::Lines;
use super::{MAX_HEADERS, MAX_MESSAGE, Message, Start};
use crate::sip::fault::{Fault, ParseError, Refusal};
use crate::sip::header::name::Field;
use crate::sip::header::value::MAX_VALUE;
use crate::sip::header::{CSeq, CallId, Name, NameAddr, Value, Via};
use crate::sip::lexer;
use crate::sip::method::Method;
use crate::sip::uri::{Scheme, Uri};

impl Message {
    /// Reads one datagram, or one message cut from a stream by [`crate::sip::framing::Framer`]. Without Content-Length
    /// the body is the rest (RFC 3261 18.3); what follows Content-Length is dropped. Empty lines in front are passed over.
    pub fn parse(bytes: impl Into<Bytes>) -> Result<Message, ParseError> {
        let bytes = bytes.into();
        if bytes.len() > MAX_MESSAGE {
            return Err(ParseError {
                fault: Fault::TooLarge,
                refusal: None,
            });
        }
        let start = bytes
            .iter()
            .position(|b| !b"\r\n".contains(b))
            .unwrap_or(bytes.len());
        let bytes = bytes.slice(start..);
        let mut lines = Lines::new(&bytes);
        let mut draft = Draft::default();
        let first = match lines.next_line() {
            Ok(line) => own(&bytes, line),
            Err(fault) => {
                draft.note(fault);
                Bytes::new()
            }
        };
        let start = StartLine::read(&first);
        draft.read_headers(&bytes, &mut lines);
        draft.finish(start, bytes.slice(lines.position()..))
    }
}

/// The line as a slice of the message, where it is one.
fn own(bytes: &Bytes, line: std::borrow::Cow<'_, [u8]>) -> Bytes {
    match line {
        std::borrow::Cow::Borrowed(line) => bytes.slice_ref(line),
        std::borrow::Cow::Owned(line) => Bytes::from(line),
    }
}

enum StartLine {
    Request {
        method: Method,
        uri: Uri,
    },
    Response {
        status: u16,
        reason: Value,
    },
    /// `answerable`: it was meant as a request, and not as ACK.
    Broken {
        fault: Fault,
        answerable: bool,
    },
}

impl StartLine {
    fn read(line: &Bytes) -> StartLine {
        let word_end = memchr::memchr(b' ', line).unwrap_or(line.len());
        let (word, rest) = (&line[..word_end], &line[(word_end + 1).min(line.len())..]);
        if is_version(word) {
            return Self::read_status(line, word, rest).unwrap_or_else(|fault| StartLine::Broken {
                fault,
                answerable: false,
            });
        }
        let answerable = word != b"ACK" && !word.is_empty();
        Self::read_request(line, word, rest).unwrap_or_else(|fault| StartLine::Broken { fault, answerable })
    }

    /// `SIP/2.0 status reason`. The space before an empty reason may be missing.
    fn read_status(line: &Bytes, version: &[u8], rest: &[u8]) -> Result<StartLine, Fault> {
        if !version.eq_ignore_ascii_case(b"SIP/2.0") {
            return Err(Fault::Version);
        }
        let (digits, reason) = match memchr::memchr(b' ', rest) {
            Some(at) => (&rest[..at], &rest[at + 1..]),
            None => (rest, &rest[rest.len()..]),
        };
        let status = lexer::number(digits).filter(|status| (100..700).contains(status) && digits.len() == 3);
        let reason = Value::received(line.slice_ref(lexer::trim(reason)));
        Ok(StartLine::Response {
            status: status.ok_or(Fault::StartLine)?,
            reason,
        })
    }

    /// `METHOD uri SIP/2.0`, one space each (RFC 3261 7.1).
    fn read_request(line: &Bytes, word: &[u8], rest: &[u8]) -> Result<StartLine, Fault> {
        let space = memchr::memrchr(b' ', rest).ok_or(Fault::StartLine)?;
        let (uri, version) = (&rest[..space], &rest[space + 1..]);
        let method = Method::parse(line.slice_ref(word)).ok_or(Fault::StartLine)?;
        if !is_version(version) || uri.is_empty() || memchr::memchr2(b' ', b'\t', uri).is_some() {
            return Err(Fault::StartLine);
        }
        if !version.eq_ignore_ascii_case(b"SIP/2.0") {
            return Err(Fault::Version);
        }
        let uri = Uri::parse(line.slice_ref(uri))?;
        match uri.scheme() {
            Scheme::Other => Err(Fault::Scheme),
            // RFC 3261 19.1.1: headers are not allowed in a Request-URI.
            Scheme::Sip | Scheme::Sips | Scheme::Tel if uri.headers().is_some() => Err(Fault::Uri),
            Scheme::Sip | Scheme::Sips | Scheme::Tel => Ok(StartLine::Request { method, uri }),
        }
    }
}

/// `SIP/` digits `.` digits
fn is_version(word: &[u8]) -> bool {
    let digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    match word.split_at_checked(4) {
        Some((name, number)) if name.eq_ignore_ascii_case(b"SIP/") => {
            let mut parts = number.splitn(2, |&b| b == b'.');
            parts.next().is_some_and(digits) && parts.next().is_some_and(digits)
        }
        _ => false,
    }
}

/// What the head has said so far, values as received.
#[derive(Default)]
struct Draft {
    vias: Vec<Bytes>,
    from: Option<Bytes>,
    to: Option<Bytes>,
    call_id: Option<Bytes>,
    cseq: Option<Bytes>,
    content_length: Option<Bytes>,
    headers: Vec<(Name, Value)>,
    /// The first one found; a mere `HeaderLine` gives way to any other.
    fault: Option<Fault>,
}

impl Draft {
    fn note(&mut self, fault: Fault) {
        if matches!(self.fault, None | Some(Fault::HeaderLine)) {
            self.fault = Some(fault);
        }
    }

    fn read_headers(&mut self, bytes: &Bytes, lines: &mut Lines<'_>) {
        for _ in 0..MAX_HEADERS {
            match lines.next_line() {
                Ok(line) if line.is_empty() => return,
                Ok(line) => {
                    let line = own(bytes, line);
                    if let Err(fault) = self.read_header(&line) {
                        self.note(fault);
                    }
                }
                Err(Fault::Unfinished) => return self.note(Fault::Unfinished),
                Err(fault) => self.note(fault),
            }
        }
        self.note(Fault::TooLarge);
    }

    fn read_header(&mut self, line: &Bytes) -> Result<(), Fault> {
        let colon = memchr::memchr(b':', line).ok_or(Fault::HeaderLine)?;
        let name = line.slice_ref(lexer::trim(&line[..colon]));
        let value = line.slice_ref(lexer::trim(&line[colon + 1..]));
        if value.len() > MAX_VALUE {
            return Err(Fault::TooLarge);
        }
        let (place, title) = match Field::find(&name) {
            Some(Field::Via) => return self.read_vias(&value),
            Some(Field::From) => (&mut self.from, "From"),
            Some(Field::To) => (&mut self.to, "To"),
            Some(Field::CallId) => (&mut self.call_id, "Call-ID"),
            Some(Field::CSeq) => (&mut self.cseq, "CSeq"),
            Some(Field::ContentLength) => (&mut self.content_length, "Content-Length"),
            None => {
                let name = Name::parse(name).ok_or(Fault::HeaderLine)?;
                self.headers.push((name, Value::received(value)));
                return Ok(());
            }
        };
        match place {
            Some(_) => Err(Fault::Duplicate(title)),
            None => {
                *place = Some(value);
                Ok(())
            }
        }
    }

    fn read_vias(&mut self, value: &Bytes) -> Result<(), Fault> {
        for element in lexer::elements(value).filter(|element| !element.is_empty()) {
            if self.vias.len() == MAX_HEADERS {
                return Err(Fault::TooLarge);
            }
            self.vias.push(value.slice_ref(element));
        }
        Ok(())
    }

    /// Everything that must be there is there, and sound; else what a refusal needs.
    fn finish(self, start: StartLine, rest: Bytes) -> Result<Message, ParseError> {
        let answerable = match &start {
            StartLine::Request { method, .. } => *method != Method::Ack,
            StartLine::Response { .. } => false,
            StartLine::Broken { answerable, .. } => *answerable,
        };
        match self.read_fields(start, rest) {
            Ok(message) => Ok(Message {
                headers: self.headers,
                ..message
            }),
            Err(fault) => {
                let refusal = (answerable && !self.vias.is_empty()).then(|| Refusal {
                    vias: self.vias,
                    from: self.from,
                    to: self.to,
                    call_id: self.call_id,
                    cseq: self.cseq,
                });
                Err(ParseError {
                    fault,
                    refusal: refusal.map(Box::new),
                })
            }
        }
    }

    /// The message without its list of headers.
    fn read_fields(&self, start: StartLine, rest: Bytes) -> Result<Message, Fault> {
        let (start, method) = match start {
            StartLine::Request { method, uri } => (Start::Request { uri }, Some(method)),
            StartLine::Response { status, reason } => (Start::Response { status, reason }, None),
            StartLine::Broken { fault, .. } => return Err(fault),
        };
        match self.fault {
            // A line that is no header is passed over in a response: a 200 still needs its ACK.
            Some(Fault::HeaderLine) if method.is_none() => {}
            Some(fault) => return Err(fault),
            None => {}
        }
        let read = |via: &Bytes| Via::parse(via.clone());
        let vias: Vec<Via> = self.vias.iter().map(read).collect::<Result<_, _>>()?;
        if vias.is_empty() {
            return Err(Fault::Missing("Via"));
        }
        let from = address(self.from.as_ref(), "From")?;
        let to = address(self.to.as_ref(), "To")?;
        let call_id = CallId::parse(self.call_id.clone().ok_or(Fault::Missing("Call-ID"))?)?;
        let cseq = CSeq::parse(self.cseq.as_ref().ok_or(Fault::Missing("CSeq"))?)?;
        if let Some(method) = method {
            if method != cseq.method {
                return Err(Fault::Mismatch);
            }
            self.check_request()?;
        }
        let body = self.body(rest)?;
        Ok(Message {
            start,
            vias,
            from,
            to,
            call_id,
            cseq,
            headers: Vec::new(),
            body,
        })
    }

    /// What a request is refused for and a response is not: 200 with a broken Contact still gets its ACK.
    fn check_request(&self) -> Result<(), Fault> {
        let mut max_forwards = self.headers.iter().filter(|(name, _)| *name == Name::MaxForwards);
        if let Some((_, value)) = max_forwards.next() {
            lexer::number::<u8>(value.as_bytes()).ok_or(Fault::Invalid("Max-Forwards"))?;
        }
        if max_forwards.next().is_some() {
            return Err(Fault::Duplicate("Max-Forwards"));
        }
        for (name, value) in &self.headers {
            let Some(title) = title_of_address(name) else {
                continue;
            };
            if *name == Name::Contact && value.as_bytes() == "*" {
                continue;
            }
            for element in value.elements() {
                NameAddr::parse(value.as_bytes().slice_ref(element)).map_err(|_| Fault::Invalid(title))?;
            }
        }
        Ok(())
    }

    fn body(&self, rest: Bytes) -> Result<Bytes, Fault> {
        let Some(digits) = &self.content_length else {
            return Ok(rest);
        };
        let length: usize = lexer::number(digits).ok_or(Fault::Invalid("Content-Length"))?;
        if length > rest.len() {
            return Err(Fault::Short);
        }
        Ok(rest.slice(..length))
    }
}

/// The headers of addresses that a dialog is made of.
fn title_of_address(name: &Name) -> Option<&'static str> {
    [
        (Name::Contact, "Contact"),
        (Name::Route, "Route"),
        (Name::RecordRoute, "Record-Route"),
    ]
    .into_iter()
    .find_map(|(known, title)| (*name == known).then_some(title))
}

fn address(value: Option<&Bytes>, title: &'static str) -> Result<NameAddr, Fault> {
    let value = value.ok_or(Fault::Missing(title))?;
    let address = NameAddr::parse(value.clone()).map_err(|_| Fault::Invalid(title))?;
    address
        .tag_is_sound()
        .then_some(address)
        .ok_or(Fault::Invalid(title))
}
