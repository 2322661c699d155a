//! What the lines of a journal add up to: the legs that live, and the CDRs that are not in the database yet.

use std::collections::BTreeMap;

use super::{Begin, Orphan, Record};
use crate::cdr::{Cdr, WallMs};
use crate::ids::LegId;
use crate::sip::api::DialogSnapshot;

/// The open entries of a journal.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    entries: BTreeMap<LegId, Entry>,
    last_alive: WallMs,
}

#[derive(Clone, Debug)]
enum Entry {
    Dialling(Begin),
    Answered(Begin, WallMs, DialogSnapshot),
    Ended(Box<Cdr>),
}

impl Ledger {
    /// Takes the next line into account. A line that does not fit (an end without a beginning is kept, an answer without one is not) never
    /// loses a CDR.
    pub fn apply(&mut self, record: &Record) {
        match record {
            Record::Begin(begin) => {
                self.alive(begin.at);
                self.entries
                    .entry(begin.leg)
                    .or_insert_with(|| Entry::Dialling(begin.clone()));
            }
            Record::Answered { leg, at, dialog } => {
                self.alive(*at);
                if let Some(Entry::Dialling(begin)) = self.entries.get(leg) {
                    let entry = Entry::Answered(begin.clone(), *at, dialog.clone());
                    self.entries.insert(*leg, entry);
                }
            }
            Record::Ended(cdr) => {
                self.alive(cdr.ended_at);
                self.entries.insert(cdr.id, Entry::Ended(cdr.clone()));
            }
            Record::Stored { leg } => {
                self.entries.remove(leg);
            }
            Record::Alive { at } => self.alive(*at),
        }
    }

    /// Legs that began and never ended.
    pub fn orphans(&self) -> Vec<Orphan> {
        let orphan = |begin: &Begin, answered| Orphan {
            begin: begin.clone(),
            answered,
            last_alive: self.last_alive,
        };
        self.entries
            .values()
            .filter_map(|entry| match entry {
                Entry::Dialling(begin) => Some(orphan(begin, None)),
                Entry::Answered(begin, at, dialog) => Some(orphan(begin, Some((*at, dialog.clone())))),
                Entry::Ended(_) => None,
            })
            .collect()
    }

    /// CDRs that nobody has confirmed to be stored.
    pub fn unstored(&self) -> Vec<Cdr> {
        self.entries
            .values()
            .filter_map(|entry| match entry {
                Entry::Ended(cdr) => Some((**cdr).clone()),
                Entry::Dialling(_) | Entry::Answered(..) => None,
            })
            .collect()
    }

    /// The shortest journal that adds up to the same: what a fresh file starts with.
    pub fn records(&self) -> Vec<Record> {
        let mut records = vec![Record::Alive { at: self.last_alive }];
        for entry in self.entries.values() {
            match entry {
                Entry::Dialling(begin) => records.push(Record::Begin(begin.clone())),
                Entry::Answered(begin, at, dialog) => {
                    records.push(Record::Begin(begin.clone()));
                    records.push(Record::Answered {
                        leg: begin.leg,
                        at: *at,
                        dialog: dialog.clone(),
                    });
                }
                Entry::Ended(cdr) => records.push(Record::Ended(cdr.clone())),
            }
        }
        records
    }

    /// Number of open entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Nothing is open.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Legs that have begun and not ended.
    pub fn living(&self) -> usize {
        self.entries
            .values()
            .filter(|e| !matches!(e, Entry::Ended(_)))
            .count()
    }

