//! The trunks that one call may be tried over, one after the other, and how long its telephone may ring.
//!
//! A trunk that asks for less (503, 429, a pacing text) is not lost for the call: when no other is left, the call waits and asks it again,
//! after its Retry-After or after longer and longer pauses of our own, for as long as somebody may be kept waiting.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::phone::Phone;
use crate::sip::api::{Failure, Patience};
use crate::trunk::health::LONGEST_RETRY_AFTER;
use crate::trunk::overload::asks_for_less;
use crate::trunk::select::{self, Selection};
use crate::trunk::snapshot::Trunk;

/// A call is kept for a trunk that asks for less no longer than this after its first such answer.
pub const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// The first pause of our own; each further one of the same call is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause of our own.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What is left to try for one number.
#[derive(Debug)]
pub struct Tries {
    /// The number.
    pub number: Phone,
    /// Best first.
    left: VecDeque<Arc<Trunk>>,
    /// Trunks that have asked for less, and when each may be asked again, earliest first.
    again: Vec<(Instant, Arc<Trunk>)>,
    /// When the first of them did, and how often any did.
    refused: Option<(Instant, u32)>,
    stop_codes: Vec<u16>,
}

/// The next thing to do.
#[derive(Debug)]
pub enum Next {
    /// Dial over this trunk.
    Trunk(Arc<Trunk>),
    /// Every trunk that is left has asked for less: ask again then.
    Wait(Instant),
    /// Nothing is left.
    None,
}

impl Tries {
    /// The choice that was made for `number`.
    pub fn new(number: Phone, selection: Selection) -> Tries {
        Tries {
            number,
            left: selection.candidates.into_iter().map(|c| c.trunk).collect(),
            again: Vec::new(),
            refused: None,
            stop_codes: selection.stop_codes,
        }
    }

    /// The trunk that is next, taken out unless it asks to wait.
    pub fn next(&mut self, now: Instant) -> Next {
        if let Some(trunk) = self.left.pop_front() {
            return Next::Trunk(trunk);
        }
        match self.again.first().map(|(at, _)| *at) {
            None => Next::None,
            Some(at) if at > now => Next::Wait(at),
            Some(_) => Next::Trunk(self.again.remove(0).1),
        }
    }

    /// The trunk that was taken has no call left in this second: it comes first, when it has.
    pub fn put_back(&mut self, trunk: Arc<Trunk>) {
        self.left.push_front(trunk);
    }

    /// The trunk that was taken has no channel left: somebody may hang up.
    pub fn full(&mut self, trunk: Arc<Trunk>, now: Instant) {
        self.ask_again(trunk, None, now);
    }

    /// Another trunk is left that was not asked yet.
    pub fn is_more(&self) -> bool {
        !self.left.is_empty()
    }

    /// A trunk that says nothing is left for the next one; the last one is given all the time there is.
    pub fn patience(&self) -> Patience {
        if self.is_more() {
            Patience::NextTrunk
        } else {
            Patience::Transaction
        }
    }

    /// Whether the call goes on after this failure of `trunk`: over another trunk, or over the same after a wait.
    pub fn goes_on(&mut self, failure: &Failure, rang: bool, trunk: &Arc<Trunk>, now: Instant) -> bool {
        if !select::tries_next(failure, rang, &self.stop_codes) {
            return false;
        }
        if let Some(retry_after) = asks_for_less(failure).filter(|_| !rang) {
            self.ask_again(Arc::clone(trunk), retry_after, now);
        }
        self.is_more() || !self.again.is_empty()
    }

    fn ask_again(&mut self, trunk: Arc<Trunk>, retry_after: Option<Duration>, now: Instant) {
        let (first, times) = self.refused.unwrap_or((now, 0));
        self.refused = Some((first, times.saturating_add(1)));
        let pause = FIRST_PAUSE.saturating_mul(1 << times.min(8)).min(LONGEST_PAUSE);
        let at = now
            + retry_after
                .unwrap_or(pause)
                .clamp(FIRST_PAUSE, LONGEST_RETRY_AFTER);
        if at > first + LONGEST_WAIT {
            return;
        }
        let place = self.again.partition_point(|(other, _)| *other <= at);
        self.again.insert(place, (at, trunk));
    }
}
