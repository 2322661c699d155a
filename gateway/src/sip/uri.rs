//! URIs (RFC 3261 19.1, RFC 3966), kept as they came: nothing is decoded and encoded again, so `+`, `%23` and
//! `;npdi;rn=` leave as they entered.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::ops::Range;

use bytes::Bytes;

use super::fault::Fault;
use super::lexer::{self, Params};

/// Longest URI we read, in bytes.
pub const MAX_URI: usize = 2048;

/// The part before the colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// RFC 3261.
    Sip,
    /// RFC 3261, secure all the way.
    Sips,
    /// RFC 3966.
    Tel,
    /// Any other; legal in From and To, 416 in a Request-URI.
    Other,
}

/// A URI. Two are equal when their bytes are.
#[derive(Clone)]
pub struct Uri {
    raw: Bytes,
    scheme: Scheme,
    user: Option<Range<usize>>,
    password: Option<Range<usize>>,
    host: Range<usize>,
    port: Option<u16>,
    params: Range<usize>,
    headers: Option<Range<usize>>,
}

impl Uri {
    /// Reads a URI without angle brackets. White space, quotes, brackets and control bytes are refused in all of them; bytes
    /// above 127 are borne.
    pub fn parse(raw: impl Into<Bytes>) -> Result<Uri, Fault> {
        let raw = raw.into();
        if raw.len() > MAX_URI
            || raw
                .iter()
                .any(|&b| b <= b' ' || b == 0x7f || b"<>\"".contains(&b))
        {
            return Err(Fault::Uri);
        }
        let colon = memchr::memchr(b':', &raw).ok_or(Fault::Uri)?;
        let name = &raw[..colon];
        let sound = name.first().is_some_and(u8::is_ascii_alphabetic)
            && name
                .iter()
                .all(|&b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        if !sound || colon + 1 == raw.len() {
            return Err(Fault::Uri);
        }
        let scheme = match name {
            name if name.eq_ignore_ascii_case(b"sip") => Scheme::Sip,
            name if name.eq_ignore_ascii_case(b"sips") => Scheme::Sips,
            name if name.eq_ignore_ascii_case(b"tel") => Scheme::Tel,
            _ => Scheme::Other,
        };
        let end = raw.len();
        let bare = Uri {
            raw,
            scheme,
            user: None,
            password: None,
            host: end..end,
            port: None,
            params: end..end,
            headers: None,
        };
        match scheme {
            Scheme::Sip | Scheme::Sips => bare.read_sip(colon + 1),
            Scheme::Tel => bare.read_tel(colon + 1),
            Scheme::Other => Ok(bare),
        }
    }

    /// `[user[:password]@]host[:port][;params][?headers]`
    fn read_sip(mut self, start: usize) -> Result<Uri, Fault> {
        let raw = self.raw.clone();
        let mut at = start;
        if let Some(length) = memchr::memchr(b'@', &raw[start..]) {
            let info = &raw[start..start + length];
            let user = memchr::memchr(b':', info).unwrap_or(length);
            // `sip:@host` is how some carriers say that they do not say who calls.
            if user == 0 && length > 0 {
                return Err(Fault::Uri);
            }
            self.user = (user > 0).then_some(start..start + user);
            self.password = (user < length).then_some(start + user + 1..start + length);
            at = start + length + 1;
        }
        let host = host_end(&raw[at..], b":;?").ok_or(Fault::Uri)?;
        self.host = at..at + host;
        at += host;
        if raw.get(at) == Some(&b':') {
            let digits = raw[at + 1..].iter().take_while(|b| !b";?".contains(b)).count();
            self.port = Some(lexer::number(&raw[at + 1..at + 1 + digits]).ok_or(Fault::Uri)?);
            at += 1 + digits;
        }
        let question = memchr::memchr(b'?', &raw[at..]).map_or(raw.len(), |length| at + length);
        self.params = at..question;
        self.headers = (question < raw.len()).then_some(question + 1..raw.len());
        Ok(self)
    }

    /// `number[;params]`
    fn read_tel(mut self, start: usize) -> Result<Uri, Fault> {
        let end = memchr::memchr(b';', &self.raw[start..]).map_or(self.raw.len(), |length| start + length);
        if end == start {
            return Err(Fault::Uri);
        }
        self.user = Some(start..end);
        self.params = end..self.raw.len();
        Ok(self)
    }

    /// The whole, as received.
    pub fn as_bytes(&self) -> &Bytes {
        &self.raw
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The user part, escapes included; the number of a tel URI.
    pub fn user(&self) -> Option<&[u8]> {
        self.user.clone().map(|range| &self.raw[range])
    }

    /// The user part for people and policies: escapes are read, its own parameters (`;npdi`, RFC 3398) are cut off. Control characters
    /// stay escaped.
    pub fn user_text(&self) -> Option<String> {
        let user = self.user()?;
        let end = memchr::memchr(b';', user).unwrap_or(user.len());
        Some(lexer::text(&unescape(&user[..end])))
    }

    /// The password, which nobody should use (RFC 3261 19.1.1).
    pub fn password(&self) -> Option<&[u8]> {
        self.password.clone().map(|range| &self.raw[range])
    }

    /// A name, an IPv4 address, or an IPv6 address in brackets; empty for tel and foreign schemes.
    pub fn host(&self) -> &[u8] {
        &self.raw[self.host.clone()]
    }

    /// The host, when it is an address.
    pub fn host_addr(&self) -> Option<IpAddr> {
        address(self.host())
    }

    /// The port, when one is written.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The parameters, verbatim.
    pub fn params(&self) -> Params<'_> {
        Params::new(&self.raw[self.params.clone()])
    }

    /// What follows `?`, verbatim.
    pub fn headers(&self) -> Option<&[u8]> {
        self.headers.clone().map(|range| &self.raw[range])
    }
}

/// Where the host that opens `bytes` ends: behind the bracket of IPv6, else before one of `ends`. `None` when it is no
/// host, or when something else follows the bracket.
pub(crate) fn host_end(bytes: &[u8], ends: &[u8]) -> Option<usize> {
    let end = match bytes.first()? {
        b'[' => memchr::memchr(b']', bytes)? + 1,
        _ => bytes.iter().position(|b| ends.contains(b)).unwrap_or(bytes.len()),
    };
    let ended = bytes.get(end).is_none_or(|b| ends.contains(b));
    (ended && is_host(&bytes[..end])).then_some(end)
}

/// A name, an IPv4 address or an IPv6 reference. `_` is no letter of a host name, but carriers use it.
fn is_host(host: &[u8]) -> bool {
    match host {
        [] => false,
        [b'[', ..] => address(host).is_some(),
        name => name
            .iter()
            .all(|&b| b.is_ascii_alphanumeric() || b"-._".contains(&b)),
    }
}

/// An address with or without the brackets of IPv6 (RFC 5118 4.5). RFC 3261's grammar allowed three colons where two are meant; they are
/// borne (RFC 5118 4.10).
pub(crate) fn address(host: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(host).ok()?;
    match text.strip_prefix('[') {
        Some(inner) => {
            let inner = inner.strip_suffix(']')?.replacen(":::", "::", 1);
            inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
        }
        None => text.parse().ok(),
    }
}

/// `%41` becomes `A`; what is no escape, and the escape of a control character, stays.
fn unescape(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = (byte == b'%')
            .then(|| bytes.get(at + 1..at + 3))
            .flatten()
            .and_then(|digits| hex::decode(digits).ok())
            .and_then(|decoded| decoded.first().copied())
            .filter(|decoded| !decoded.is_ascii_control());
        text.push(escaped.unwrap_or(byte));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    text
}

impl PartialEq for Uri {
    fn eq(&self, other: &Uri) -> bool {
        self.raw == other.raw
    }
}

impl Eq for Uri {}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&lexer::text(&self.raw))
    }
}

