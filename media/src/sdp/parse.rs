//! Reads a session description (RFC 8866), lenient about what carriers send.
//!
//! Unknown lines, missing `v= o= s= t=`, bare line feeds, Latin-1 bytes and broken attributes are passed over; only a
//! broken `m=` line is an error, because an answer must mirror every one of them (RFC 3264 section 6).

use super::crypto::Crypto;
use super::description::{Connection, Description, Media, RtpMap};
use super::{Direction, SdpError};

/// Longest session description that is read. Carriers send 300 bytes, browsers some 6,000.
pub const MAX_BYTES: usize = 16 * 1024;
/// Most `m=` lines.
pub const MAX_MEDIA: usize = 16;
/// Most formats of one `m=` line, and most `rtpmap` and `fmtp` of each; more are passed over.
pub const MAX_FORMATS: usize = 64;
/// Most `a=crypto` of one `m=` line; more are passed over.
const MAX_CRYPTO: usize = 16;
/// Longest `fmtp` that is kept; a longer one is passed over.
const MAX_FMTP: usize = 256;

/// Reads a session description. Bytes that are no SDP at all give a description without media.
pub fn parse(bytes: &[u8]) -> Result<Description, SdpError> {
    if bytes.len() > MAX_BYTES {
        return Err(SdpError::TooLarge);
    }
    let mut description = Description::default();
    for line in bytes.split(|b| *b == b'\n') {
        let line = String::from_utf8_lossy(line);
        let Some((kind, value)) = line.trim().split_once('=') else {
            continue;
        };
        read_line(&mut description, kind.trim_end(), value.trim())?;
    }
    Ok(description)
}

fn read_line(description: &mut Description, kind: &str, value: &str) -> Result<(), SdpError> {
    match kind {
        "t" if description.media.is_empty() => {
            description.timing = timing(value).unwrap_or(description.timing);
        }
        "c" => {
            let connection = Some(connection(value));
            match description.media.last_mut() {
                Some(media) => media.connection = connection,
                None => description.connection = connection,
            }
        }
        "m" => {
            if description.media.len() == MAX_MEDIA {
                return Err(SdpError::TooLarge);
            }
            description.media.push(media(value).ok_or(SdpError::Malformed)?);
        }
        "a" => attribute(description, value),
        _ => {}
    }
    Ok(())
}

/// `<start> <stop>` (RFC 8866 section 5.9).
fn timing(value: &str) -> Option<(u64, u64)> {
    let mut fields = value.split_ascii_whitespace();
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

/// `IN IP4 192.0.2.1[/ttl]` (RFC 8866 section 5.7).
fn connection(value: &str) -> Connection {
    let mut fields = value.split_ascii_whitespace().skip(2);
    let address = fields
        .next()
        .and_then(|a| a.split('/').next())
        .and_then(|a| a.parse().ok());
    address.map_or(Connection::Unusable, Connection::Ip)
}

/// `<media> <port>[/<count>] <proto> <fmt> …` (RFC 8866 section 5.14).
fn media(value: &str) -> Option<Media> {
    let mut fields = value.split_ascii_whitespace();
    let kind = token(fields.next()?)?;
    let port = fields.next()?.split('/').next()?.parse().ok()?;
    let protocol = token(fields.next()?)?;
    let formats: Vec<String> = fields.map(token).take(MAX_FORMATS).collect::<Option<_>>()?;
    Some(Media {
        kind,
        port,
        protocol,
        formats,
        connection: None,
        direction: None,
        rtpmaps: Vec::new(),
        fmtps: Vec::new(),
        rtcp: None,
        rtcp_mux: false,
        ptime_ms: None,
        maxptime_ms: None,
        cryptos: Vec::new(),
    })
}

/// Words of an `m=` line are printed again in an answer, so they must be plain: visible ASCII.
fn token(word: &str) -> Option<String> {
    word.bytes()
        .all(|b| b.is_ascii_graphic())
        .then(|| word.to_owned())
}

fn attribute(description: &mut Description, value: &str) {
    let (name, value) = match value.split_once(':') {
        Some((name, value)) => (name.trim_end(), value.trim()),
        None => (value, ""),
    };
    let Some(media) = description.media.last_mut() else {
        description.direction = direction(name).or(description.direction);
        return;
    };
    media.direction = direction(name).or(media.direction);
    match name {
        "rtpmap" if media.rtpmaps.len() < MAX_FORMATS => media.rtpmaps.extend(rtpmap(value)),
        "fmtp" if media.fmtps.len() < MAX_FORMATS => media.fmtps.extend(fmtp(value)),
        "crypto" if media.cryptos.len() < MAX_CRYPTO => media.cryptos.extend(Crypto::parse(value)),
        "rtcp" => media.rtcp = rtcp(value).or(media.rtcp),
        "rtcp-mux" => media.rtcp_mux = true,
        "ptime" => media.ptime_ms = milliseconds(value).or(media.ptime_ms),
        "maxptime" => media.maxptime_ms = milliseconds(value).or(media.maxptime_ms),
        _ => {}
    }
}

fn direction(name: &str) -> Option<Direction> {
    [
        Direction::SendRecv,
        Direction::SendOnly,
        Direction::RecvOnly,
        Direction::Inactive,
    ]
    .into_iter()
    .find(|d| name.eq_ignore_ascii_case(d.attribute()))
}

fn rtpmap(value: &str) -> Option<RtpMap> {
    let (payload_type, encoding) = value.split_once(|c: char| c.is_ascii_whitespace())?;
    let mut parts = encoding.trim().split('/');
    let name = parts.next()?;
    if name.len() > MAX_FMTP {
        return None;
    }
    Some(RtpMap {
        payload_type: payload_type_number(payload_type)?,
        name: name.to_owned(),
        clock_rate: parts.next()?.trim().parse().ok()?,
        channels: parts.next().map_or(Some(1), |c| c.trim().parse().ok())?,
    })
}

fn fmtp(value: &str) -> Option<(u8, String)> {
    let (payload_type, parameters) = value.split_once(|c: char| c.is_ascii_whitespace())?;
    let parameters = parameters.trim();
    (parameters.len() <= MAX_FMTP).then_some(())?;
    Some((payload_type_number(payload_type)?, parameters.to_owned()))
}

fn payload_type_number(text: &str) -> Option<u8> {
    text.parse().ok().filter(|pt| *pt < 128)
}

/// `<port>[ IN IP4 <address>]` (RFC 3605 section 2.1).
fn rtcp(value: &str) -> Option<(u16, Option<Connection>)> {
    let (port, rest) = value
        .split_once(|c: char| c.is_ascii_whitespace())
        .unwrap_or((value, ""));
    let address = (!rest.trim().is_empty()).then(|| connection(rest));
    Some((port.parse().ok()?, address))
}

/// Some send `20.0`.
fn milliseconds(value: &str) -> Option<u32> {
    value.split('.').next()?.trim().parse().ok()
}
