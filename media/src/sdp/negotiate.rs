//! Offer and answer of one audio stream (RFC 3264).
//!
//! ```text
//! we call       offer(&local) ──────────► far end ─── answer ───► accept(&local, answer) ─► Negotiated
//! we are called far end ─── offer ──────► answer(offer, &local) ─► (our answer, Negotiated)
//! ```
//!
//! The codec of an answer of ours is the first in the **offerer's** order that we speak: the order is the offerer's
//! preference (RFC 3264 section 6.1 asks the answerer to keep it), and following it spares the carrier a transcoder.
//! Our own order decides only what we offer. An answer names exactly one codec, so that the far end never changes it
//! in mid-call.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::crypto::{self, Crypto, Guarded, Srtp};
use super::description::{Connection, Description, Media};
use super::parse::parse;
use super::print::{Audio, Line, print};
use super::{Direction, LocalMedia, Negotiated, SdpError};
use crate::codec::{Codec, PTIME};
use crate::srtp::Keys;

/// The payload type that our offers give to telephone-event; 101 is what nearly everybody uses.
const TELEPHONE_EVENT: u8 = 101;
/// Events count their duration by this clock, beside Opus too: RFC 4733 section 2.1 wants the clock of the audio, what is in use is this.
const EVENT_CLOCK: u32 = 8_000;
/// Packet times that we are willing to send; any other wish gets 20 ms.
const PTIME_MS: std::ops::RangeInclusive<u32> = 10..=60;

/// Our offer: one audio line with all our codecs.
pub fn offer(local: &LocalMedia) -> Vec<u8> {
    let codecs: Vec<(u8, Codec)> = local
        .codecs
        .iter()
        .map(|c| (c.static_payload_type(), *c))
        .collect();
    let audio = Line::Audio(Audio {
        protocol: local.srtp.profile(),
        codecs: &codecs,
        telephone_event: local.telephone_event.then_some(TELEPHONE_EVENT),
        rtcp_mux: false,
        direction: local.direction,
        cryptos: &local.srtp.offered(),
    });
    print(local, (0, 0), &[audio])
}

/// Our answer to an offer, and what it makes of the stream. `local.version` is printed as it is given.
///
/// The first audio line with a codec of ours, and encrypted as `local` wants it, is taken; every other line is refused with port 0.
pub fn answer(offer: &[u8], local: &LocalMedia) -> Result<(Vec<u8>, Negotiated), SdpError> {
    let description = parse(offer)?;
    let chosen = choose(&description, local, crypto::of_offer)?;
    let media = &description.media[chosen.index];
    let event = if local.telephone_event {
        media.telephone_event(EVENT_CLOCK)
    } else {
        None
    };
    let negotiated = Negotiated {
        // RFC 3264 section 6.1: a payload type keeps the number that the offer gave it, in both directions.
        receive_payload_type: chosen.payload_type,
        telephone_event: event.map(|pt| (pt, pt)),
        ..towards(&description, media, &chosen, local, media.rtcp_mux)?
    };
    let codecs = [(chosen.payload_type, chosen.codec)];
    // Our key under the tag of the line that was taken (RFC 4568 section 5.1.2).
    let ours = |(line, keys): (Crypto, Keys)| Crypto {
        tag: line.tag,
        master: keys.ours,
        mki_len: 0,
    };
    let cryptos: Vec<Crypto> = chosen.keys.map(ours).into_iter().collect();
    let lines: Vec<Line<'_>> = description
        .media
        .iter()
        .enumerate()
        .map(|(index, media)| {
            if index == chosen.index {
                Line::Audio(Audio {
                    protocol: &media.protocol,
                    codecs: &codecs,
                    telephone_event: event,
                    rtcp_mux: media.rtcp_mux,
                    direction: negotiated.direction,
                    cryptos: &cryptos,
                })
            } else {
                let format = media.formats.first().map_or("0", String::as_str);
                Line::Refused {
                    kind: &media.kind,
                    protocol: &media.protocol,
                    format,
                }
            }
        })
        .collect();
    Ok((print(local, description.timing, &lines), negotiated))
}

