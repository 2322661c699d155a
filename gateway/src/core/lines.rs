//! The state of every trunk: how it is, and how many legs it has. One line a trunk, kept over changes of the snapshot.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::cdr::Side;
use crate::event::TrunkHealth;
use crate::ids::TrunkId;
use crate::trunk::health::{Health, HealthEvent, LONGEST_RETRY_AFTER};
use crate::trunk::pacing::{Limits, NotNow, Pacing};
use crate::trunk::registration::Standing;
use crate::trunk::select::TrunkState;
use crate::trunk::snapshot::{Snapshot, Trunk};

use super::status::TrunkStatus;

/// One trunk's state.
#[derive(Debug)]
pub struct Line {
    health: Health,
    pacing: Pacing,
    counts: Counts,
}

/// What happened on a trunk since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// INVITEs, both ways.
    pub attempts: u64,
    /// Answered ones.
    pub answered: u64,
    /// Legs that sent and heard nothing.
    pub one_way: u64,
    /// Packets that came to the ports of its legs from others than its far ends; dropped.
    pub foreign_packets: u64,
}

/// All trunks' states.
#[derive(Debug, Default)]
pub struct Lines(HashMap<TrunkId, Line>);

impl Lines {
    /// New limits for those that stay, fresh lines for new ones; a line with legs outlives its trunk.
    pub fn swap(&mut self, snapshot: &Snapshot) {
        for trunk in &snapshot.trunks {
            let limits = limits(trunk);
            let fresh = || Line {
                health: Health::default(),
                pacing: Pacing::new(limits),
                counts: Counts::default(),
            };
            let line = self.0.entry(trunk.id).or_insert_with(fresh);
            line.pacing.set_limits(limits);
            line.health.set_servers(trunk.addresses());
        }
        self.0
            .retain(|id, line| line.pacing.in_use() > 0 || snapshot.trunks.iter().any(|t| t.id == *id));
    }

    /// What `select` asks for.
    pub fn state(&self, trunk: TrunkId, now: Instant, side: Side) -> TrunkState {
        match self.0.get(&trunk) {
            Some(line) => TrunkState {
                health: line.health.state(),
                room: line.pacing.look(now, side),
            },
            None => TrunkState {
                health: TrunkHealth::Down,
                room: Err(NotNow::Channels),
            },
        }
    }

    /// Takes a channel and a call of this second for a leg that we dial.
    pub fn take(&mut self, trunk: TrunkId, now: Instant, side: Side) -> Result<(), NotNow> {
        let line = self.0.get_mut(&trunk).ok_or(NotNow::Channels)?;
        line.pacing.take(now, side)?;
        line.counts.attempts += 1;
        Ok(())
    }

    /// Counts an inbound leg.
    pub fn take_inbound(&mut self, trunk: TrunkId) {
        if let Some(line) = self.0.get_mut(&trunk) {
            line.pacing.take_inbound(Side::Caller);
            line.counts.attempts += 1;
        }
    }

    /// A leg is over.
    pub fn release(&mut self, trunk: TrunkId, side: Side) {
        if let Some(line) = self.0.get_mut(&trunk) {
            line.pacing.release(side);
        }
    }

    /// Legs run over it.
    pub fn in_use(&self, trunk: TrunkId) -> bool {
        self.0.get(&trunk).is_some_and(|line| line.pacing.in_use() > 0)
    }

    /// Counts into a trunk's statistics.
    pub fn count(&mut self, trunk: TrunkId, add: impl FnOnce(&mut Counts)) {
        if let Some(line) = self.0.get_mut(&trunk) {
            add(&mut line.counts);
        }
    }

    /// A trunk has said when to come again.
    pub fn pause(&mut self, trunk: TrunkId, wait: Duration, now: Instant) {
        if let Some(line) = self.0.get_mut(&trunk) {
            line.pacing.pause(now + wait.min(LONGEST_RETRY_AFTER));
        }
    }

    /// A trunk asked for less: what it was fed until now goes into the event.
    pub fn overload(
        &mut self,
        (trunk, from): (TrunkId, SocketAddr),
        retry_after: Option<Duration>,
        now: Instant,
    ) -> Option<TrunkHealth> {
        let pacing = &self.0.get(&trunk)?.pacing;
        let full = pacing.allowed().unwrap_or_else(|| pacing.measured(now));
        let overload = HealthEvent::Overload {
            from,
            retry_after,
            full,
        };
        self.health(trunk, overload, now)
    }

    /// Tells a trunk's health what it did; `Some` when the trunk is something else now.
    pub fn health(&mut self, trunk: TrunkId, event: HealthEvent, now: Instant) -> Option<TrunkHealth> {
        let line = self.0.get_mut(&trunk)?;
        let changed = line.health.on(event, now);
        line.pacing.slow_to(line.health.rate());
        changed
    }

    /// When a trunk's health is due.
    pub fn due(&self, trunk: TrunkId) -> Option<Instant> {
        self.0.get(&trunk)?.health.due()
    }

    /// How long a trunk's server has been silent ([`Health::silence`]).
    pub fn silence(&self, trunk: TrunkId, server: SocketAddr) -> u8 {
        self.0.get(&trunk).map_or(0, |line| line.health.silence(server))
    }

    /// Every trunk, for the status.
    pub fn status(&self, now: Instant, registration: impl Fn(TrunkId) -> Standing) -> Vec<TrunkStatus> {
        let one = |(id, line): (&TrunkId, &Line)| TrunkStatus {
            id: *id,
            health: line.health.state(),
            registration: registration(*id),
            channels: line.pacing.in_use(),
            cps_now_milli: line.pacing.measured(now).milli(),
            cps_allowed_milli: line.pacing.allowed().map(|rate| rate.milli()),
            cps_learned_milli: line.pacing.learned().map(|rate| rate.milli()),
            servers: line.health.servers().collect(),
            paused: line.pacing.paused(now).map(|until| until - now),
            counts: line.counts,
        };
        self.0.iter().map(one).collect()
    }
}

fn limits(trunk: &Trunk) -> Limits {
    Limits {
        max_cps: trunk.max_cps,
        max_channels: trunk.max_channels,
    }
}
