//! A session description as it was read: what offer and answer need of it, and nothing else.
//!
//! Directions here are the describer's own view; `negotiate` turns them round.

use std::net::IpAddr;

use super::{Crypto, Direction};
use crate::codec::Codec;

/// A parsed session description. Every list in it is bounded by the parser.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// `t=` start and stop, which an answer repeats (RFC 3264 section 6).
    pub timing: (u64, u64),
    /// `c=` of the session, for media without their own.
    pub connection: Option<Connection>,
    /// Direction of the session, for media without their own.
    pub direction: Option<Direction>,
    /// The `m=` lines in their order.
    pub media: Vec<Media>,
}

/// The address of a `c=` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// An IP address.
    Ip(IpAddr),
    /// A name, or an address that we cannot read: nothing can be sent there (we do not resolve names on the call path).
    Unusable,
}

/// One `m=` line with its attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// `audio`, `video`, `image`, …
    pub kind: String,
    /// 0 is refused, or switched off.
    pub port: u16,
    /// `RTP/AVP`, …
    pub protocol: String,
    /// Formats as written, best first.
    pub formats: Vec<String>,
    /// Its own `c=`.
    pub connection: Option<Connection>,
    /// Its own direction.
    pub direction: Option<Direction>,
    /// `a=rtpmap`, in their order.
    pub rtpmaps: Vec<RtpMap>,
    /// `a=fmtp`: payload type and parameters.
    pub fmtps: Vec<(u8, String)>,
    /// `a=rtcp` (RFC 3605).
    pub rtcp: Option<(u16, Option<Connection>)>,
    /// `a=rtcp-mux` (RFC 5761).
    pub rtcp_mux: bool,
    /// `a=ptime`, milliseconds.
    pub ptime_ms: Option<u32>,
    /// `a=maxptime`, milliseconds.
    pub maxptime_ms: Option<u32>,
    /// `a=crypto` that we can use, best first.
    pub cryptos: Vec<Crypto>,
}

/// `a=rtpmap:<payload type> <name>/<clock rate>[/<channels>]` (RFC 8866 section 6.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RtpMap {
    /// Payload type, 0 to 127.
    pub payload_type: u8,
    /// Encoding name as written.
    pub name: String,
    /// Hertz.
    pub clock_rate: u32,
    /// 1 unless said otherwise.
    pub channels: u32,
}

impl Media {
    /// The payload types in their order; formats that are none are left out.
    pub fn payload_types(&self) -> impl Iterator<Item = u8> + '_ {
        self.formats
            .iter()
            .filter_map(|f| f.parse().ok())
            .filter(|pt| *pt < 128)
    }

    /// The codec behind a payload type, when it is one of ours: by its rtpmap, else by its static number (RFC 3551 table 4).
    pub fn codec(&self, payload_type: u8) -> Option<Codec> {
        match self.rtpmap(payload_type) {
            Some(map) => Codec::ALL.into_iter().find(|c| {
                map.channels == c.channels()
                    && map.clock_rate == c.clock_rate()
                    && map.name.eq_ignore_ascii_case(c.name())
            }),
            None => Codec::of_static(payload_type),
        }
    }

    /// The payload type of telephone-event at `clock_rate` that carries at least the twelve keys (RFC 4733 section 2.4.1).
    pub fn telephone_event(&self, clock_rate: u32) -> Option<u8> {
        self.payload_types().find(|pt| {
            self.rtpmap(*pt).is_some_and(|map| {
                map.name.eq_ignore_ascii_case("telephone-event") && map.clock_rate == clock_rate
            }) && self.fmtp(*pt).is_none_or(carries_keys)
        })
    }

    /// RTP audio that is switched on. AVPF without feedback attributes is AVP on the wire (RFC 4585 section 1).
    pub fn is_audio(&self) -> bool {
        self.kind.eq_ignore_ascii_case("audio")
            && self.port != 0
            && (self.is_secure()
                || ["RTP/AVP", "RTP/AVPF"]
                    .iter()
                    .any(|p| self.protocol.eq_ignore_ascii_case(p)))
    }

    /// Its profile allows nothing but SRTP (RFC 3711 section 12, RFC 5124).
    pub fn is_secure(&self) -> bool {
        ["RTP/SAVP", "RTP/SAVPF"]
            .iter()
            .any(|p| self.protocol.eq_ignore_ascii_case(p))
    }

    fn rtpmap(&self, payload_type: u8) -> Option<&RtpMap> {
        self.rtpmaps.iter().find(|m| m.payload_type == payload_type)
    }

    fn fmtp(&self, payload_type: u8) -> Option<&str> {
        self.fmtps
            .iter()
            .find(|(pt, _)| *pt == payload_type)
            .map(|(_, value)| value.as_str())
    }
}

/// Whether a list of events such as `0-15,66,70` holds the keys 0 to 9, `*` and `#` (codes 0 to 11). A list that cannot
/// be read counts as the default, 0-15.
fn carries_keys(events: &str) -> bool {
    let mut keys: u16 = 0;
    for part in events.trim().trim_start_matches("events=").split(',') {
        let part = part.trim();
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (Ok(first), Ok(last)) = (first.trim().parse::<u8>(), last.trim().parse::<u8>()) else {
            return true;
        };
        for code in first..=last.min(11) {
            keys |= 1 << code;
        }
    }
    keys == 0x0fff
}
