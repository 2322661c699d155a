//! Via (RFC 3261 20.42, RFC 3581): where a request came through, and so where its response goes.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

use bytes::Bytes;

use crate::sip::fault::Fault;
use crate::sip::lexer::{self, Params};
use crate::sip::uri;

const BAD: Fault = Fault::Invalid("Via");

/// Branches of RFC 3261 begin so; others are of RFC 2543 and identify nothing (8.1.1.7).
pub const MAGIC_COOKIE: &str = "z9hG4bK";

/// One hop; the bytes are kept as they came.
#[derive(Clone)]
pub struct Via {
    raw: Bytes,
    transport: Range<usize>,
    host: Range<usize>,
    port: Option<u16>,
    params: Range<usize>,
}

impl Via {
    /// A hop of our own: `SIP/2.0/UDP host:port;rport;branch=…` (RFC 3581 3). `branch` is what follows the magic cookie, a token.
    pub fn new(transport: &str, sent_by: SocketAddr, branch: &str) -> Result<Via, Fault> {
        Via::parse(format!(
            "SIP/2.0/{transport} {sent_by};rport;branch={MAGIC_COOKIE}{branch}"
        ))
    }

    /// Reads one element of a Via header.
    pub fn parse(raw: impl Into<Bytes>) -> Result<Via, Fault> {
        let raw = raw.into();
        if memchr::memchr2(b'\r', b'\n', &raw).is_some() {
            return Err(BAD);
        }
        let raw = raw.slice_ref(lexer::trim(&raw));
        let name = word(&raw, 0, b'/')?;
        let version = word(&raw, name.end, b'/')?;
        if !raw[name].eq_ignore_ascii_case(b"SIP") || &raw[version.clone()] != b"2.0" {
            return Err(BAD);
        }
        let start = raw[version.end..].iter().position(|&b| b == b'/').ok_or(BAD)? + version.end + 1;
        let start = skip_space(&raw, start);
        let end = raw[start..].iter().position(|&b| lexer::is_space(b)).ok_or(BAD)? + start;
        let transport = start..end;
        let at = skip_space(&raw, end);
        let (host, port, end) = sent_by(&raw, at)?;
        let params = Params::new(&raw[end..]);
        if !lexer::all_token(&raw[transport.clone()])
            || !params.are_sound()
            || params
                .get("branch")
                .is_some_and(|b| b.value.is_none_or(<[u8]>::is_empty))
        {
            return Err(BAD);
        }
        Ok(Via {
            transport,
            host,
            port,
            params: end..raw.len(),
            raw,
        })
    }

    /// The whole, as received.
    pub fn as_bytes(&self) -> &Bytes {
        &self.raw
    }

    /// `UDP`, `TCP`, `TLS`, … as written.
    pub fn transport(&self) -> &[u8] {
        &self.raw[self.transport.clone()]
    }

    /// The host of sent-by: a name, an IPv4 address, or an IPv6 address in brackets.
    pub fn host(&self) -> &[u8] {
        &self.raw[self.host.clone()]
    }

    /// The host of sent-by, when it is an address.
    pub fn host_addr(&self) -> Option<IpAddr> {
        uri::address(self.host())
    }

