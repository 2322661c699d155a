//! Which steps of calls a second are tried, and which answers say that it was too fast.

use trunkline_gateway::cdr::{Cdr, EndedBy};
use trunkline_gateway::trunk::overload::is_pacing_text;

use super::facts::Step;

/// 1, 2, 5, 10, 20, 50 … and `most` itself.
pub(super) fn steps(most: u32) -> Vec<u32> {
    let decades = std::iter::successors(Some(1u32), |n| n.checked_mul(10));
    let mut steps: Vec<u32> = decades
        .flat_map(|n| [n, n.saturating_mul(2), n.saturating_mul(5)])
        .take_while(|n| *n < most)
        .collect();
    steps.push(most);
    steps
}

impl Step {
    /// Counts one call. A trunk that is asked for too much says 503 or 429, or nothing; what a person or a network says of the number is
    /// another matter.
    pub(super) fn count(&mut self, cdr: &Cdr) {
        match cdr.sip_status {
            Some(status @ (429 | 503)) => self.refusal = Some(Some(status)),
            Some(status) if is_pacing_text(&cdr.cause) => self.refusal = Some(Some(status)),
            None if cdr.ended_by == EndedBy::Trunk => self.refusal = Some(None),
            Some(_) | None => self.taken += 1,
        }
    }
}
