//! A SIP message (RFC 3261 7): what every message must have is a field, the rest a list. All values are slices of the
//! bytes that came; a message that exists can be printed, answered and matched without further checks.
//!
//! ```text
//! Bytes ──parse──► Message ──to_bytes──► Bytes          parse(print(m)) == m
//!            └───► ParseError ──answer──► 400, 416, 505, 513
//! ```

mod build;
pub(crate) mod lines;
mod parse;
mod print;
#[cfg(test)]
mod tests;

use bytes::Bytes;

use super::header::{CSeq, CallId, ContentType, Name, NameAddr, Typed, Value, Via};
use super::lexer;
use super::method::Method;
use super::uri::Uri;

pub use super::fault::{Fault, ParseError};
pub use build::Head;

/// Largest message, head and body, in bytes: the most that UDP carries.
pub const MAX_MESSAGE: usize = 65_535;
/// Most header lines, each element of Via counted.
pub const MAX_HEADERS: usize = 200;

/// A request or a response.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    start: Start,
    /// Never empty; the first is the top one.
    vias: Vec<Via>,
    from: NameAddr,
    to: NameAddr,
    call_id: CallId,
    cseq: CSeq,
    headers: Vec<(Name, Value)>,
    body: Bytes,
}

/// The first line. The method of a request stands in `cseq`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Start {
    Request { uri: Uri },
    Response { status: u16, reason: Value },
}

impl Message {
    /// Whether it is a request.
    pub fn is_request(&self) -> bool {
        matches!(self.start, Start::Request { .. })
    }

    /// The method; of a response, that of its request.
    pub fn method(&self) -> &Method {
        &self.cseq.method
    }

    /// The Request-URI; `None` of a response.
    pub fn request_uri(&self) -> Option<&Uri> {
        match &self.start {
            Start::Request { uri } => Some(uri),
            Start::Response { .. } => None,
        }
    }

    /// The status, 100 to 699; `None` of a request.
    pub fn status(&self) -> Option<u16> {
        match &self.start {
            Start::Request { .. } => None,
            Start::Response { status, .. } => Some(*status),
        }
    }

    /// The reason phrase as received, for people and logs; empty of a request.
    pub fn reason(&self) -> String {
        match &self.start {
            Start::Request { .. } => String::new(),
            Start::Response { reason, .. } => reason.text(),
        }
    }

    /// The top Via.
    pub fn via(&self) -> &Via {
        &self.vias[0]
    }

    /// All Vias, the top one first. A response with more than one is not for us (RFC 3261 8.1.3.3).
    pub fn vias(&self) -> &[Via] {
        &self.vias
    }

    /// From.
    pub fn from(&self) -> &NameAddr {
        &self.from
    }

    /// To.
    pub fn to(&self) -> &NameAddr {
        &self.to
    }

    /// Call-ID.
    pub fn call_id(&self) -> &CallId {
        &self.call_id
    }

    /// CSeq.
    pub fn cseq(&self) -> &CSeq {
        &self.cseq
    }

    /// The first header of that name.
    pub fn header(&self, name: &Name) -> Option<&Value> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value)
    }

    /// All headers of that name, in order.
    pub fn headers(&self, name: &Name) -> impl Iterator<Item = &Value> {
        self.headers
            .iter()
            .filter(move |(n, _)| n == name)
            .map(|(_, value)| value)
    }

    /// Every header that is no field, in order.
    pub fn all_headers(&self) -> impl Iterator<Item = (&Name, &Value)> {
        self.headers.iter().map(|(name, value)| (name, value))
    }

    /// Whether one of a list of tokens (Supported, Require, Allow) has this one.
    pub fn has_token(&self, name: &Name, token: &str) -> bool {
        self.headers(name).any(|value| value.has_token(token))
    }

    /// The addresses of Contact, Route, Record-Route, P-Asserted-Identity, … in order, over all headers of that name.
    /// Those that cannot be read are left out; in a request, Contact, Route and Record-Route are known to be sound.
    pub fn addresses(&self, name: &Name) -> impl Iterator<Item = NameAddr> {
        self.headers(name).flat_map(|value| {
            value
                .elements()
                .filter_map(|element| NameAddr::parse(value.as_bytes().slice_ref(element)).ok())
        })
    }

    /// The first header of that type that can be read.
    pub fn get<T: Typed>(&self) -> Option<T> {
        self.headers(&T::NAME).find_map(|value| T::read(value.as_bytes()))
    }

    /// Each element that can be read, over all headers of that type.
    pub fn each<T: Typed>(&self) -> impl Iterator<Item = T> {
        self.headers
            .iter()
            .filter(|(name, _)| *name == T::NAME)
            .flat_map(|(_, value)| value.elements().filter_map(T::read))
    }

    /// The first Contact; `None` when there is none, when it is `*`, and when that of a response cannot be read.
    pub fn contact(&self) -> Option<NameAddr> {
        self.addresses(&Name::Contact).next()
    }

    /// Max-Forwards.
    pub fn max_forwards(&self) -> Option<u8> {
        lexer::number(self.header(&Name::MaxForwards)?.as_bytes())
    }

    /// The body; empty when there is none.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// What the body says in that media type, alone or as a part of a multipart body; a body without Content-Type is taken
    /// for it.
    pub fn content(&self, media_type: &str) -> Option<Bytes> {
        match self.header(&Name::ContentType) {
            _ if self.body.is_empty() => None,
            None => Some(self.body.clone()),
            Some(value) => ContentType::read(value.as_bytes())?.find(media_type, &self.body),
        }
    }
}