    /// The port of sent-by, when one is written.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// All parameters.
    pub fn params(&self) -> Params<'_> {
        Params::new(&self.raw[self.params.clone()])
    }

    /// The branch, whole.
    pub fn branch(&self) -> Option<&[u8]> {
        self.params().value("branch")
    }

    /// The branch, when it identifies a transaction: the magic cookie and something behind it (RFC 3261 17.2.3).
    pub fn unique_branch(&self) -> Option<&[u8]> {
        self.branch().filter(|branch| {
            branch.len() > MAGIC_COOKIE.len()
                && branch[..MAGIC_COOKIE.len()].eq_ignore_ascii_case(MAGIC_COOKIE.as_bytes())
        })
    }

    /// The address that a receiver noted; with or without brackets (RFC 5118 4.5).
    pub fn received(&self) -> Option<IpAddr> {
        uri::address(self.params().value("received")?)
    }

    /// Whether the sender asks for, or a receiver has noted, the port (RFC 3581).
    pub fn has_rport(&self) -> bool {
        self.params().get("rport").is_some()
    }

    /// The port that a receiver noted.
    pub fn rport(&self) -> Option<u16> {
        lexer::number(self.params().value("rport")?)
    }

    /// The same with what its receiver notes (RFC 3261 18.2.1, RFC 3581 4): `received` when sent-by is another address or
    /// the port was asked for, and the port when it was. What the sender itself wrote there is replaced.
    pub fn with_source(&self, source: SocketAddr) -> Via {
        let ip = source.ip().to_canonical();
        let asked = self.has_rport();
        let differs = self.host_addr().map(|addr| addr.to_canonical()) != Some(ip);
        let mut raw = self.raw[..self.params.start].to_vec();
        for param in self.params().iter() {
            if param.name.eq_ignore_ascii_case(b"received") || param.name.eq_ignore_ascii_case(b"rport") {
                continue;
            }
            raw.push(b';');
            raw.extend_from_slice(param.name);
            if let Some(value) = param.value {
                raw.push(b'=');
                raw.extend_from_slice(value);
            }
        }
        if asked || differs {
            raw.extend_from_slice(format!(";received={ip}").as_bytes());
        }
        if asked {
            raw.extend_from_slice(format!(";rport={}", source.port()).as_bytes());
        }
        Via {
            params: self.params.start..raw.len(),
            raw: Bytes::from(raw),
            ..self.clone()
        }
    }
}

/// The token before the next `separator`, white space around it aside. `from` is where the one before ended.
fn word(raw: &[u8], from: usize, separator: u8) -> Result<Range<usize>, Fault> {
    let start = if from == 0 {
        0
    } else {
        raw[from..].iter().position(|&b| b == separator).ok_or(BAD)? + from + 1
    };
    let start = skip_space(raw, start);
    let end = raw[start..]
        .iter()
        .position(|&b| !lexer::is_token(b))
        .ok_or(BAD)?
        + start;
    (raw.get(skip_space(raw, end)) == Some(&separator))
        .then_some(start..end)
        .ok_or(BAD)
}

fn skip_space(raw: &[u8], at: usize) -> usize {
    at + raw[at..].iter().take_while(|&&b| lexer::is_space(b)).count()
}

/// `host [: port]` with white space around the colon; also where it ends.
fn sent_by(raw: &[u8], at: usize) -> Result<(Range<usize>, Option<u16>, usize), Fault> {
    let host = at..at + uri::host_end(&raw[at..], b":; \t").ok_or(BAD)?;
    let colon = skip_space(raw, host.end);
    if raw.get(colon) != Some(&b':') {
        return Ok((host, None, colon));
    }
    let start = skip_space(raw, colon + 1);
    let end = start + raw[start..].iter().take_while(|b| b.is_ascii_digit()).count();
    let port = lexer::number(&raw[start..end]).ok_or(BAD)?;
    Ok((host, Some(port), skip_space(raw, end)))
}

impl PartialEq for Via {
    fn eq(&self, other: &Via) -> bool {
        self.raw == other.raw
    }
}

impl Eq for Via {}

impl std::fmt::Display for Via {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&lexer::text(&self.raw))
    }
}

impl std::fmt::Debug for Via {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// transport | host | port | branch | received | rport
    fn check(raw: &'static str, expected: &str) {
        let parts = match Via::parse(raw) {
            Ok(via) => {
                assert_eq!(via.as_bytes(), raw.trim(), "kept as it came");
                format!(
                    "{} | {} | {} | {} | {} | {}",
                    lexer::text(via.transport()),
                    lexer::text(via.host()),
                    via.port().map_or("-".into(), |p| p.to_string()),
                    via.branch().map_or("-".into(), lexer::text),
                    via.received().map_or("-".into(), |a| a.to_string()),
                    if via.has_rport() {
                        via.rport().map_or("asked".into(), |p| p.to_string())
                    } else {
                        "-".into()
                    },
                )
            }
            Err(fault) => fault.to_string(),
        };
        assert_eq!(parts, expected, "{raw}");
    }

