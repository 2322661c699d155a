//! The trunks that one call may be tried over, one after the other, each with its servers, and how long its telephone may ring.
//!
//! A server that says nothing is passed over for the trunk's next one (RFC 3263 section 4.3); any other word is the whole trunk's.
//!
//! A trunk that asks for less (503, 429, a pacing text) is not lost for the call: when no other is left, the call waits and asks it again,
//! after its Retry-After or after longer and longer pauses of our own, for as long as somebody may be kept waiting.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::ids::TrunkId;
use crate::phone::Phone;
use crate::sip::api::{Failure, Patience};
use crate::trunk::health::LONGEST_RETRY_AFTER;
use crate::trunk::overload::asks_for_less;
use crate::trunk::select;
use crate::trunk::snapshot::Trunk;

/// A call is kept for a trunk that asks for less no longer than this after its first such answer.
pub const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// The first pause of our own; each further one of the same call is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause of our own.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A way to a telephone.
#[derive(Clone, Debug)]
pub struct Way {
    /// The trunk.
    pub trunk: Arc<Trunk>,
    /// Which of its servers.
    pub server: SocketAddr,
}

/// What is left to try for one number.
#[derive(Debug)]
pub struct Tries {
    /// The number.
    pub number: Phone,
    /// Best first.
    left: VecDeque<Way>,
    /// Ways over trunks that have asked for less, one each, and when each may be asked again, earliest first.
    again: Vec<(Instant, Way)>,
    /// When the first of them did, and how often any did.
    refused: Option<(Instant, u32)>,
    stop_codes: Vec<u16>,
}

/// The next thing to do.
#[derive(Debug)]
pub enum Next {
    /// Dial this way.
    Way(Way),
    /// Every trunk that is left has asked for less: ask again then.
    Wait(Instant),
    /// Nothing is left.
    None,
}

impl Tries {
    /// The choice that was made for `number`; the ways of one trunk side by side.
    pub fn new(number: Phone, ways: impl IntoIterator<Item = Way>, stop_codes: Vec<u16>) -> Tries {
        Tries {
            number,
            left: ways.into_iter().collect(),
            again: Vec::new(),
            refused: None,
            stop_codes,
        }
    }

    /// The way that is next, taken out unless it asks to wait.
    pub fn next(&mut self, now: Instant) -> Next {
        if let Some(way) = self.left.pop_front() {
            return Next::Way(way);
        }
        match self.again.first().map(|(at, _)| *at) {
            None => Next::None,
            Some(at) if at > now => Next::Wait(at),
            Some(_) => Next::Way(self.again.remove(0).1),
        }
    }

    /// The trunk that was taken has no call left in this second: it comes first, when it has.
    pub fn put_back(&mut self, way: Way) {
        self.left.push_front(way);
    }

    /// The trunk that was taken has no channel left: somebody may hang up.
    pub fn full(&mut self, way: Way, now: Instant) {
        self.pass_over(way.trunk.id);
        self.ask_again(way, None, now);
    }

    /// The server that was taken has asked others for a pause: it comes after the rest.
    pub fn paused(&mut self, way: Way, until: Instant, now: Instant) {
        self.ask_again(way, Some(until.saturating_duration_since(now)), now);
    }

    /// This trunk is there and of no use for this call: its other servers would do the same.
    pub fn pass_over(&mut self, trunk: TrunkId) {
        self.left.retain(|way| way.trunk.id != trunk);
    }

    /// Another server or trunk is left that was not asked yet.
    pub fn is_more(&self) -> bool {
        !self.left.is_empty()
    }

    /// Another trunk than this one is left that was not asked yet.
    pub fn is_more_than(&self, trunk: TrunkId) -> bool {
        self.left.iter().any(|way| way.trunk.id != trunk)
    }

    /// A server that says nothing is left for the next one; the last one is given all the time there is.
    pub fn patience(&self) -> Patience {
        if self.is_more() {
            Patience::NextTrunk
        } else {
            Patience::Transaction
        }
    }

    /// Whether the call goes on after this failure of `way`: over another server or trunk, or over the same after a wait.
    pub fn goes_on(&mut self, failure: &Failure, rang: bool, way: Way, now: Instant) -> bool {
        if !select::tries_next(failure, rang, &self.stop_codes) {
            return false;
        }
        let less = asks_for_less(failure, rang);
        match failure {
            Failure::NoTrying | Failure::Transport => {}
            // Another server of the trunk may have room (RFC 3263 section 4.3), but another trunk has not asked for less.
            Failure::Status { status: 503, .. } => self.put_off(way.trunk.id),
            Failure::Status { .. } | Failure::Timeout | Failure::Canceled => self.pass_over(way.trunk.id),
        }
        if let Some(retry_after) = less.filter(|_| !rang) {
            self.ask_again(way, retry_after, now);
        }
        self.is_more() || !self.again.is_empty()
    }

    /// The other servers of this trunk come after all other trunks.
    fn put_off(&mut self, trunk: TrunkId) {
        self.left
            .make_contiguous()
            .sort_by_key(|way| way.trunk.id == trunk);
    }

    fn ask_again(&mut self, way: Way, retry_after: Option<Duration>, now: Instant) {
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
        // One way of a trunk is enough: the one that may be asked first.
        let of_trunk = |(_, other): &&(Instant, Way)| other.trunk.id == way.trunk.id;
        if self
            .again
            .iter()
            .find(of_trunk)
            .is_some_and(|(other, _)| *other <= at)
        {
            return;
        }
        self.again.retain(|(_, other)| other.trunk.id != way.trunk.id);
        let place = self.again.partition_point(|(other, _)| *other <= at);
        self.again.insert(place, (at, way));
    }
}
