//! Sees every message, journal line and event, and says what must hold: an INVITE leaves after its journal line, every leg
//! that begins ends once and has one CDR, every dialog that was acknowledged is ended by BYE, every abandoned INVITE by CANCEL.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use trunkline_gateway::cdr::Cdr;
use trunkline_gateway::event::EventKind;
use trunkline_gateway::ids::{LegId, SessionId};
use trunkline_gateway::journal::Record;
use trunkline_gateway::journal::ledger::Ledger;
use trunkline_gateway::sip::message::Message;

/// What was seen of one INVITE of ours, by Call-ID.
#[derive(Default)]
struct Call {
    /// A final failure came for its last INVITE.
    failed: bool,
    canceled: bool,
    /// A 1xx came: before it no CANCEL may be sent.
    provisional: bool,
    /// Tags of dialogs whose 2xx we have acknowledged.
    acknowledged: BTreeSet<Vec<u8>>,
    /// Tags of dialogs in which BYE was sent or received.
    ended: BTreeSet<Vec<u8>>,
}

/// What was seen.
#[derive(Default)]
pub(super) struct Witness {
    /// The journal of all of the node's lives.
    pub(super) ledger: Ledger,
    announced: BTreeSet<String>,
    begun: BTreeSet<LegId>,
    finished: BTreeSet<LegId>,
    pub(super) cdrs: Vec<Cdr>,
    calls: BTreeMap<Vec<u8>, Call>,
    /// Sessions that were ordered, and those of them that have ended.
    pub(super) ordered: BTreeSet<SessionId>,
    pub(super) ended: BTreeSet<SessionId>,
}

fn tag(tag: Option<&[u8]>) -> Vec<u8> {
    tag.unwrap_or_default().to_vec()
}

impl Witness {
    /// The gateway sends.
    pub(super) fn sent(&mut self, bytes: &Bytes) {
        let message = Message::parse(bytes.clone()).expect("what we send is legal");
        if !message.is_request() {
            return;
        }
        let call_id = message.call_id().as_bytes().to_vec();
        let far_tag = tag(message.to().tag());
        match message.method().to_string().as_str() {
            "INVITE" if message.to().tag().is_none() => {
                let text = String::from_utf8_lossy(&call_id).into_owned();
                assert!(
                    self.announced.contains(&text),
                    "an INVITE leaves before its journal line"
                );
                self.calls.entry(call_id).or_default().failed = false;
            }
            "CANCEL" => {
                let call = self.calls.entry(call_id).or_default();
                assert!(
                    call.provisional,
                    "a CANCEL leaves before a provisional response has come"
                );
                call.canceled = true;
            }
            // The ACK of a failure has the tag of a dialog that never was.
            "ACK" => {
                let call = self.calls.entry(call_id).or_default();
                if !call.failed {
                    call.acknowledged.insert(far_tag);
                }
            }
            "BYE" => {
                self.calls.entry(call_id).or_default().ended.insert(far_tag);
            }
            _ => {}
        }
    }

    /// The gateway receives.
    pub(super) fn received(&mut self, bytes: &Bytes) {
        let Ok(message) = Message::parse(bytes.clone()) else {
            return;
        };
        let call_id = message.call_id().as_bytes().to_vec();
        let method = message.method().to_string();
        match message.status() {
            None if method == "BYE" => {
                let far_tag = tag(message.from().tag());
                self.calls.entry(call_id).or_default().ended.insert(far_tag);
            }
            Some(status) if method == "INVITE" => {
                let call = self.calls.entry(call_id).or_default();
                call.provisional |= status < 200;
                call.failed |= status >= 300 && call.acknowledged.is_empty();
            }
            _ => {}
        }
    }

    /// The gateway writes into its journal.
    pub(super) fn journal(&mut self, record: Record) {
        self.ledger.apply(&record);
        match record {
            Record::Begin(begin) => {
                self.announced.insert(begin.sip_call_id);
                assert!(self.begun.insert(begin.leg), "a leg begins twice");
            }
            Record::Answered { leg, .. } => {
                assert!(self.begun.contains(&leg), "answered without a beginning");
                assert!(!self.finished.contains(&leg), "answered after its end");
            }
            Record::Ended(cdr) => {
                assert!(self.begun.contains(&cdr.id), "an end without a beginning");
                assert!(self.finished.insert(cdr.id), "a leg ends twice");
                assert!(
                    cdr.duration_ms >= cdr.billable_ms && cdr.billable_ms >= 0,
                    "{cdr:?}"
                );
            }
            Record::Stored { .. } | Record::Alive { .. } => {}
        }
    }

    /// The gateway tells control-api.
    pub(super) fn event(&mut self, event: &EventKind) {
        if let EventKind::SessionEnded { session, .. } = event {
            assert!(
                self.ordered.contains(session),
                "a session ends that nobody ordered"
            );
            assert!(self.ended.insert(*session), "a session ends twice");
        }
        if let EventKind::Cdr(cdr) = event {
            assert!(
                self.finished.contains(&cdr.id),
                "a CDR is told before it is journalled"
            );
            self.cdrs.push((**cdr).clone());
        }
    }

    /// When all is quiet. After a crash, what a dead life has said cannot be ended by the next one in every case.
    pub(super) fn check(&self, crashed: bool) {
        assert_eq!(self.begun, self.finished, "every leg that began has ended");
        let told: BTreeSet<LegId> = self.cdrs.iter().map(|cdr| cdr.id).collect();
        assert_eq!(told.len(), self.cdrs.len(), "no leg has two CDRs");
        if crashed {
            return;
        }
        assert_eq!(told, self.begun, "one CDR a leg");
        assert_eq!(self.ended, self.ordered, "every session ends");
        for (call_id, call) in &self.calls {
            let name = String::from_utf8_lossy(call_id);
            let left: Vec<_> = call.acknowledged.difference(&call.ended).collect();
            assert!(left.is_empty(), "a dialog of {name} was never ended: {left:?}");
            let abandoned = call.provisional && !call.failed && call.acknowledged.is_empty();
            assert!(
                !abandoned || call.canceled,
                "the INVITE of {name} was left without CANCEL"
            );
        }
    }

    /// Legs that have begun.
    pub(super) fn legs(&self) -> usize {
        self.begun.len()
    }

    /// Legs that were answered.
    pub(super) fn answered(&self) -> usize {
        self.cdrs.iter().filter(|cdr| cdr.answered_at.is_some()).count()
    }
}
