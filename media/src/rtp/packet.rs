//! One RTP packet: the reader is a view into the datagram, the writer fills twelve bytes.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! |V=2|P|X|  CC   |M|     PT      |       sequence number         |
//! |                           timestamp                           |
//! |                             SSRC                              |
//! |     CC × CSRC, X: profile and length in words, extension      |
//! |     payload, P: padding with its length in the last byte      |
//! ```

use std::ops::Range;

use super::{RtpTime, SeqNum};

/// Bytes of a header without contributing sources and extension, the only kind we send.
pub const HEADER_LEN: usize = 12;

const VERSION: u8 = 2;
const PADDING: u8 = 0x20;
const EXTENSION: u8 = 0x10;
const MARKER: u8 = 0x80;

/// What a packet says about its payload (RFC 3550 section 5.1), without padding, extension and contributing sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// For audio: first packet after silence (RFC 3551 section 4.1).
    pub marker: bool,
    /// 0 to 127.
    pub payload_type: u8,
    /// One more with every packet.
    pub sequence: SeqNum,
    /// Time of the payload's first sample.
    pub timestamp: RtpTime,
    /// Who sends.
    pub ssrc: u32,
}

impl Header {
    /// The same on a clock that is so many times as fast as ours of 8 kHz. Times wrap alike on both.
    pub fn on_clock(self, ticks: u32) -> Header {
        Header {
            timestamp: RtpTime(self.timestamp.0.wrapping_mul(ticks)),
            ..self
        }
    }

    /// Puts it in place of the header that begins at `start`.
    pub fn write_over(self, bytes: &mut [u8], start: usize) {
        if let Some(place) = bytes.get_mut(start..start + HEADER_LEN) {
            place.copy_from_slice(&self.to_bytes());
        }
    }

    /// The header as it goes in front of a payload.
    pub fn to_bytes(self) -> [u8; HEADER_LEN] {
        let marker = if self.marker { MARKER } else { 0 };
        let [s0, s1] = self.sequence.0.to_be_bytes();
        let [t0, t1, t2, t3] = self.timestamp.0.to_be_bytes();
        let [c0, c1, c2, c3] = self.ssrc.to_be_bytes();
        [
            VERSION << 6,
            marker | self.payload_type & 0x7F,
            s0,
            s1,
            t0,
            t1,
            t2,
            t3,
            c0,
            c1,
            c2,
            c3,
        ]
    }
}

/// A received packet, read in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Its header.
    pub header: Header,
    /// What it carries, without extension and padding.
    pub payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Reads a datagram; `None` when it is not RTP of version 2 or its lengths do not fit.
    pub fn parse(datagram: &'a [u8]) -> Option<Packet<'a>> {
        let (header, payload) = Packet::split(datagram)?;
        Some(Packet {
            header,
            payload: datagram.get(payload)?,
        })
    }

    /// As [`Packet::parse`], but says where the payload lies, so that it can be changed in place.
    pub fn split(datagram: &[u8]) -> Option<(Header, Range<usize>)> {
        let &[first, second, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3, ..] = datagram else {
            return None;
        };
        if first >> 6 != VERSION {
            return None;
        }
        let mut start = HEADER_LEN + usize::from(first & 0x0F) * 4;
        if first & EXTENSION != 0 {
            // RFC 3550 section 5.3.1: two bytes of profile, two of length in 32-bit words.
            let &[_, _, high, low] = datagram.get(start..start + 4)? else {
                return None;
            };
            start += 4 + usize::from(u16::from_be_bytes([high, low])) * 4;
        }
        let mut end = datagram.len();
        if first & PADDING != 0 {
            // The last byte counts itself, so zero is no padding at all.
            let padding = usize::from(*datagram.last()?);
            end = end.checked_sub(padding).filter(|_| padding > 0)?;
        }
        if start > end {
            return None;
        }
        let header = Header {
            marker: second & MARKER != 0,
            payload_type: second & 0x7F,
            sequence: SeqNum(u16::from_be_bytes([s0, s1])),
            timestamp: RtpTime(u32::from_be_bytes([t0, t1, t2, t3])),
            ssrc: u32::from_be_bytes([c0, c1, c2, c3]),
        };
        Some((header, start..end))
    }
}

