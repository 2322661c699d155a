//! All timers of all sessions in one order. A timer is named by what it is for; starting it again moves it.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::time::Instant;

use crate::flow::Timer;
use crate::ids::{LegId, SessionId, TrunkId};

/// What a timer is for, and when it fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TimerKey {
    /// A timer of the session's flow, as the flow asked.
    Flow(SessionId, FlowTimer),
    /// The caller's or a target's telephone has rung for as long as it may.
    RingLimit(SessionId, Role),
    /// A trunk's next call of the second is free: the next try.
    NextTry(SessionId, Role),
    /// A trunk took the call and nothing rings: the next one is tried.
    SlowToRing(SessionId, Role),
    /// Nothing was heard of an answered leg for so long, or our offer to it is not answered.
    Unheard(SessionId, Role),
    /// The session is as long as it may be.
    MaxDuration(SessionId),
    /// Nobody has accepted or refused an inbound call.
    Unclaimed(LegId),
    /// A slowed trunk may be fed a little more.
    Trunk(TrunkId),
    /// A server of a trunk is asked whether it is there, or has not answered that.
    Ping(TrunkId, SocketAddr),
    /// A registration is to be refreshed, or tried again.
    Registration(TrunkId),
    /// A stop has taken as long as it may.
    Stop,
}

/// Whose leg a timer is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// The caller's.
    Caller,
    /// The current target's.
    Target,
}

/// [`Timer`] in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FlowTimer {
    /// [`Timer::Input`]
    Input,
    /// [`Timer::Talk`]
    Talk,
    /// [`Timer::Ring`]
    Ring,
    /// [`Timer::Pause`]
    Pause,
}

impl FlowTimer {
    /// All of them.
    pub const ALL: [FlowTimer; 4] = [
        FlowTimer::Input,
        FlowTimer::Talk,
        FlowTimer::Ring,
        FlowTimer::Pause,
    ];
}

impl From<Timer> for FlowTimer {
    fn from(timer: Timer) -> FlowTimer {
        match timer {
            Timer::Input => FlowTimer::Input,
            Timer::Talk => FlowTimer::Talk,
            Timer::Ring => FlowTimer::Ring,
            Timer::Pause => FlowTimer::Pause,
        }
    }
}

impl From<FlowTimer> for Timer {
    fn from(timer: FlowTimer) -> Timer {
        match timer {
            FlowTimer::Input => Timer::Input,
            FlowTimer::Talk => Timer::Talk,
            FlowTimer::Ring => Timer::Ring,
            FlowTimer::Pause => Timer::Pause,
        }
    }
}

/// The running timers.
#[derive(Debug, Default)]
pub struct Timers {
    order: BTreeSet<(Instant, TimerKey)>,
    at: HashMap<TimerKey, Instant>,
}

impl Timers {
    /// Starts a timer, or moves it.
    pub fn start(&mut self, key: TimerKey, at: Instant) {
        self.cancel(key);
        self.order.insert((at, key));
        self.at.insert(key, at);
    }

    /// Stops a timer; one that does not run is none.
    pub fn cancel(&mut self, key: TimerKey) {
        if let Some(at) = self.at.remove(&key) {
            self.order.remove(&(at, key));
        }
    }

    /// Stops every timer of a session.
    pub fn cancel_session(&mut self, session: SessionId) {
        for timer in FlowTimer::ALL {
            self.cancel(TimerKey::Flow(session, timer));
        }
        for role in [Role::Caller, Role::Target] {
            self.cancel(TimerKey::RingLimit(session, role));
            self.cancel(TimerKey::NextTry(session, role));
            self.cancel(TimerKey::SlowToRing(session, role));
            self.cancel(TimerKey::Unheard(session, role));
        }
        self.cancel(TimerKey::MaxDuration(session));
    }

    /// Whether it runs.
    pub fn is_running(&self, key: TimerKey) -> bool {
        self.at.contains_key(&key)
    }

    /// A trunk takes more than it did: whoever waits for one asks again now, in the order of the sessions.
    pub fn hasten_tries(&mut self, now: Instant) {
        let tries = self.at.keys().filter(|key| matches!(key, TimerKey::NextTry(..)));
        let waiting: Vec<TimerKey> = tries.copied().collect();
        for key in waiting {
            self.start(key, now);
        }
    }

    /// The earliest time.
    pub fn next(&self) -> Option<Instant> {
        self.order.first().map(|(at, _)| *at)
    }

    /// The earliest timer that is due, taken out.
    pub fn due(&mut self, now: Instant) -> Option<TimerKey> {
        let &(at, key) = self.order.first().filter(|(at, _)| *at <= now)?;
        self.order.remove(&(at, key));
        self.at.remove(&key);
        Some(key)
    }

    /// How many run.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// None runs.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;

    #[test]
    fn timers_fire_in_order_and_once() {
        #[expect(clippy::disallowed_methods, reason = "any instant will do as the origin")]
        let t0 = Instant::now();
        let after = |s| t0 + Duration::from_secs(s);
        let session = SessionId(Uuid::nil());
        let (input, talk) = (
            TimerKey::Flow(session, FlowTimer::Input),
            TimerKey::Flow(session, FlowTimer::Talk),
        );
        let mut timers = Timers::default();
        timers.start(talk, after(9));
        timers.start(input, after(5));
        timers.start(input, after(2));
        assert_eq!(timers.next(), Some(after(2)));
        assert_eq!(timers.due(after(1)), None);
        assert_eq!(timers.due(after(20)), Some(input));
        assert_eq!(timers.due(after(20)), Some(talk));
        assert_eq!(timers.due(after(20)), None);
        timers.start(input, after(5));
        timers.cancel_session(session);
        assert!(timers.is_empty());
    }
}
