//! name-addr and addr-spec: From, To, Contact, Route, Record-Route, P-Asserted-Identity, Refer-To, Diversion
//! (RFC 3261 20.10).
//!
//! ```text
//! "Smith, J" <sip:j@example.com;user=phone>;tag=1    the URI has ;user, the header has ;tag
//! sip:j@example.com;tag=1                            without <> every parameter is the header's
//! ```

use std::ops::Range;

use bytes::Bytes;

use super::value::{NotAValue, Value};
use crate::sip::fault::Fault;
use crate::sip::lexer::{self, Params};
use crate::sip::uri::Uri;

const BAD: Fault = Fault::Invalid("address");

/// One address with its parameters; the bytes are kept as they came.
#[derive(Clone)]
pub struct NameAddr {
    raw: Bytes,
    display: Range<usize>,
    uri: Uri,
    params: Range<usize>,
}

impl NameAddr {
    /// `<uri>`
    pub fn new(uri: &Uri) -> NameAddr {
        let raw = Bytes::from([b"<", &uri.as_bytes()[..], b">"].concat());
        NameAddr {
            params: raw.len()..raw.len(),
            raw,
            display: 0..0,
            uri: uri.clone(),
        }
    }

    /// `"display" <uri>`, quoted as needed.
    pub fn with_display(display: &str, uri: &Uri) -> Result<NameAddr, NotAValue> {
        Value::new(display.to_owned())?;
        let quoted = lexer::quote(display.as_bytes());
        let raw = Bytes::from([&quoted[..], b" <", uri.as_bytes(), b">"].concat());
        Ok(NameAddr {
            params: raw.len()..raw.len(),
            raw,
            display: 0..quoted.len(),
            uri: uri.clone(),
        })
    }

    /// Reads one address: an element of a list, or the whole value of From or To.
    pub fn parse(raw: impl Into<Bytes>) -> Result<NameAddr, Fault> {
        let raw = raw.into();
        if memchr::memchr2(b'\r', b'\n', &raw).is_some() {
            return Err(BAD);
        }
        let raw = raw.slice_ref(lexer::trim(&raw));
        let display = display_end(&raw)?;
        let (uri, after) = match display {
            Some(end) => {
                let open = end + raw[end..].iter().take_while(|&&b| lexer::is_space(b)).count();
                let close = memchr::memchr(b'>', &raw[open..]).ok_or(BAD)? + open;
                (open + 1..close, close + 1)
            }
            None => {
                let end = memchr::memchr(b';', &raw).unwrap_or(raw.len());
                // RFC 3261 20: a URI with a comma, a question mark or a semicolon needs its brackets.
                if memchr::memchr2(b'?', b',', &raw[..end]).is_some() {
                    return Err(BAD);
                }
                (0..lexer::trim(&raw[..end]).len(), end)
            }
        };
        if !Params::new(&raw[after..]).are_sound() {
            return Err(BAD);
        }
        let name = lexer::trim(&raw[..display.unwrap_or(0)]).len();
        Ok(NameAddr {
            uri: Uri::parse(raw.slice(uri))?,
            display: 0..name,
            params: after..raw.len(),
            raw,
        })
    }

    /// The whole, as received.
    pub fn as_bytes(&self) -> &Bytes {
        &self.raw
    }

    /// What the display name says, without quotes and escapes; `None` when there is none.
    pub fn display(&self) -> Option<String> {
        let name = &self.raw[self.display.clone()];
        (!name.is_empty()).then(|| lexer::text(&lexer::unquote(name)))
    }

    /// The URI, without brackets.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The parameters of the header.
    pub fn params(&self) -> Params<'_> {
        Params::new(&self.raw[self.params.clone()])
    }

    /// The tag of From and To.
    pub fn tag(&self) -> Option<&[u8]> {
        self.params().value("tag")
    }

    /// The same with `;tag=tag` at its end; itself when it has a tag already. `tag` is a token, or it is left out.
    pub fn with_tag(&self, tag: &str) -> NameAddr {
        if self.params().get("tag").is_some() || !lexer::all_token(tag.as_bytes()) {
            return self.clone();
        }
        let raw = Bytes::from([&self.raw[..], b";tag=", tag.as_bytes()].concat());
        NameAddr {
            params: self.params.start..raw.len(),
            raw,
            ..self.clone()
        }
    }

    /// The same without its parameters, in brackets: what another dialog may show of it.
    pub fn without_params(&self) -> NameAddr {
        NameAddr::new(&self.uri)
    }

    /// From and To have one tag at most, and it is not empty. That it is no token is borne: it is compared and copied as it came.
    pub(crate) fn tag_is_sound(&self) -> bool {
        let mut tags = self
            .params()
            .iter()
            .filter(|param| param.name.eq_ignore_ascii_case(b"tag"));
        let first = tags
            .next()
            .is_none_or(|tag| tag.value.is_some_and(|value| !value.is_empty()));
        first && tags.next().is_none()
    }
}