    #[test]
    fn parts_are_found() {
        check(
            "SIP/2.0/UDP h.example.com;branch=z9hG4bK1",
            "UDP | h.example.com | - | z9hG4bK1 | - | -",
        );
        check(
            "SIP/2.0/TCP 192.0.2.1:5070;rport;branch=z9hG4bK1",
            "TCP | 192.0.2.1 | 5070 | z9hG4bK1 | - | asked",
        );
        check(
            "SIP  / 2.0  / TCP     spindle.example.com   ; branch  =   z9  ",
            "TCP | spindle.example.com | - | z9 | - | -",
        );
        check(
            "SIP/2.0/UDP [2001:db8::9:1] : 6050 ;Received=[::1];rport=9",
            "UDP | [2001:db8::9:1] | 6050 | - | ::1 | 9",
        );
        check(
            "SIP/2.0/UDP [::1];received=2001:db8::9:255",
            "UDP | [::1] | - | - | 2001:db8::9:255 | -",
        );
        check("sip/2.0/WSS a.invalid", "WSS | a.invalid | - | - | - | -");
    }

    #[test]
    fn what_breaks_the_grammar_is_refused() {
        for bad in [
            "",
            "SIP",
            "SIP/2.0",
            "SIP/2.0/UDP",
            "SIP/2.0/UDP ",
            "SIP/7.0/UDP h",
            "SIP/2.0 UDP h",
            "SIP/2.0/UDP h:",
            "SIP/2.0/UDP h:x",
            "SIP/2.0/UDP h:99999",
            "SIP/2.0/UDP h x",
            "SIP/2.0/UDP h;branch",
            "SIP/2.0/UDP h;branch=",
            "SIP/2.0/UDP [::1;branch=x",
            "SIP/2.0/UDP h;branch=x\r\nEvil: 1",
            "SIP/2.0/U(P h",
            ";;",
            "HTTP/2.0/UDP h",
            "/",
            "SIP/2.0/ / h",
        ] {
            check(bad, "bad Via");
        }
    }

    #[test]
    fn only_the_cookie_and_more_is_unique() {
        let unique = |branch: &str| {
            Via::parse(format!("SIP/2.0/UDP h;branch={branch}"))
                .is_ok_and(|via| via.unique_branch().is_some())
        };
        assert!(unique("z9hG4bKx"));
        assert!(unique("Z9HG4BKx"), "some far ends shout");
        assert!(!unique("z9hG4bK"), "RFC 4475 3.2.1");
        assert!(!unique("390skdjuw"));
    }

    #[test]
    fn the_source_is_noted() {
        let noted = |raw: &'static str, source: &str| {
            Via::parse(raw)
                .expect("legal")
                .with_source(source.parse().expect("an address"))
                .to_string()
        };
        assert_eq!(
            noted("SIP/2.0/UDP 192.0.2.1;branch=z", "192.0.2.1:5060"),
            "SIP/2.0/UDP 192.0.2.1;branch=z"
        );
        assert_eq!(
            noted("SIP/2.0/UDP h;branch=z", "192.0.2.1:5060"),
            "SIP/2.0/UDP h;branch=z;received=192.0.2.1"
        );
        assert_eq!(
            noted("SIP/2.0/UDP 192.0.2.1;rport ; branch = z", "192.0.2.1:9"),
            "SIP/2.0/UDP 192.0.2.1;branch=z;received=192.0.2.1;rport=9"
        );
        assert_eq!(
            noted("SIP/2.0/UDP h;received=6.6.6.6;rport=6", "[::ffff:192.0.2.1]:9"),
            "SIP/2.0/UDP h;received=192.0.2.1;rport=9"
        );
        assert_eq!(
            noted("SIP/2.0/UDP [::1]", "[2001:db8::1]:9"),
            "SIP/2.0/UDP [::1];received=2001:db8::1"
        );
    }

    #[test]
    fn our_own_asks_for_the_port() {
        let sent_by = "[::1]:5060".parse().expect("an address");
        let via = Via::new("TCP", sent_by, "abc").expect("legal");
        assert_eq!(via.to_string(), "SIP/2.0/TCP [::1]:5060;rport;branch=z9hG4bKabc");
        assert!(Via::new("TCP", sent_by, "a\r\nb").is_err());
    }
}
