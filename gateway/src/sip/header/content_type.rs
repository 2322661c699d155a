//! Content-Type (RFC 3261 20.15), and the part of a body that it describes.

use bytes::Bytes;

use super::{Name, Typed};
use crate::sip::lexer::{self, Params};

/// Most parts of a multipart body that are looked at.
pub const MAX_PARTS: usize = 16;

/// A media type with its boundary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentType {
    /// `application/sdp`, in lower case.
    pub media_type: String,
    /// Of a multipart type.
    boundary: Option<Vec<u8>>,
}

impl Typed for ContentType {
    const NAME: Name = Name::ContentType;

    fn read(value: &[u8]) -> Option<ContentType> {
        let end = lexer::find_outside(value, b';').unwrap_or(value.len());
        let slash = memchr::memchr(b'/', &value[..end])?;
        let (kind, subtype) = (lexer::trim(&value[..slash]), lexer::trim(&value[slash + 1..end]));
        if !lexer::all_token(kind) || !lexer::all_token(subtype) {
            return None;
        }
        let media_type = format!("{}/{}", lexer::text(kind), lexer::text(subtype)).to_ascii_lowercase();
        let boundary = Params::new(&value[end..]).value("boundary").map(lexer::unquote);
        Some(ContentType {
            media_type,
            boundary: boundary.filter(|b| !b.is_empty()),
        })
    }
}

impl ContentType {
    /// The body, when it is of `media_type`; else the first part of that type in a multipart body (RFC 2046 5.1, RFC 5621).
    pub fn find(&self, media_type: &str, body: &Bytes) -> Option<Bytes> {
        if self.media_type == media_type {
            return Some(body.clone());
        }
        let boundary = self
            .boundary
            .as_ref()
            .filter(|_| self.media_type.starts_with("multipart/"))?;
        parts(body, boundary).take(MAX_PARTS).find_map(|part| {
            let (head, content) = match part.strip_prefix(b"\r\n") {
                Some(content) => (&part[..0], content),
                None => {
                    let end = memchr::memmem::find(part, b"\r\n\r\n")?;
                    (&part[..end], &part[end + 4..])
                }
            };
            (type_of(head)?.media_type == media_type).then(|| body.slice_ref(content))
        })
    }
}

/// What stands between the lines `--boundary`: a head, an empty line, the content.
fn parts<'a>(body: &'a [u8], boundary: &[u8]) -> impl Iterator<Item = &'a [u8]> {
    let delimiter = [b"\r\n--", boundary].concat();
    // The first delimiter may stand at the very beginning, without its CRLF.
    let mut rest = match body.strip_prefix(&delimiter[2..]) {
        Some(rest) => Some(rest),
        None => memchr::memmem::find(body, &delimiter).map(|at| &body[at + delimiter.len()..]),
    };
    std::iter::from_fn(move || {
        let part = rest?;
        let end = memchr::memmem::find(part, &delimiter)?;
        rest = Some(&part[end + delimiter.len()..]);
        let line = memchr::memmem::find(&part[..end], b"\r\n")?;
        Some(&part[line + 2..end])
    })
}

/// Content-Type of a part's head.
fn type_of(head: &[u8]) -> Option<ContentType> {
    head.split(|&b| b == b'\n').find_map(|line| {
        let colon = memchr::memchr(b':', line)?;
        let is_type = lexer::trim(&line[..colon]).eq_ignore_ascii_case(ContentType::NAME.as_bytes());
        let value = line[colon + 1..]
            .strip_suffix(b"\r")
            .unwrap_or(&line[colon + 1..]);
        is_type.then(|| ContentType::read(lexer::trim(value))).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MULTIPART: &str = "preamble\r\n--b1\r\nContent-Type: application/isup;version=x\r\n\r\n\u{1}\u{2}\r\n--b1 \r\nX: y\r\ncontent-type : Application/SDP\r\n\r\nv=0\r\n\r\n--b1--\r\n";

    fn found(content_type: &str, body: &'static str) -> Option<Bytes> {
        ContentType::read(content_type.as_bytes())?.find("application/sdp", &Bytes::from(body))
    }

    #[test]
    fn the_description_is_found_alone_and_among_parts() {
        assert_eq!(
            found("application / SDP ;charset=x", "v=0\r\n").as_deref(),
            Some(&b"v=0\r\n"[..])
        );
        assert_eq!(
            found("multipart/mixed; boundary=\"b1\"", MULTIPART).as_deref(),
            Some(&b"v=0\r\n"[..])
        );
        assert_eq!(
            found("multipart/mixed;boundary=b1", &MULTIPART["preamble\r\n".len()..]).as_deref(),
            Some(&b"v=0\r\n"[..])
        );
    }

    #[test]
    fn what_is_no_description_is_not_found() {
        assert_eq!(found("application/isup", "v=0"), None);
        assert_eq!(found("multipart/mixed", MULTIPART), None, "no boundary");
        assert_eq!(found("multipart/mixed;boundary=b2", MULTIPART), None);
        assert_eq!(
            found(
                "multipart/mixed;boundary=b1",
                "--b1\r\nContent-Type: application/sdp\r\n\r\nnever closed"
            ),
            None
        );
        assert_eq!(
            found("multipart/mixed;boundary=b1", "--b1\r\n\r\nno head\r\n--b1--"),
            None
        );
        for bad in ["", "sdp", "/", "a b/c"] {
            assert_eq!(ContentType::read(bad.as_bytes()), None, "{bad}");
        }
    }
}
