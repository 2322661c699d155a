//! The SIP traces of the legs that live, by Call-ID: every message is noted as it goes or comes, so that no part of SIP need know of it.

use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use bytes::Bytes;

use crate::leg::trace::{Read, Recording, Way};
use crate::sip::api::Path;

/// Traces of calls that came in and may never become a leg; the oldest gives way.
const MAX_UNCLAIMED: usize = 1_024;
/// Longest Call-ID of a far end whose call is traced.
const MAX_CALL_ID: usize = 256;

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Traces {
    table: HashMap<Box<[u8]>, Entry>,
    /// In the order in which they came; some have been claimed since, or are gone.
    unclaimed: VecDeque<Box<[u8]>>,
}

#[derive(Debug)]
struct Entry {
    recording: Recording,
    claimed: bool,
}

impl Traces {
    /// A leg of ours is about to begin: its INVITE will leave over this path.
    pub(super) fn begin(&mut self, now: Instant, call_id: &str, path: &Path) {
        let entry = Entry {
            recording: Recording::new(now, path.remote),
            claimed: true,
        };
        self.table.insert(call_id.as_bytes().into(), entry);
    }

    /// A call that came in becomes a leg.
    pub(super) fn claim(&mut self, call_id: &str) {
        if let Some(entry) = self.table.get_mut(call_id.as_bytes()) {
            entry.claimed = true;
        }
    }

    /// Notes a message of a leg that is known here; an INVITE that comes in begins one.
    pub(super) fn note(&mut self, now: Instant, (way, path): (Way, &Path), bytes: &Bytes) {
        let Some(read) = Read::of(bytes) else { return };
        if way == Way::Received && read.begins_call() && !self.table.contains_key(read.call_id) {
            self.may_come(now, read.call_id, path);
        }
        if let Some(entry) = self.table.get_mut(read.call_id) {
            entry.recording.note(now, (way, path), &read);
        }
    }

    /// The leg is over.
    pub(super) fn take(&mut self, call_id: &str) -> Option<Recording> {
        self.table.remove(call_id.as_bytes()).map(|entry| entry.recording)
    }

    /// How many are kept.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.table.len()
    }

    fn may_come(&mut self, now: Instant, call_id: &[u8], path: &Path) {
        if call_id.len() > MAX_CALL_ID {
            return;
        }
        if self.unclaimed.len() >= MAX_UNCLAIMED
            && let Some(oldest) = self.unclaimed.pop_front()
            && self.table.get(&oldest).is_some_and(|entry| !entry.claimed)
        {
            self.table.remove(&oldest);
        }
        self.unclaimed.push_back(call_id.into());
        let entry = Entry {
            recording: Recording::new(now, path.remote),
            claimed: false,
        };
        self.table.insert(call_id.into(), entry);
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "any instant will do as the origin")]
mod tests {
    use super::*;
    use crate::trunk::snapshot::Transport;

    #[test]
    fn calls_that_never_become_legs_give_way_and_legs_do_not() {
        let path = Path {
            transport: Transport::Udp,
            local: ([192, 0, 2, 1], 5060).into(),
            remote: ([192, 0, 2, 9], 5060).into(),
            connection: None,
        };
        let now = Instant::now();
        let mut traces = Traces::default();
        traces.begin(now, "ours", &path);
        for n in 0..3 * MAX_UNCLAIMED {
            let invite = format!("INVITE sip:1@h SIP/2.0\r\nCall-ID: c{n}\r\nCSeq: 1 INVITE\r\n\r\n");
            traces.note(now, (Way::Received, &path), &Bytes::from(invite));
            if n == 7 {
                traces.claim("c7");
            }
        }
        assert_eq!(traces.len(), MAX_UNCLAIMED + 2);
        assert!(traces.take("ours").is_some() && traces.take("c7").is_some());
        assert!(traces.take("c0").is_none());
    }
}