    fn alive(&mut self, at: WallMs) {
        self.last_alive = self.last_alive.max(at);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::cdr::{CallDirection, EndedBy, Side};
    use crate::ids::{SessionId, TrunkId};
    use crate::trunk::snapshot::Transport;

    fn leg(n: u128) -> LegId {
        LegId(Uuid::from_u128(n))
    }

    fn begin(n: u128) -> Record {
        Record::Begin(Begin {
            leg: leg(n),
            session: SessionId(Uuid::nil()),
            call: None,
            side: Side::Target,
            direction: CallDirection::Outbound,
            trunk: TrunkId(Uuid::nil()),
            node: "gw1".into(),
            from_ref: "f".into(),
            to_ref: "t".into(),
            sip_call_id: format!("c{n}"),
            at: 1_000 + n as i64,
        })
    }

    fn answered(n: u128) -> Record {
        let dialog = DialogSnapshot {
            call_id: format!("c{n}"),
            local: "<sip:a@b>;tag=1".into(),
            remote: "<sip:c@d>;tag=2".into(),
            remote_target: "sip:c@d".into(),
            route_set: vec![],
            local_cseq: 1,
            transport: Transport::Udp,
            next_hop: ([127, 0, 0, 1], 5060).into(),
        };
        Record::Answered {
            leg: leg(n),
            at: 2_000,
            dialog,
        }
    }

    fn ended(n: u128) -> Record {
        Record::Ended(Box::new(Cdr {
            id: leg(n),
            session_id: SessionId(Uuid::nil()),
            call_id: None,
            side: Side::Target,
            direction: CallDirection::Outbound,
            trunk: TrunkId(Uuid::nil()),
            node: "gw1".into(),
            from_ref: "f".into(),
            to_ref: "t".into(),
            sip_call_id: format!("c{n}"),
            created_at: 1_000,
            ringing_at: None,
            answered_at: Some(2_000),
            ended_at: 3_000,
            duration_ms: 2_000,
            billable_ms: 1_000,
            pdd_ms: None,
            sip_status: Some(200),
            q850_cause: Some(16),
            cause: "normal".into(),
            ended_by: EndedBy::Target,
            codec: None,
            rtp_rx_packets: 0,
            rtp_tx_packets: 0,
            rtp_lost: 0,
            jitter_ms: 0.0,
            mos: None,
            one_way: false,
            digits: String::new(),
        }))
    }

    /// What a list of records adds up to, in text.
    fn check(records: &[Record], expect: &str) {
        let mut ledger = Ledger::default();
        records.iter().for_each(|r| ledger.apply(r));
        let mut again = Ledger::default();
        ledger.records().iter().for_each(|r| again.apply(r));
        for l in [&ledger, &again] {
            let orphans: Vec<String> = l
                .orphans()
                .iter()
                .map(|o| {
                    let state = if o.answered.is_some() {
                        "answered"
                    } else {
                        "dialling"
                    };
                    format!("{} {state}", o.begin.sip_call_id)
                })
                .collect();
            let unstored: Vec<String> = l.unstored().iter().map(|c| c.sip_call_id.clone()).collect();
            assert_eq!(
                format!("orphans {orphans:?} unstored {unstored:?} alive {}", l.last_alive),
                expect
            );
        }
    }

    #[test]
    fn a_leg_is_open_until_its_cdr_is_stored() {
        let stored = Record::Stored { leg: leg(1) };
        check(&[begin(1)], r#"orphans ["c1 dialling"] unstored [] alive 1001"#);
        check(
            &[begin(1), answered(1)],
            r#"orphans ["c1 answered"] unstored [] alive 2000"#,
        );
        check(
            &[begin(1), answered(1), ended(1)],
            r#"orphans [] unstored ["c1"] alive 3000"#,
        );
        check(
            &[begin(1), ended(1), stored.clone()],
            "orphans [] unstored [] alive 3000",
        );
        check(
            &[begin(1), begin(2), ended(2), stored],
            r#"orphans [] unstored ["c2"] alive 3000"#,
        );
    }

    #[test]
    fn lines_out_of_order_lose_no_cdr() {
        check(
            &[ended(1), begin(1), answered(1)],
            r#"orphans [] unstored ["c1"] alive 3000"#,
        );
        check(&[answered(1)], "orphans [] unstored [] alive 2000");
        check(
            &[Record::Alive { at: 9_000 }, begin(1)],
            r#"orphans ["c1 dialling"] unstored [] alive 9000"#,
        );
    }
}
