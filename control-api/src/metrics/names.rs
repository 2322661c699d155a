//! Names of every metric, in one place. Labels are trunks, sides, words and statuses: never a call, never a telephone number.

/// Prefix of every name.
pub(super) const PREFIX: &str = "trunkline";

/// A name without prefix and unit, and what it says.
pub(super) type Name = (&'static str, &'static str);

pub(super) const LEGS: Name = (
    "legs_ended",
    "Legs that have ended, by trunk, side, direction, who ended them and final SIP status (0 without one)",
);
pub(super) const LEGS_ANSWERED: Name = ("legs_answered", "Legs that were answered, by trunk and side");
pub(super) const PDD: Name = (
    "post_dial_delay_seconds",
    "From INVITE to the first ringing or final answer, by trunk",
);
pub(super) const SETUP: Name = ("setup_seconds", "From INVITE to answer, by trunk");
pub(super) const DURATION: Name = ("leg_duration_seconds", "From answer to end, by trunk");
pub(super) const RTP_RECEIVED: Name = ("rtp_received_packets", "RTP packets received, by trunk");
pub(super) const RTP_FOREIGN: Name = (
    "rtp_foreign_packets",
    "RTP packets dropped because they came from others than the far end, by trunk, counted when the leg ends",
);
pub(super) const RTP_LOST: Name = ("rtp_lost_packets", "RTP packets lost on the way to us, by trunk");
pub(super) const JITTER: Name = (
    "rtp_jitter_seconds",
    "Jitter of what we received, one value a leg, by trunk",
);
pub(super) const MOS: Name = ("mos", "Estimated mean opinion score, one value a leg, by trunk");
pub(super) const ONE_WAY: Name = ("one_way_legs", "Legs on which one side heard nothing, by trunk");
pub(super) const CALLS: Name = ("calls", "Calls to targets that have ended, by status and outcome");
pub(super) const SESSIONS: Name = ("sessions", "Sessions that have ended, by status");
pub(super) const REQUESTS: Name = (
    "http_requests",
    "HTTP requests answered, by method, route and status",
);
pub(super) const REQUEST_TIME: Name = ("http_request_seconds", "Time to answer HTTP requests, by route");

pub(super) const SPEECH: Name = (
    "speech",
    "Texts that a speech engine was asked for, by engine and outcome (spoken, cached, failed, timed_out, absent, left_alone)",
);
pub(super) const SPEECH_TIME: Name = ("speech_seconds", "Time that an engine took, by engine");

pub(super) const SESSIONS_ACTIVE: Name = ("sessions_active", "Sessions under way on this node");
pub(super) const LEGS_ACTIVE: Name = ("legs_active", "Legs under way on this node");
pub(super) const PORTS_FREE: Name = ("rtp_port_pairs_free", "RTP port pairs that are free");
pub(super) const PORTS_USED: Name = ("rtp_port_pairs_used", "RTP port pairs in use or resting");
pub(super) const TRANSACTIONS: Name = ("sip_transactions", "SIP transactions held");
pub(super) const SIP_MESSAGES: Name = ("sip_messages", "SIP messages, received and sent");
pub(super) const SIP_REJECTED: Name = ("sip_rejected", "Requests and calls refused, by reason");
pub(super) const HOLDING: Name = (
    "holding",
    "1 while this node takes no new calls because its journal cannot be written or media is late",
);
pub(super) const DRAINING: Name = ("draining", "1 while this node takes no new calls");
pub(super) const DATABASE_UP: Name = ("database_up", "1 while the database answers");
pub(super) const QUEUE_DEPTH: Name = ("queue_depth", "Sessions that wait, over all nodes");
pub(super) const QUEUE_AGE: Name = (
    "queue_oldest_seconds",
    "How long the first one in the queue has waited",
);
pub(super) const TRUNK_UP: Name = (
    "trunk_up",
    "1 while the trunk takes calls, 0 while it gives no answer, by trunk",
);
pub(super) const TRUNK_ROUND_TRIP: Name = (
    "trunk_round_trip_seconds",
    "From OPTIONS to its answer, by trunk: its quickest server that is there; absent before the first answer",
);
pub(super) const TRUNK_SERVERS_UP: Name = (
    "trunk_servers_up",
    "Addresses of the trunk that are not down, by trunk",
);
pub(super) const TRUNK_SLOWED: Name = (
    "trunk_slowed",
    "1 while the trunk asked us to slow down, by trunk",
);
pub(super) const TRUNK_CHANNELS: Name = ("trunk_channels", "Channels in use, by trunk");
pub(super) const TRUNK_CHANNELS_LIMIT: Name =
    ("trunk_channels_limit", "Most channels, 0 is no limit, by trunk");
pub(super) const TRUNK_CPS: Name = ("trunk_cps", "New legs in the last second, by trunk");
pub(super) const TRUNK_CPS_ALLOWED: Name = (
    "trunk_cps_allowed",
    "New legs a second that are allowed now, by trunk; absent without a limit",
);
pub(super) const TRUNK_CPS_LEARNED: Name = (
    "trunk_cps_learned",
    "New legs a second that a slowed trunk was found to take, by trunk; absent while it is not slowed",
);
