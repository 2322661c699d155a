//! A campaign's figures, as the API gives them.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Sessions and calls of all time, and those under way.
#[derive(Default, Deserialize)]
pub(super) struct Summary {
    pub(super) sessions: Sessions,
    pub(super) calls: Calls,
}

/// Callers.
#[derive(Default, Deserialize)]
pub(super) struct Sessions {
    pub(super) started: i64,
    pub(super) ended: i64,
    pub(super) answered: i64,
    pub(super) with_completed_call: i64,
    pub(super) wait_ms: Option<i64>,
}

impl Sessions {
    /// Queued, or on the line.
    pub(super) fn under_way(&self) -> i64 {
        self.started - self.ended
    }
}

/// Calls that ended.
#[derive(Default, Deserialize)]
pub(super) struct Calls {
    pub(super) ended: i64,
    pub(super) completed: i64,
    pub(super) talk_ms: i64,
    pub(super) by_outcome: BTreeMap<String, i64>,
    pub(super) per_session_mean: f64,
}

/// Rows of a table.
#[derive(Deserialize)]
pub(super) struct Rows<T> {
    pub(super) items: Vec<T>,
}

/// Sessions by step.
#[derive(Deserialize)]
pub(super) struct Step {
    pub(super) step: String,
    pub(super) ended: i64,
    pub(super) under_way: i64,
    pub(super) reached: i64,
}

/// Calls by target.
#[derive(Deserialize)]
pub(super) struct OfTarget {
    pub(super) key: String,
    pub(super) title: String,
    pub(super) name: String,
    pub(super) district: String,
    pub(super) calls: i64,
    pub(super) completed: i64,
    pub(super) talked: i64,
    pub(super) busy: i64,
    pub(super) no_answer: i64,
}

/// Calls by time.
#[derive(Deserialize)]
pub(super) struct OfTime {
    pub(super) at: String,
    pub(super) calls: i64,
    pub(super) completed: i64,
}

/// Calls by referral.
#[derive(Deserialize)]
pub(super) struct OfReferral {
    #[serde(rename = "ref")]
    pub(super) reference: String,
    pub(super) sessions: i64,
    pub(super) completed: i64,
}

/// What is wrong before a caller finds it out.
#[derive(Deserialize)]
pub(super) struct Finding {
    pub(super) severity: String,
    pub(super) key: String,
    pub(super) what: String,
    pub(super) todo: String,
}
