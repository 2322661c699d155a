//! The call detail record: one per leg, written once and never lost. Field names are fixed by CONTRACT.md 5.

use serde::{Deserialize, Serialize};

use crate::ids::{CallId, LegId, SessionId, TrunkId};

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type WallMs = i64;

/// Whose leg it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The supporter's leg.
    Caller,
    /// The office's leg.
    Target,
}

/// Seen from our side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallDirection {
    /// The far end called us.
    Inbound,
    /// We called.
    Outbound,
}

/// Who ended a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// The caller hung up.
    Caller,
    /// The target hung up or declined.
    Target,
    /// We did: the flow, a limit, a drain, the API.
    Us,
    /// The trunk refused or failed.
    Trunk,
    /// Nobody answered in time, or media stopped.
    Timeout,
    /// The node died while the leg was up.
    NodeLost,
}

/// One leg's record. Times are wall-clock milliseconds, durations milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cdr {
    /// The leg.
    pub id: LegId,
    /// Its session.
    pub session_id: SessionId,
    /// Its call, for a target leg.
    pub call_id: Option<CallId>,
    /// Caller or target.
    pub side: Side,
    /// Inbound or outbound.
    pub direction: CallDirection,
    /// The trunk it ran over.
    pub trunk: TrunkId,
    /// The node that had it.
    pub node: String,
    /// Keyed reference of the calling number, as control-api's privacy module makes it; the gateway carries it along.
    pub from_ref: String,
    /// Keyed reference of the called number.
    pub to_ref: String,
    /// Call-ID of its dialog.
    pub sip_call_id: String,
    /// INVITE sent or received.
    pub created_at: WallMs,
    /// First 18x other than 100.
    pub ringing_at: Option<WallMs>,
    /// 2xx.
    pub answered_at: Option<WallMs>,
    /// BYE, CANCEL, final failure or loss.
    pub ended_at: WallMs,
    /// From created to ended.
    pub duration_ms: i64,
    /// From answered to ended; 0 when never answered.
    pub billable_ms: i64,
    /// Post-dial delay: from INVITE to the first 18x or final answer other than 100.
    pub pdd_ms: Option<i64>,
    /// Final SIP status, when there was one.
    pub sip_status: Option<u16>,
    /// Q.850 cause, from the Reason header or mapped from the status (RFC 3398 section 8.2.6.1).
    pub q850_cause: Option<u16>,
    /// Why it ended, in one word or a received reason phrase.
    pub cause: String,
    /// Who ended it.
    pub ended_by: EndedBy,
    /// Codec, when media was agreed.
    pub codec: Option<String>,
    /// RTP packets received.
    pub rtp_rx_packets: u64,
    /// RTP packets sent.
    pub rtp_tx_packets: u64,
    /// RTP packets lost on the way to us.
    pub rtp_lost: u64,
    /// Jitter of what we received.
    pub jitter_ms: f64,
    /// Estimated mean opinion score, 1 to 4.5 (ITU-T G.107 simplified); absent without media.
    pub mos: Option<f64>,
    /// One side sent and heard nothing.
    pub one_way: bool,
    /// Keys that the far end pressed while talking with us; never those passed through a bridge.
    pub digits: String,
}