/// What the far end's answer to our [`offer`] of the same `local` makes of the stream.
pub fn accept(local: &LocalMedia, answer: &[u8]) -> Result<Negotiated, SdpError> {
    let description = parse(answer)?;
    let chosen = choose(&description, local, crypto::of_answer)?;
    let media = &description.media[chosen.index];
    let event = if local.telephone_event {
        media.telephone_event(EVENT_CLOCK)
    } else {
        None
    };
    // We did not offer to share a port, so nobody may switch that on (RFC 5761 section 5.1.1).
    let rtcp_mux = false;
    Ok(Negotiated {
        // RFC 3264 section 5.1: our numbers are what we receive, the answer's are what we send.
        receive_payload_type: chosen.codec.static_payload_type(),
        telephone_event: event.map(|pt| (pt, TELEPHONE_EVENT)),
        ..towards(&description, media, &chosen, local, rtcp_mux)?
    })
}

/// The audio line and the codec that both speak.
struct Chosen {
    index: usize,
    payload_type: u8,
    codec: Codec,
    /// Their line and the keys that it comes to, when it is SRTP.
    keys: Option<(Crypto, Keys)>,
}

/// The first codec of ours in the first audio line that has one and is encrypted as we want it, by `guarded`.
fn choose(
    description: &Description,
    local: &LocalMedia,
    guarded: fn(&Media, &Srtp) -> Guarded,
) -> Result<Chosen, SdpError> {
    let ours = &local.codecs;
    let mut error = SdpError::NoAudio;
    for (index, media) in description.media.iter().enumerate().filter(|(_, m)| m.is_audio()) {
        let keys = match guarded(media, &local.srtp) {
            Guarded::Plain => None,
            Guarded::By(line, keys) => Some((line, keys)),
            Guarded::No => {
                error = SdpError::NoSrtp;
                continue;
            }
        };
        error = SdpError::NoCommonCodec;
        let found = media
            .payload_types()
            .find_map(|pt| Some((pt, media.codec(pt)?)).filter(|(_, c)| ours.contains(c)));
        if let Some((payload_type, codec)) = found {
            return Ok(Chosen {
                index,
                payload_type,
                codec,
                keys,
            });
        }
    }
    Err(error)
}

/// The far end's side of the stream: where we send, with what, and who may.
fn towards(
    description: &Description,
    media: &Media,
    chosen: &Chosen,
    local: &LocalMedia,
    rtcp_mux: bool,
) -> Result<Negotiated, SdpError> {
    let ip = usable(media.connection.or(description.connection), local)?;
    let remote_rtp = SocketAddr::new(ip, media.port);
    let remote_rtcp = match media.rtcp {
        _ if rtcp_mux => remote_rtp,
        Some((port, address)) if port != 0 => SocketAddr::new(usable(address, local).unwrap_or(ip), port),
        Some(_) | None => SocketAddr::new(ip, media.port.saturating_add(1)),
    };
    let theirs = media.direction.or(description.direction).unwrap_or_default();
    // RFC 3264 section 8.4: an unspecified address is the old way to hold; nothing is to be sent.
    let held = Direction::of(!ip.is_unspecified(), true);
    Ok(Negotiated {
        remote_rtp,
        remote_rtcp,
        rtcp_mux,
        codec: chosen.codec,
        payload_type: chosen.payload_type,
        receive_payload_type: chosen.payload_type,
        telephone_event: None,
        ptime: ptime(media),
        direction: theirs.reversed().and(held).and(local.direction),
        srtp: chosen.keys.map(|(_, keys)| keys),
    })
}

/// An address that one can send to from ours, or the unspecified one (hold).
fn usable(connection: Option<Connection>, local: &LocalMedia) -> Result<IpAddr, SdpError> {
    let ip = match connection {
        Some(Connection::Ip(ip)) => ip,
        Some(Connection::Unusable) | None => return Err(SdpError::NoAddress),
    };
    let broadcast = ip == IpAddr::V4(std::net::Ipv4Addr::BROADCAST);
    let same_family = ip.is_ipv4() == local.address.is_ipv4() || ip.is_unspecified();
    if broadcast || ip.is_multicast() || !same_family {
        Err(SdpError::NoAddress)
    } else {
        Ok(ip)
    }
}

fn ptime(media: &Media) -> Duration {
    let ours = u32::try_from(PTIME.as_millis()).unwrap_or(20);
    let wish = media
        .ptime_ms
        .unwrap_or(ours)
        .min(media.maxptime_ms.unwrap_or(u32::MAX));
    let ms = if PTIME_MS.contains(&wish) { wish } else { ours };
    Duration::from_millis(ms.into())
}
