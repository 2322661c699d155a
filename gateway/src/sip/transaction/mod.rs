//! The four transactions of RFC 3261 section 17 with the corrections of RFC 6026, as leaf machines: they are told what came
//! and what fired, and say what to send and what to tell their user. They hold the bytes they may have to repeat, and no more.
//!
//! ```text
//! client  INVITE       Calling ─ Proceeding ─ Completed | Accepted     timers A B D M
//!         other        Trying ─ Proceeding ─ Completed                 timers E F K
//! server  INVITE       Proceeding ─ Completed ─ Confirmed | Accepted   timers G H I L
//!         other        Trying ─ Proceeding ─ Completed                 timer J
//! ```
//! Timer C belongs to proxies; how long we let a phone ring is the call's limit (`call::outbound`).

pub(crate) mod client;
pub(crate) mod invite_client;
pub(crate) mod invite_server;
pub(crate) mod server;

use std::time::Duration;

use bytes::Bytes;

use crate::sip::api::Path;
use crate::trunk::snapshot::Transport;

/// Estimate of the round trip: the first retransmission comes after it (RFC 3261 17.1.1.1).
pub(crate) const T1: Duration = Duration::from_millis(500);
/// Longest pause between retransmissions of requests that are not INVITE, and of responses to INVITE.
pub(crate) const T2: Duration = Duration::from_secs(4);
/// Longest time a message stays in the network.
pub(crate) const T4: Duration = Duration::from_secs(5);
/// After this long without an answer nobody waits any more: 64 × T1 (timers B, F, H, J, L, M).
pub(crate) const GIVE_UP: Duration = Duration::from_secs(32);
/// How long a finished INVITE client answers repeated finals over UDP (timer D).
pub(crate) const WAIT_D: Duration = Duration::from_secs(32);

/// Whether the transport repeats lost messages by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reliability {
    /// UDP: we repeat.
    Unreliable,
    /// TCP.
    Reliable,
}

impl Reliability {
    /// Of a path's transport.
    pub(crate) fn of(path: &Path) -> Reliability {
        match path.transport {
            Transport::Udp => Reliability::Unreliable,
            Transport::Tcp | Transport::Tls => Reliability::Reliable,
        }
    }
}

/// What a transaction wants done. `T` is what it tells its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action<T> {
    /// Send these bytes to where the transaction sends.
    Transmit(Bytes),
    /// Tell the user.
    Tell(T),
    /// The transaction has ended: forget it.
    Done,
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn reliability(setup: &str) -> Reliability {
        match setup {
            "udp" => Reliability::Unreliable,
            "tcp" => Reliability::Reliable,
            other => panic!("no such transport: {other}"),
        }
    }

    pub(crate) fn words<T: std::fmt::Debug>(actions: Vec<Action<T>>) -> Vec<String> {
        let word = |action| match action {
            Action::Transmit(bytes) => format!("> {}", String::from_utf8_lossy(&bytes)),
            Action::Tell(tell) => format!("{tell:?}"),
            Action::Done => "done".into(),
        };
        actions.into_iter().map(word).collect()
    }
}