/// Where the display name ends and white space and `<` follow; `None` when there are no brackets. An unquoted name may be more than
/// tokens (carriers write `@`, Latin-1 and more), but a comma or half a quoted string makes it guesswork.
fn display_end(raw: &[u8]) -> Result<Option<usize>, Fault> {
    if raw.first() == Some(&b'"') {
        let end = lexer::quoted_end(raw).ok_or(BAD)?;
        return (lexer::trim_start(&raw[end..]).first() == Some(&b'<'))
            .then_some(Some(end))
            .ok_or(BAD);
    }
    match raw.iter().position(|b| b"<;\"".contains(b)) {
        Some(at) if raw[at] == b'<' => {
            let name = &raw[..at];
            let sound = !name.iter().any(|&b| b == b',' || b == b'>' || b == 0);
            sound.then_some(Some(at)).ok_or(BAD)
        }
        Some(at) if raw[at] == b'"' => Err(BAD),
        _ => Ok(None),
    }
}

impl PartialEq for NameAddr {
    fn eq(&self, other: &NameAddr) -> bool {
        self.raw == other.raw
    }
}

impl Eq for NameAddr {}

impl std::fmt::Display for NameAddr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&lexer::text(&self.raw))
    }
}

/// Without name and number.
impl std::fmt::Debug for NameAddr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<{:?}>", self.uri)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// display | uri | tag
    fn check(raw: &'static str, expected: &str) {
        let parts = match NameAddr::parse(raw) {
            Ok(found) => {
                assert_eq!(found.as_bytes(), raw.trim(), "kept as it came");
                format!(
                    "{} | {} | {}",
                    found.display().unwrap_or("-".into()),
                    found.uri(),
                    found.tag().map_or("-".into(), lexer::text)
                )
            }
            Err(fault) => fault.to_string(),
        };
        assert_eq!(parts, expected, "{raw}");
    }

    #[test]
    fn display_uri_and_tag_are_found() {
        check("<sip:a@h>", "- | sip:a@h | -");
        check("sip:a@h;tag=1;x", "- | sip:a@h | 1");
        check("sip:a@h ;   tag    = 19n", "- | sip:a@h | 19n");
        check("<sip:a@h;tag=no>;Tag=yes", "- | sip:a@h;tag=no | yes");
        check("\"Smith, <J>\\\"\" <sip:a@h>;tag=1", "Smith, <J>\" | sip:a@h | 1");
        check("caller<sip:a@h>", "caller | sip:a@h | -");
        check(" A. Bell  <sip:a@h> ; tag = q ", "A. Bell | sip:a@h | q");
        check("\"\"<sip:a@h>", " | sip:a@h | -");
        check(
            "+1 (202) 555@x <tel:+12025550123>",
            "+1 (202) 555@x | tel:+12025550123 | -",
        );
        check("<urn:service:sos>", "- | urn:service:sos | -");
        check("<sip:a@h>;p=\"<;>,\";tag=2", "- | sip:a@h | 2");
        check("sip:a@h;p=\"<\"", "- | sip:a@h | -");
        check("<sip:a@h>;;", "- | sip:a@h | -");
    }

    #[test]
    fn what_is_guesswork_is_refused() {
        for bad in [
            "\"open <sip:a@h>",
            "Bell, A <sip:a@h>",
            "half\" <sip:a@h>",
            "<sip:a@h",
            "<sip:a@h> x",
            "\"a\" sip:a@h",
            "sip:a@h?b=c",
            "<sip:a@h>;a b",
            "<sip:a@h>;tag=\"x",
            "\"a\"\r\nX: <sip:a@h>",
        ] {
            check(bad, "bad address");
        }
        for bad in ["", "< sip:a@h >", "<>", "*", "\"a\" <nonsense>"] {
            check(bad, "bad URI");
        }
    }

    #[test]
    fn a_tag_is_added_once() {
        let plain = NameAddr::parse("sip:a@h").expect("legal");
        let tagged = plain.with_tag("x1");
        assert_eq!(tagged.to_string(), "sip:a@h;tag=x1");
        assert_eq!(tagged.tag(), Some(&b"x1"[..]));
        assert_eq!(tagged.with_tag("x2"), tagged);
        assert_eq!(plain.with_tag("x\r\nEvil: 1"), plain);
    }

    #[test]
    fn display_names_are_quoted_and_bear_no_line_ends() {
        let uri = Uri::parse("sip:a@h").expect("legal");
        let named = NameAddr::with_display("A \"B\" \\ C", &uri).expect("legal");
        assert_eq!(named.to_string(), "\"A \\\"B\\\" \\\\ C\" <sip:a@h>");
        assert_eq!(
            NameAddr::parse(named.as_bytes().clone())
                .ok()
                .and_then(|n| n.display())
                .as_deref(),
            Some("A \"B\" \\ C")
        );
        assert!(NameAddr::with_display("a\r\nb", &uri).is_err());
    }
}
