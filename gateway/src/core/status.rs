//! What the gateway tells of itself: gauges and counters for metrics, health and the dispatcher.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use crate::cdr::EndedBy;
use crate::event::TrunkHealth;
use crate::ids::TrunkId;
use crate::trunk::health::Server;
use crate::trunk::registration::Standing;

use super::lines::Counts;

/// Gauges of this moment, counters since the start.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// Takes no new calls, because it was told to.
    pub draining: bool,
    /// Takes no new calls at the moment: the journal cannot be written, events are not taken, media is late, or no port is free.
    pub holding: bool,
    /// Sessions under way.
    pub sessions: usize,
    /// Legs under way.
    pub legs: usize,
    /// RTP ports that are free, in pairs.
    pub ports_free: usize,
    /// RTP ports in use or resting, in pairs.
    pub ports_in_use: usize,
    /// SIP transactions held.
    pub transactions: usize,
    /// Legs ended, by who ended them.
    pub ended: BTreeMap<&'static str, u64>,
    /// Requests and calls refused, by reason.
    pub rejected: BTreeMap<&'static str, u64>,
    /// SIP messages received and sent.
    pub sip_messages: (u64, u64),
    /// Each trunk.
    pub trunks: Vec<TrunkStatus>,
}

/// How a trunk goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrunkStatus {
    /// The trunk.
    pub id: TrunkId,
    /// What it can do.
    pub health: TrunkHealth,
    /// Our registration at it.
    pub registration: Standing,
    /// Channels in use.
    pub channels: u32,
    /// New legs in the last second, in thousandths.
    pub cps_now_milli: u64,
    /// New legs a second that are allowed now, in thousandths; `None` is no limit.
    pub cps_allowed_milli: Option<u64>,
    /// What a slowed trunk has been found to take, in thousandths; `None` when it is not slowed.
    pub cps_learned_milli: Option<u64>,
    /// Each of its servers.
    pub servers: Vec<(SocketAddr, Server)>,
    /// It has asked not to be called for so long (Retry-After).
    pub paused: Option<Duration>,
    /// Since the start.
    pub counts: Counts,
}

impl TrunkStatus {
    /// Of the quickest server that is there: from an OPTIONS to its answer.
    pub fn round_trip(&self) -> Option<Duration> {
        let there = self.servers.iter().filter(|(_, server)| !server.is_down());
        there.filter_map(|(_, server)| server.round_trip).min()
    }
}

/// The word of a metric's label.
pub fn owner(ended_by: EndedBy) -> &'static str {
    match ended_by {
        EndedBy::Caller => "caller",
        EndedBy::Target => "target",
        EndedBy::Us => "us",
        EndedBy::Trunk => "trunk",
        EndedBy::Timeout => "timeout",
        EndedBy::NodeLost => "node_lost",
    }
}
