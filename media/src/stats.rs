//! What a stream measured over its life; goes into the CDR of its leg.

use serde::{Deserialize, Serialize};

/// Counters and quality of one stream. Times are milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StreamStats {
    /// RTP packets accepted from the far end.
    pub rx_packets: u64,
    /// RTP packets sent to the far end.
    pub tx_packets: u64,
    /// Packets of the far end that never came, by sequence number (RFC 3550 appendix A.3).
    pub lost: u64,
    /// Interarrival jitter at the end of the stream (RFC 3550 section 6.4.1), milliseconds.
    pub jitter_ms: f64,
    /// Packets that came from another source than the negotiated or learnt one, dropped.
    pub foreign_packets: u64,
    /// Packets that the far end's key of SRTP does not open, dropped.
    #[serde(default)]
    pub unauthentic_packets: u64,
    /// Datagrams that were no RTP or RTCP, or of an unknown payload type, dropped.
    pub bad_packets: u64,
    /// Round trip by RTCP (RFC 3550 section 6.4.1), when the far end reported.
    pub round_trip_ms: Option<f64>,
    /// Loss in the far end's last receiver report, as a fraction of 1.
    pub remote_loss: Option<f64>,
}
