//! The trunks that one call may be tried over, one after the other, and how long its telephone may ring.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use crate::phone::Phone;
use crate::sip::api::{Failure, Patience};
use crate::trunk::select::{self, Candidate, Selection};
use crate::trunk::snapshot::Trunk;

/// What is left to try for one number.
#[derive(Debug)]
pub struct Tries {
    /// The number.
    pub number: Phone,
    candidates: VecDeque<Candidate>,
    stop_codes: Vec<u16>,
}

/// The next thing to do.
#[derive(Debug)]
pub enum Next {
    /// Dial over this trunk.
    Trunk(Arc<Trunk>),
    /// The trunk's calls of this second are spent: ask again then.
    Wait(Instant),
    /// Nothing is left.
    None,
}

impl Tries {
    /// The choice that was made for `number`.
    pub fn new(number: Phone, selection: Selection) -> Tries {
        Tries {
            number,
            candidates: selection.candidates.into(),
            stop_codes: selection.stop_codes,
        }
    }

    /// The trunk that is next, taken out unless it asks to wait.
    pub fn next(&mut self, now: Instant) -> Next {
        match self.candidates.front().map(|c| c.not_before) {
            None => Next::None,
            Some(Some(at)) if at > now => Next::Wait(at),
            Some(_) => self
                .candidates
                .pop_front()
                .map_or(Next::None, |c| Next::Trunk(c.trunk)),
        }
    }

    /// The trunk that was taken has no call left in this second after all: it comes first, later.
    pub fn later(&mut self, trunk: Arc<Trunk>, at: Instant) {
        self.candidates.push_front(Candidate {
            trunk,
            not_before: Some(at),
        });
    }

    /// Another trunk is left.
    pub fn is_more(&self) -> bool {
        !self.candidates.is_empty()
    }

    /// A trunk that says nothing is left for the next one; the last one is given all the time there is.
    pub fn patience(&self) -> Patience {
        if self.is_more() {
            Patience::NextTrunk
        } else {
            Patience::Transaction
        }
    }

    /// Whether another trunk may be tried after this failure, and there is one.
    pub fn goes_on(&self, failure: &Failure, rang: bool) -> bool {
        self.is_more() && select::tries_next(failure, rang, &self.stop_codes)
    }
}
