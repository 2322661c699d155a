//! The state of every trunk: how it is, and how many legs it has. One line a trunk, kept over changes of the snapshot.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::cdr::Side;
use crate::event::TrunkHealth;
use crate::ids::TrunkId;
use crate::trunk::health::{Health, HealthEvent, LONGEST_RETRY_AFTER};
use crate::trunk::pacing::{Limits, NotNow, Pacing, Rate};
use crate::trunk::registration::Standing;
use crate::trunk::select::TrunkState;
use crate::trunk::snapshot::{Snapshot, Trunk};

use super::status::TrunkStatus;

/// A trunk without a limit that is called seldom has shown nothing of what it takes. It is slowed from here at least: one complaint in a
/// quiet hour costs little then, and the next ones bring it down.
const SELDOM: Rate = Rate::per_second(4);

/// One trunk's state.
#[derive(Debug)]
pub struct Line {
    health: Health,
    pacing: Pacing,
    /// Servers that take nothing before then (Retry-After).
    pauses: HashMap<SocketAddr, Instant>,
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
                pauses: HashMap::new(),
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

    /// Takes a channel and a call of this second for a leg that we dial over this server.
    pub fn take(
        &mut self,
        (trunk, server): (TrunkId, SocketAddr),
        now: Instant,
        side: Side,
    ) -> Result<(), NotNow> {
        let line = self.0.get_mut(&trunk).ok_or(NotNow::Channels)?;
        if let Some(until) = line.pauses.get(&server).filter(|until| **until > now) {
            return Err(NotNow::Paused(*until));
        }
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

    /// A server has said when to come again: nothing is sent to it before that, whichever call it said it to (RFC 3261 section 21.5.4). The
    /// others of its trunk may have room (RFC 3263 section 4.3); once each has said so, the trunk has.
    fn pause(&mut self, (trunk, server): (TrunkId, SocketAddr), wait: Duration, now: Instant) {
        let Some(line) = self.0.get_mut(&trunk) else {
            return;
        };
        line.pauses.retain(|_, until| *until > now);
        let until = now + wait.min(LONGEST_RETRY_AFTER);
        let ends = line.pauses.entry(server).or_insert(until);
        *ends = until.max(*ends);
        let mut servers = line.health.servers().map(|(server, _)| server);
        let first = servers.try_fold(None, |first: Option<Instant>, server| {
            let until = line.pauses.get(&server).copied()?;
            Some(Some(first.map_or(until, |first| first.min(until))))
        });
        if let Some(first) = first.flatten() {
            line.pacing.pause(first);
        }
    }

    /// A trunk asked for less: what it was fed until now goes into the event.
    pub fn overload(
        &mut self,
        (trunk, from): (TrunkId, SocketAddr),
        retry_after: Option<Duration>,
        now: Instant,
    ) -> Option<TrunkHealth> {
        if let Some(wait) = retry_after {
            self.pause((trunk, from), wait, now);
        }
        let pacing = &self.0.get(&trunk)?.pacing;
        let full = pacing
            .allowed()
            .unwrap_or_else(|| pacing.measured(now).max(SELDOM));
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

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "a starting point for a clock that the tests move"
)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::trunk::snapshot::Server;

    /// A 503 of one server leaves the other alone; of both, the trunk is paused until the first of them may be asked again.
    #[test]
    fn servers_are_paused_one_by_one_and_the_trunk_with_the_last() {
        let id = TrunkId(uuid::Uuid::from_u128(1));
        let servers: Vec<SocketAddr> = ["192.0.2.1:5060", "192.0.2.2:5060"]
            .map(|address| address.parse().expect("an address"))
            .to_vec();
        let trunk = Trunk {
            servers: vec![Server::alone(servers.clone())],
            ..Trunk::new(id, "two", "two.example")
        };
        let snapshot = Snapshot {
            trunks: vec![Arc::new(trunk)],
            ..Snapshot::default()
        };
        let mut lines = Lines::default();
        lines.swap(&snapshot);
        let now = Instant::now();
        let after = |seconds| now + Duration::from_secs(seconds);
        let refused = |lines: &mut Lines, server: usize, seconds| {
            lines.overload((id, servers[server]), Some(Duration::from_secs(seconds)), now);
        };
        refused(&mut lines, 0, 20);
        assert_eq!(
            lines.take((id, servers[0]), now, Side::Target),
            Err(NotNow::Paused(after(20)))
        );
        assert_eq!(lines.state(id, now, Side::Target).room, Ok(()));
        refused(&mut lines, 1, 600);
        assert_eq!(
            lines.take((id, servers[1]), now, Side::Target),
            Err(NotNow::Paused(after(60)))
        );
        assert_eq!(
            lines.state(id, now, Side::Target).room,
            Err(NotNow::Paused(after(20))),
            "until the first of them may be asked"
        );
        assert_eq!(lines.take((id, servers[0]), after(20), Side::Target), Ok(()));
    }

    /// What is shown of a quiet trunk is what it is fed; what it is slowed to is another matter.
    #[test]
    fn a_complaint_in_a_quiet_hour_halves_what_a_trunk_may_well_take() {
        let id = TrunkId(uuid::Uuid::from_u128(1));
        let server: SocketAddr = "192.0.2.1:5060".parse().expect("an address");
        let trunk = Trunk {
            servers: vec![Server::alone(vec![server])],
            ..Trunk::new(id, "quiet", "quiet.example")
        };
        let mut lines = Lines::default();
        lines.swap(&Snapshot {
            trunks: vec![Arc::new(trunk)],
            ..Snapshot::default()
        });
        let now = Instant::now();
        let status = |lines: &Lines| lines.status(now, |_| Standing::Off).remove(0);
        assert_eq!(status(&lines).cps_now_milli, 0);
        lines.overload((id, server), None, now);
        assert_eq!(status(&lines).cps_now_milli, 0);
        assert_eq!(status(&lines).cps_allowed_milli, Some(SELDOM.half().milli()));
    }
}
