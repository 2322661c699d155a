//! Prints our session descriptions: one form, the same for offers and answers.

use std::fmt::Write;
use std::net::IpAddr;

use super::{Crypto, Direction, LocalMedia};
use crate::codec::{Codec, PTIME};

/// One `m=` line of ours.
pub(super) enum Line<'a> {
    /// The audio that we speak.
    Audio(Audio<'a>),
    /// A line of the offer that we refuse: port 0, one format (RFC 3264 section 6).
    Refused {
        /// `video`, …
        kind: &'a str,
        /// As offered.
        protocol: &'a str,
        /// As offered.
        format: &'a str,
    },
}

/// The audio that we speak.
pub(super) struct Audio<'a> {
    /// `RTP/AVP`, or what the offer said.
    pub(super) protocol: &'a str,
    /// Codecs with their payload types, best first.
    pub(super) codecs: &'a [(u8, Codec)],
    /// Payload type of telephone-event.
    pub(super) telephone_event: Option<u8>,
    /// RTP and RTCP on one port.
    pub(super) rtcp_mux: bool,
    /// Seen from our side.
    pub(super) direction: Direction,
    /// Keys of ours.
    pub(super) cryptos: &'a [Crypto],
}

/// The whole description, every line ended by CR LF.
pub(super) fn print(local: &LocalMedia, timing: (u64, u64), lines: &[Line<'_>]) -> Vec<u8> {
    let family = match local.address.ip() {
        IpAddr::V4(_) => "IP4",
        IpAddr::V6(_) => "IP6",
    };
    let ip = local.address.ip();
    let mut out = String::with_capacity(320);
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "v=0\r\no=- {} {} IN {family} {ip}\r\ns=-\r\nc=IN {family} {ip}\r\nt={} {}\r\n",
        local.session_id, local.version, timing.0, timing.1
    );
    for line in lines {
        let _ = match line {
            Line::Audio(line) => audio(&mut out, local, line),
            Line::Refused {
                kind,
                protocol,
                format,
            } => write!(out, "m={kind} 0 {protocol} {format}\r\n"),
        };
    }
    out.into_bytes()
}

fn audio(out: &mut String, local: &LocalMedia, line: &Audio<'_>) -> std::fmt::Result {
    write!(out, "m=audio {} {}", local.address.port(), line.protocol)?;
    for payload_type in line.codecs.iter().map(|(pt, _)| *pt).chain(line.telephone_event) {
        write!(out, " {payload_type}")?;
    }
    out.push_str("\r\n");
    for (payload_type, codec) in line.codecs {
        write!(
            out,
            "a=rtpmap:{payload_type} {}/{}",
            codec.name(),
            codec.clock_rate()
        )?;
        match codec.channels() {
            1 => out.push_str("\r\n"),
            channels => write!(out, "/{channels}\r\n")?,
        }
    }
    if let Some(payload_type) = line.telephone_event {
        // RFC 4733 section 2.4.1: the sixteen keys.
        write!(
            out,
            "a=rtpmap:{payload_type} telephone-event/8000\r\na=fmtp:{payload_type} 0-15\r\n"
        )?;
    }
    write!(out, "a=ptime:{}\r\n", PTIME.as_millis())?;
    if line.rtcp_mux {
        out.push_str("a=rtcp-mux\r\n");
    }
    for crypto in line.cryptos {
        write!(out, "a=crypto:{}\r\n", crypto.print())?;
    }
    write!(out, "a={}\r\n", line.direction.attribute())
}
