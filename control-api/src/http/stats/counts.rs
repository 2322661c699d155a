//! Calls in one line: how many, and how they went.

use serde::Serialize;
use utoipa::ToSchema;

/// Ended calls, by what became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Counts {
    /// All that ended.
    pub(super) calls: i64,
    /// With the status `completed`, as CallPower counts.
    pub(super) completed: i64,
    talked: i64,
    skipped: i64,
    voicemail: i64,
    mailbox_full: i64,
    busy: i64,
    no_answer: i64,
    unreachable: i64,
    rejected: i64,
    caller_hung_up: i64,
    node_lost: i64,
    /// From the targets' answers to the ends.
    talk_ms: i64,
}

impl Counts {
    /// Adds calls of one status and outcome.
    pub(super) fn add(&mut self, status: &str, outcome: &str, calls: i64, talk_ms: i64) {
        self.calls += calls;
        self.talk_ms += talk_ms;
        if status == "completed" {
            self.completed += calls;
        }
        let of_outcome = match outcome {
            "talked" => &mut self.talked,
            "skipped" => &mut self.skipped,
            "voicemail" => &mut self.voicemail,
            "mailbox_full" => &mut self.mailbox_full,
            "busy" => &mut self.busy,
            "no_answer" => &mut self.no_answer,
            "unreachable" => &mut self.unreachable,
            "rejected" => &mut self.rejected,
            "caller_hung_up" => &mut self.caller_hung_up,
            "node_lost" => &mut self.node_lost,
            // History of another system has no outcomes.
            _ => return,
        };
        *of_outcome += calls;
    }
}
