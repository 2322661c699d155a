//! SDP (RFC 8866) and the offer/answer of one audio stream (RFC 3264).
//!
//! The shapes that signalling and the engine share. Parsing is lenient about what carriers send and strict about what
//! would make a stream wrong; printing is ours alone.

use std::net::SocketAddr;
use std::time::Duration;

use crate::codec::Codec;

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
}