/// Scheme and host only: the user part is somebody's number.
impl fmt::Debug for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}:…@{}", self.scheme, lexer::text(self.host()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scheme | user | password | host | port | params | headers
    fn check(raw: &'static str, expected: &str) {
        let parts = match Uri::parse(raw) {
            Ok(uri) => {
                assert_eq!(uri.as_bytes(), raw, "kept as it came");
                let shown = |part: Option<&[u8]>| part.map_or("-".into(), lexer::text);
                format!(
                    "{:?} | {} | {} | {} | {} | {} | {}",
                    uri.scheme(),
                    shown(uri.user()),
                    shown(uri.password()),
                    shown(Some(uri.host())),
                    uri.port().map_or("-".into(), |p| p.to_string()),
                    shown(Some(&uri.raw[uri.params.clone()])),
                    shown(uri.headers()),
                )
            }
            Err(fault) => fault.to_string(),
        };
        assert_eq!(parts, expected, "{raw}");
    }

    #[test]
    fn parts_are_found() {
        check("sip:example.com", "Sip | - | - | example.com | - |  | -");
        check(
            "SIPS:alice:pw@Example.com:5061;transport=tcp?a=b",
            "Sips | alice | pw | Example.com | 5061 | ;transport=tcp | a=b",
        );
        check(
            "sip:+12025550123;npdi;rn=+12025550000@gw.example.net;user=phone",
            "Sip | +12025550123;npdi;rn=+12025550000 | - | gw.example.net | - | ;user=phone | -",
        );
        check(
            "sip:%23100@[2001:db8::1]:5070;lr",
            "Sip | %23100 | - | [2001:db8::1] | 5070 | ;lr | -",
        );
        check("sip:a?b/c;d@h", "Sip | a?b/c;d | - | h | - |  | -");
        check(
            "tel:+1-202-555-0123;phone-context=example.com",
            "Tel | +1-202-555-0123 | - |  | - | ;phone-context=example.com | -",
        );
        check("sip:@192.0.2.1", "Sip | - | - | 192.0.2.1 | - |  | -");
        check("urn:service:sos", "Other | - | - |  | - |  | -");
        check("sip:j\u{fc}rgen@h", "Sip | j\u{fc}rgen | - | h | - |  | -");
        check(
            "sip:my_proxy.internal",
            "Sip | - | - | my_proxy.internal | - |  | -",
        );
    }

    #[test]
    fn what_breaks_the_grammar_is_refused() {
        for bad in [
            "",
            "sip",
            "sip:",
            ":x",
            "1sip:a@b",
            "sip:a b@c",
            "sip:a@",
            "sip::pw@b",
            "sip:a@b:",
            "sip:a@b:70000",
            "sip:a@b:5x",
            "sip:2001:db8::10",
            "sip:a@[2001:db8::1",
            "sip:a@[nonsense]",
            "sip:a@[::1]x",
            "sip:a@b@c",
            "sip:a@b\r\nX: y",
            "<sip:a@b>",
            "sip:a@b;p=\"q\"",
            "tel:",
            "tel:;x",
            "sip:a@b/c",
        ] {
            check(bad, "bad URI");
        }
        assert_eq!(
            Uri::parse(format!("sip:{}@b", "a".repeat(MAX_URI))),
            Err(Fault::Uri)
        );
    }

    #[test]
    fn user_text_reads_escapes_but_never_makes_control_characters() {
        let user = |raw: &'static str| Uri::parse(raw).ok().and_then(|uri| uri.user_text());
        assert_eq!(user("sip:%2b1202%23@h").as_deref(), Some("+1202#"));
        assert_eq!(user("sip:a%00b%0d%@h").as_deref(), Some("a%00b%0d%"));
        assert_eq!(user("sip:+1202;npdi@h").as_deref(), Some("+1202"));
        assert_eq!(user("sip:h"), None);
    }

    #[test]
    fn debug_shows_no_number() {
        let uri = Uri::parse("sip:+12025550123@gw.example.net").expect("legal");
        assert_eq!(format!("{uri:?}"), "Sip:…@gw.example.net");
    }
}
