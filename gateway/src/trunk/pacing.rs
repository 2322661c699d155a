//! How many legs a trunk takes: new ones a second, without burst, and channels at once. A leaf machine with one entry a trunk.
//!
//! ```text
//!  calls a second    |  |  |  |  |  |      legs leave an interval apart; whoever comes a little late does not lose the interval,
//!                    |     |     |         and no second, wherever it is laid, holds more than the limit. Callers have a slower
//!                                          row of their own within it while targets are dialled
//!  channels          [callers ][ reserved for targets ][ targets ]  ≤ max_channels
//! ```
//! A caller leg that is dialled reserves the channel of its targets first, so that queued callers never starve the targets of callers
//! who are on the line (CAMPAIGNS.md 5).

use std::collections::VecDeque;
use std::fmt;
use std::time::{Duration, Instant};

use crate::cdr::Side;

/// Share of a trunk's calls per second that caller legs may take while targets are dialled over it; targets may take whatever is left,
/// and all of it. A trunk without targets is all for callers.
pub const CALLER_SHARE_PERCENT: u64 = 50;
/// Targets are dialled over a trunk when one was, or asked to be, so lately.
const TARGETS_REMEMBERED: Duration = SECOND;
/// Between our decision and the wire, or the trunk's own clock, a leg may be held up: two of them come closer together than they were
/// decided. What we call a second is longer by this, so that the trunk never counts one too many.
pub const GUARD: Duration = Duration::from_millis(50);
/// A leg that comes later than it might have, by no more than this, counts as one in time: the legs behind it may follow closer, within
/// what a second holds. Otherwise a busy machine would lose a part of the rate with every leg.
const CATCH_UP: Duration = Duration::from_millis(250);

const SECOND: Duration = Duration::from_secs(1);

/// Calls a second, in thousandths, so that a slowed trunk may be fed with less than one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(u64);

impl Rate {
    /// Whole calls a second.
    pub const fn per_second(calls: u32) -> Rate {
        Rate(calls as u64 * 1000)
    }

    /// Thousandths of a call a second.
    pub const fn from_millis_per_second(millis: u64) -> Rate {
        Rate(millis)
    }

    /// As thousandths of a call a second.
    pub const fn milli(self) -> u64 {
        self.0
    }

    /// Half of it.
    pub const fn half(self) -> Rate {
        Rate(self.0 / 2)
    }

    /// The sum.
    pub const fn plus(self, more: Rate) -> Rate {
        Rate(self.0.saturating_add(more.0))
    }

    /// One of `parts` equal parts, at least a thousandth of a call a second.
    pub fn divided(self, parts: u64) -> Rate {
        Rate((self.0 / parts.max(1)).max(1))
    }

    fn percent(self, percent: u64) -> Rate {
        Rate(self.0 * percent / 100)
    }

    /// Rounded up, so that the limit holds exactly.
    fn interval(self) -> Duration {
        const SPAN_NANOS: u64 = (SECOND.as_nanos() + GUARD.as_nanos()) as u64;
        Duration::from_nanos((SPAN_NANOS * 1000).div_ceil(self.0.max(1)))
    }

    /// Whole calls within a second.
    fn whole(self) -> usize {
        usize::try_from(self.0.div_ceil(1000)).unwrap_or(usize::MAX)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.0 as f64 / 1000.0)
    }
}

/// A trunk's limits; 0 is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Most new legs a second.
    pub max_cps: u32,
    /// Most legs at once, both sides and both directions.
    pub max_channels: u32,
}

/// Why no leg may be taken now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotNow {
    /// Every channel is in use or reserved.
    Channels,
    /// The calls of this second are spent; ask again then.
    Until(Instant),
    /// The trunk has asked not to be called before then; others come first.
    Paused(Instant),
}

/// One trunk's account of legs.
#[derive(Clone, Debug)]
pub struct Pacing {
    limits: Limits,
    slowed: Option<Rate>,
    /// The trunk's own word: nothing before then.
    pause: Option<Instant>,
    all: Row,
    callers: Row,
    /// When a target was last dialled, or asked to be.
    targets_at: Option<Instant>,
    caller_legs: u32,
    target_legs: u32,
    reserved: u32,
    seen: Seen,
}

impl Pacing {
    /// Nothing in use.
    pub fn new(limits: Limits) -> Pacing {
        let mut pacing = Pacing {
            limits,
            slowed: None,
            pause: None,
            all: Row::default(),
            callers: Row::default(),
            targets_at: None,
            caller_legs: 0,
            target_legs: 0,
            reserved: 0,
            seen: Seen::default(),
        };
        pacing.space();
        pacing
    }