/// Whether a datagram on a shared port is RTCP rather than RTP (RFC 5761 section 4): packet types 192 to 223.
pub fn is_rtcp(datagram: &[u8]) -> bool {
    matches!(datagram, [first, 192..=223, ..] if first >> 6 == VERSION)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rtp::packet::Packet as Oracle;

    use super::*;

    /// A datagram that is mostly right: header, contributing sources, extension, payload, padding, then some damage.
    fn datagram() -> impl Strategy<Value = Vec<u8>> {
        let head = (any::<[u8; 11]>(), 0..16usize, any::<bool>(), any::<bool>());
        let body = (0..6u16, proptest::collection::vec(any::<u8>(), 0..200), 0..12u8);
        let damage = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3);
        (head, body, damage, any::<bool>(), any::<prop::sample::Index>()).prop_map(
            |((rest, csrcs, extended, padded), (words, payload, padding), damage, cut, at)| {
                let flags = if padded { PADDING } else { 0 } | if extended { EXTENSION } else { 0 };
                let mut bytes = vec![VERSION << 6 | flags | csrcs as u8];
                bytes.extend(rest);
                bytes.extend(std::iter::repeat_n(0x55, csrcs * 4));
                if extended {
                    // A profile that is neither form of RFC 8285, so that the oracle looks at its length only.
                    bytes.extend([0x12, 0x34]);
                    bytes.extend(words.to_be_bytes());
                    bytes.extend(std::iter::repeat_n(0xAA, usize::from(words) * 4));
                }
                bytes.extend(payload);
                if padded && padding > 0 {
                    bytes.extend(std::iter::repeat_n(0, usize::from(padding) - 1));
                    bytes.push(padding);
                }
                for (index, value) in damage {
                    let index = index.index(bytes.len());
                    bytes[index] = value;
                }
                if cut {
                    bytes.truncate(at.index(bytes.len()));
                }
                bytes
            },
        )
    }

    fn oracle(datagram: &[u8]) -> Option<(Header, Vec<u8>)> {
        use webrtc_util::marshal::Unmarshal as _;
        let packet = Oracle::unmarshal(&mut &datagram[..]).ok()?;
        let header = Header {
            marker: packet.header.marker,
            payload_type: packet.header.payload_type,
            sequence: SeqNum(packet.header.sequence_number),
            timestamp: RtpTime(packet.header.timestamp),
            ssrc: packet.header.ssrc,
        };
        Some((header, packet.payload.to_vec()))
    }

    proptest! {
        #[test]
        fn reads_what_the_rtp_crate_reads(datagram in datagram()) {
            let ours = Packet::parse(&datagram).map(|packet| (packet.header, packet.payload.to_vec()));
            // The crate reads any version and takes a padding of zero; we do not (RFC 3550 appendix A.1).
            let wrong_version = datagram.first().is_none_or(|first| first >> 6 != VERSION);
            let no_padding = datagram.first().is_some_and(|first| first & PADDING != 0) && datagram.last() == Some(&0);
            // It looks into extensions of RFC 8285, where we skip them by their length.
            let looks_inside = datagram.first().is_some_and(|first| first & EXTENSION != 0);
            match (ours, oracle(&datagram)) {
                (ours, Some(theirs)) if !wrong_version && !no_padding && !looks_inside => prop_assert_eq!(ours, Some(theirs)),
                (Some(ours), Some(theirs)) => prop_assert_eq!(ours, theirs),
                (Some(_), None) => prop_assert!(looks_inside),
                (None, Some(_)) => prop_assert!(wrong_version || no_padding || looks_inside),
                (None, None) => {}
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(datagram in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Some((_, payload)) = Packet::split(&datagram) {
                prop_assert!(payload.start >= HEADER_LEN && payload.end <= datagram.len());
            }
            is_rtcp(&datagram);
        }

        #[test]
        fn what_is_written_is_read_back(
            marker: bool, payload_type in 0..128u8, sequence: u16, timestamp: u32, ssrc: u32,
            payload in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let header = Header {
                marker, payload_type, sequence: SeqNum(sequence), timestamp: RtpTime(timestamp), ssrc,
            };
            let mut datagram = header.to_bytes().to_vec();
            datagram.extend(&payload);
            prop_assert_eq!(Packet::parse(&datagram), Some(Packet { header, payload: &payload }));
            prop_assert_eq!(oracle(&datagram), Some((header, payload)));
        }
    }

    #[test]
    fn rtcp_is_told_from_rtp_by_its_type() {
        assert!(is_rtcp(&[0x80, 200, 0, 0]));
        assert!(is_rtcp(&[0x81, 203]));
        assert!(!is_rtcp(&[0x80, 0x80, 0, 0]));
        assert!(!is_rtcp(&[0x80, 101]));
        assert!(!is_rtcp(&[0x00, 200]));
        assert!(!is_rtcp(&[]));
    }
}
