//! The flow's tests: transcripts of calls, every sequence of events, and random ones that are longer.

mod every_sequence;
mod random;
mod transcript;
mod transcripts_entry;
mod transcripts_targets;

use trunkline_gateway::flow::{FlowOffice, FlowTarget};
use trunkline_gateway::ids::CallId;
use trunkline_gateway::phone::Phone;
use uuid::Uuid;

use super::*;

fn call_id(index: usize) -> CallId {
    CallId(Uuid::from_u128(index as u128 + 1))
}

/// A target for each word: the number of its offices, `x` and keys for an extension: `1 2 0 1x12,3`.
fn targets(words: &str) -> Vec<FlowTarget> {
    let target = |(index, word): (usize, &str)| {
        let (offices, extension) = word.split_once('x').unwrap_or((word, ""));
        let office = |office: usize| FlowOffice {
            uid: format!("office {office}"),
            phone: Phone::new(format!("+120255501{index}{office}")).expect("a number"),
            extension: extension.into(),
        };
        FlowTarget {
            key: format!("custom:{index}"),
            offices: (0..offices.parse().expect("a count")).map(office).collect(),
        }
    };
    words.split_whitespace().enumerate().map(target).collect()
}

fn plan(words: &str) -> FlowPlan {
    FlowPlan {
        entry: Entry::Outbound,
        locate: None,
        intro_location: false,
        schedule: None,
        targets: targets(words),
        deferred: Vec::new(),
        call_maximum: None,
        call_ids: (0..9).map(call_id).collect(),
        proof: Proof::AwaitsKey,
        timers: FlowTimers::default(),
    }
}
