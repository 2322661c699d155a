//! The table and its streams by hand: time jumps, far ends are lists of packets.

mod bridging;
mod hearing;
mod playing;
mod secure;
mod sending;
mod whole;
mod wide;

use super::rig::Rig;
use crate::command::{Command, Event, StreamId};
use crate::stats::StreamStats;

/// Closes stream 1; what it measured.
fn closed(rig: &mut Rig) -> StreamStats {
    rig.told();
    rig.tell(Command::Close { stream: StreamId(1) });
    let found = rig.events.iter().find_map(|(_, event)| {
        let Event::Closed { stats, .. } = event else {
            return None;
        };
        Some(*stats)
    });
    found.unwrap()
}
