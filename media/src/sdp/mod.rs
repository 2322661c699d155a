//! SDP (RFC 8866) and the offer/answer of one audio stream (RFC 3264).
//!
//! The shapes that signalling and the engine share. Parsing is lenient about what carriers send and strict about what
//! would make a stream wrong; printing is ours alone.

mod crypto;
mod description;
mod negotiate;
mod parse;
mod print;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::time::Duration;

use crate::codec::Codec;
use crate::srtp::Keys;

pub use crypto::{Crypto, OurKeys, Srtp};
pub use description::{Connection, Description, Media, RtpMap};
pub use negotiate::{accept, answer, offer};
pub use parse::{MAX_BYTES, MAX_FORMATS, MAX_MEDIA, parse};

/// Who may send, seen from our side (RFC 8866 section 6.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Direction {
    /// Both ways.
    #[default]
    SendRecv,
    /// We send only (the far end holds, or listens).
    SendOnly,
    /// We receive only.
    RecvOnly,
    /// Nobody sends.
    Inactive,
}

impl Direction {
    /// From who may send: us, the far end.
    pub const fn of(we_send: bool, they_send: bool) -> Direction {
        match (we_send, they_send) {
            (true, true) => Direction::SendRecv,
            (true, false) => Direction::SendOnly,
            (false, true) => Direction::RecvOnly,
            (false, false) => Direction::Inactive,
        }
    }

    /// We may send.
    pub const fn sends(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::SendOnly)
    }

    /// The far end may send.
    pub const fn receives(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::RecvOnly)
    }

    /// The same stream seen from the other side (RFC 3264 section 6.1).
    pub const fn reversed(self) -> Direction {
        Direction::of(self.receives(), self.sends())
    }

    /// What both allow, seen from the same side.
    pub const fn and(self, other: Direction) -> Direction {
        Direction::of(self.sends() && other.sends(), self.receives() && other.receives())
    }

    /// The attribute (RFC 8866 section 6.7).
    pub const fn attribute(self) -> &'static str {
        match self {
            Direction::SendRecv => "sendrecv",
            Direction::SendOnly => "sendonly",
            Direction::RecvOnly => "recvonly",
            Direction::Inactive => "inactive",
        }
    }
}

/// Why a session description cannot be used. [`SdpError::status`] is the SIP answer to an offer that had it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    /// Longer than [`MAX_BYTES`], or more `m=` lines than [`MAX_MEDIA`].
    #[error("the session description is too large")]
    TooLarge,
    /// An `m=` line that cannot be read, so that an answer could not mirror it.
    #[error("the session description has a broken m= line")]
    Malformed,
    /// No `m=audio` over RTP that is switched on.
    #[error("the session description has no audio over RTP")]
    NoAudio,
    /// Audio that must be encrypted and cannot be, or must not be and is.
    #[error("the session description and the trunk differ about encrypted media")]
    NoSrtp,
    /// Audio, but in no codec of ours.
    #[error("there is no codec that both sides speak")]
    NoCommonCodec,
    /// No `c=` with an IP address that one can send to, or of the other address family.
    #[error("the session description has no address that we can send to")]
    NoAddress,
}

impl SdpError {
    /// The SIP status for an offer with this fault: 488 says that the media did not suit us (RFC 3261 section 21.4.26).
    pub const fn status(self) -> u16 {
        match self {
            SdpError::TooLarge => 413,
            SdpError::Malformed => 400,
            SdpError::NoAudio | SdpError::NoSrtp | SdpError::NoCommonCodec | SdpError::NoAddress => 488,
        }
    }
}

/// What we have to offer or to answer with: our address and the codecs a trunk may speak, best first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalMedia {
    /// Address and RTP port as the far end must see them (external_ip applied).
    pub address: SocketAddr,
    /// Best first; never empty.
    pub codecs: Vec<Codec>,
    /// Offer or accept `telephone-event` (RFC 4733).
    pub telephone_event: bool,
    /// `sess-id` of the `o=` line; the same for the whole dialog.
    pub session_id: u64,
    /// `sess-version`; one more whenever the description changes (RFC 3264 section 8).
    pub version: u64,
    /// Direction to print.
    pub direction: Direction,
    /// Whether media is encrypted.
    pub srtp: Srtp,
}

/// What offer and answer agreed on: all that a stream needs to send and to hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Negotiated {
    /// Where our RTP goes.
    pub remote_rtp: SocketAddr,
    /// Where our RTCP goes (RFC 3605, else the port above).
    pub remote_rtcp: SocketAddr,
    /// Both on one port (RFC 5761).
    pub rtcp_mux: bool,
    /// The codec that both send.
    pub codec: Codec,
    /// Payload type we send the codec with.
    pub payload_type: u8,
    /// Payload type the far end sends the codec with (differs from ours only for dynamic types).
    pub receive_payload_type: u8,
    /// Payload types of telephone-event, when both speak it: (we send with, we receive with).
    pub telephone_event: Option<(u8, u8)>,
    /// Packet time the far end wishes; ours is 20 ms unless it says otherwise.
    pub ptime: Duration,
    /// Who may send, seen from our side.
    pub direction: Direction,
    /// Keys, when it is SRTP.
    pub srtp: Option<Keys>,
}
