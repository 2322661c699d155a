//! Legs that an earlier life of the node has left on the line: hung up in their own dialogs, and their records closed.

use super::{Gateway, Output};
use crate::cdr::{Cdr, EndedBy, WallMs};
use crate::event::EventKind;
use crate::journal::{Orphan, Record};
use crate::leg::cause::NORMAL_CLEARING;

/// A dead node's legs have ended soon after its last sign of life, or when somebody hangs them up: whichever is earlier.
const MAX_AFTERLIFE_MS: WallMs = 5_000;

impl Gateway {
    pub(super) fn orphans(&mut self, orphans: Vec<Orphan>) {
        for orphan in orphans {
            if let Some((_, dialog)) = &orphan.answered
                && let Some(path) = self.x.path(dialog.transport, dialog.next_hop)
            {
                self.x.endpoint.hang_up_orphan(self.x.now(), path.local, dialog);
            }
            let cdr = record(&orphan, self.x.wall());
            self.x.emit(Output::Journal(Record::Ended(Box::new(cdr.clone()))));
            self.x.report(EventKind::Cdr(Box::new(cdr)));
        }
    }
}

/// The record of a leg that nobody has ended properly.
fn record(orphan: &Orphan, now: WallMs) -> Cdr {
    let begin = orphan.begin.clone();
    let ended_at = now.min(orphan.last_alive + MAX_AFTERLIFE_MS).max(begin.at);
    let answered_at = orphan.answered.as_ref().map(|(at, _)| *at);
    Cdr {
        id: begin.leg,
        session_id: begin.session,
        call_id: begin.call,
        side: begin.side,
        direction: begin.direction,
        trunk: begin.trunk,
        node: begin.node,
        from_ref: begin.from_ref,
        to_ref: begin.to_ref,
        sip_call_id: begin.sip_call_id,
        created_at: begin.at,
        ringing_at: None,
        answered_at,
        ended_at,
        duration_ms: ended_at - begin.at,
        billable_ms: answered_at.map_or(0, |at| (ended_at - at).max(0)),
        pdd_ms: None,
        sip_status: answered_at.map(|_| 200),
        q850_cause: Some(if answered_at.is_some() {
            NORMAL_CLEARING
        } else {
            41
        }),
        cause: "node_lost".into(),
        ended_by: EndedBy::NodeLost,
        codec: None,
        rtp_rx_packets: 0,
        rtp_tx_packets: 0,
        rtp_lost: 0,
        jitter_ms: 0.0,
        mos: None,
        one_way: false,
        digits: String::new(),
    }
}