    /// New limits; legs that are up stay, even above the new limit.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.space();
    }

    /// The rate that [`super::health::Health::rate`] asks for, beside the configured one; the lower counts.
    pub fn slow_to(&mut self, rate: Option<Rate>) {
        self.slowed = rate;
        self.space();
    }

    /// The trunk takes nothing before then (Retry-After); an earlier word that says later counts on.
    pub fn pause(&mut self, until: Instant) {
        self.pause = self.pause.max(Some(until));
    }

    /// When a trunk that takes nothing now may be asked again.
    pub fn paused(&self, now: Instant) -> Option<Instant> {
        self.pause.filter(|until| *until > now)
    }

    /// Whether a leg could be taken now, without taking it.
    pub fn look(&self, now: Instant, side: Side) -> Result<(), NotNow> {
        if !self.has_room() {
            return Err(NotNow::Channels);
        }
        if let Some(until) = self.paused(now) {
            return Err(NotNow::Paused(until));
        }
        let at = match side {
            Side::Caller if self.dials_targets(now) => self.all.next().max(self.callers.next()),
            Side::Caller | Side::Target => self.all.next(),
        };
        match at {
            Some(at) if at > now => Err(NotNow::Until(at)),
            Some(_) | None => Ok(()),
        }
    }

    /// Takes a channel and a call of this second for an outbound leg, or neither.
    pub fn take(&mut self, now: Instant, side: Side) -> Result<(), NotNow> {
        if side == Side::Target {
            self.targets_at = Some(now);
        }
        self.look(now, side)?;
        self.all.take(now);
        if side == Side::Caller {
            self.callers.take(now);
        }
        self.seen.count(now);
        *self.legs_mut(side) += 1;
        Ok(())
    }

    /// Counts an inbound leg: its channel is in use whatever the limit says, and costs no call of the second.
    pub fn take_inbound(&mut self, side: Side) {
        *self.legs_mut(side) += 1;
    }

    /// Gives a leg's channel back.
    pub fn release(&mut self, side: Side) {
        let legs = self.legs_mut(side);
        *legs = legs.saturating_sub(1);
    }

    /// Holds a channel for target legs to come; `false` when none is free.
    #[must_use]
    pub fn reserve(&mut self) -> bool {
        let room = self.has_room();
        if room {
            self.reserved += 1;
        }
        room
    }

    /// Gives a reserved channel back.
    pub fn unreserve(&mut self) {
        self.reserved = self.reserved.saturating_sub(1);
    }

    /// Channels in use, both sides, without reserved ones.
    pub fn in_use(&self) -> u32 {
        self.caller_legs + self.target_legs
    }

    /// Channels in use or reserved.
    pub fn held(&self) -> u32 {
        self.in_use() + self.reserved
    }

    /// Channels that could be taken now; `None` when there is no limit.
    pub fn free(&self) -> Option<u32> {
        (self.limits.max_channels > 0).then(|| self.limits.max_channels.saturating_sub(self.held()))
    }

    /// New legs in the second before `now`, roughly: what an unlimited trunk is being fed with.
    pub fn measured(&self, now: Instant) -> Rate {
        Rate::per_second(self.seen.last_second(now))
    }

    /// The rate that counts now: the lower of the configured and the slowed one; `None` when there is no limit.
    pub fn allowed(&self) -> Option<Rate> {
        let configured = (self.limits.max_cps > 0).then(|| Rate::per_second(self.limits.max_cps));
        match (configured, self.slowed) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// The rate that a slowed trunk has been found to take; `None` when it is not slowed.
    pub fn learned(&self) -> Option<Rate> {
        self.slowed
    }

    fn dials_targets(&self, now: Instant) -> bool {
        self.targets_at.is_some_and(|at| now < at + TARGETS_REMEMBERED)
    }

    fn has_room(&self) -> bool {
        self.free().is_none_or(|free| free > 0)
    }

    fn legs_mut(&mut self, side: Side) -> &mut u32 {
        match side {
            Side::Caller => &mut self.caller_legs,
            Side::Target => &mut self.target_legs,
        }
    }

    fn space(&mut self) {
        let rate = self.allowed();
        self.all.rate = rate;
        self.callers.rate = rate.map(|r| r.percent(CALLER_SHARE_PERCENT));
    }
}

/// Legs an interval apart, and never more than the rate in any second.
#[derive(Clone, Debug, Default)]
struct Row {
    rate: Option<Rate>,
    /// When the last leg might have gone; a little before it went, when it came late.
    last: Option<Instant>,
    /// Legs of the last second, oldest first.
    taken: VecDeque<Instant>,
}

impl Row {
    fn next(&self) -> Option<Instant> {
        let rate = self.rate?;
        let spaced = self.last? + rate.interval();
        let full = self.taken.len().checked_sub(rate.whole());
        let free = full
            .and_then(|n| self.taken.get(n))
            .map(|at| *at + SECOND + GUARD);
        Some(free.map_or(spaced, |free| free.max(spaced)))
    }

    fn take(&mut self, now: Instant) {
        let in_time = self.next().filter(|at| *at <= now && now <= *at + CATCH_UP);
        self.last = Some(in_time.unwrap_or(now));
        while self.taken.front().is_some_and(|at| *at + SECOND + GUARD <= now) {
            self.taken.pop_front();
        }
        if self.rate.is_some() {
            self.taken.push_back(now);
        }
    }
}

/// Counts of this second and the one before.
#[derive(Clone, Debug, Default)]
struct Seen {
    since: Option<Instant>,
    count: u32,
    before: u32,
}

impl Seen {
    fn count(&mut self, now: Instant) {
        const SECOND: Duration = Duration::from_secs(1);
        match self.since {
            Some(since) if now < since + SECOND => self.count += 1,
            Some(since) => {
                self.before = if now < since + 2 * SECOND { self.count } else { 0 };
                self.since = Some(now);
                self.count = 1;
            }
            None => {
                self.since = Some(now);
                self.count = 1;
            }
        }
    }

    fn last_second(&self, now: Instant) -> u32 {
        match self.since {
            Some(since) if now < since + Duration::from_secs(2) => self.count.max(self.before),
            Some(_) | None => 0,
        }
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "a starting point for a clock that the tests move"
)]
#[path = "pacing_tests.rs"]
mod tests;
