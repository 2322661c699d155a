//! Which channels the sessions of this node hold or will need: a caller leg is dialled only when a target channel is
//! reserved (CAMPAIGNS.md 5).
//!
//! The gateway counts real legs; this counts promises. Where a route has several equal trunks the two may differ on
//! which trunk, never on how
//! many channels of the route.

use std::collections::HashMap;
use std::time::Instant;

use rand::Rng;
use trunkline_gateway::cdr::Side;
use trunkline_gateway::event::TrunkHealth;
use trunkline_gateway::ids::{CampaignId, RouteId, SessionId, TrunkId};
use trunkline_gateway::phone::Phone;
use trunkline_gateway::trunk::pacing::{Limits, Pacing, Rate};
use trunkline_gateway::trunk::select::{Call, Selection, TrunkState, Why, route_for, select};
use trunkline_gateway::trunk::snapshot::Snapshot;

use crate::runtime::GatewayStatus;

/// The promises.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    trunks: HashMap<TrunkId, Pacing>,
    held: HashMap<SessionId, Held>,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    campaign: CampaignId,
    caller: Option<TrunkId>,
    target: Option<TrunkId>,
}

/// What a session needs.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) session: SessionId,
    pub(super) campaign: CampaignId,
    pub(super) caller: Phone,
    /// The first number it will call; `None` when it calls nobody.
    pub(super) target: Option<Phone>,
    /// When it was claimed: routes have their hours. A claim is short.
    pub(super) at: i64,
}

/// Whether it may be dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// Now; its channels are held until [`Ledger::release`].
    Now,
    /// When somebody has hung up.
    Later {
        /// Whoever wants the same waits too.
        group: Option<RouteId>,
    },
    /// At this time its trunk takes the next call.
    At {
        /// The time.
        at: Instant,
        /// Whoever wants the same waits too.
        group: Option<RouteId>,
    },
    /// No route takes the caller's or the target's number, or no trunk of it can be used.
    NoTrunk,
}

impl Wanted {
    fn call<'a>(&self, number: &'a Phone) -> Call<'a> {
        Call {
            number,
            campaign: Some(self.campaign),
            at: Some(self.at),
        }
    }
}

impl Ledger {
    /// The group of trunks that a session's caller leg runs over; order is kept within it.
    pub(super) fn group(snapshot: &Snapshot, wanted: &Wanted) -> Option<RouteId> {
        route_for(snapshot, wanted.call(&wanted.caller)).map(|(route, _)| route.id)
    }

    /// Takes a caller channel, a call of this second and a target channel, or nothing.
    pub(super) fn admit(
        &mut self,
        now: Instant,
        snapshot: &Snapshot,
        status: &GatewayStatus,
        wanted: &Wanted,
        rng: &mut impl Rng,
    ) -> Admission {
        self.sync(now, snapshot, status);
        let group = Ledger::group(snapshot, wanted);
        let target = match self.reserve(now, snapshot, status, wanted, rng) {
            Ok(target) => target,
            Err(Refusal::NoTrunk) => return Admission::NoTrunk,
            Err(Refusal::Full) => return Admission::Later { group },
        };
        let chosen = self.choose(
            now,
            snapshot,
            status,
            wanted.call(&wanted.caller),
            Side::Caller,
            rng,
        );
        let admission = match chosen.candidates.first() {
            None if has_room_later(&chosen) => Admission::Later { group },
            None => Admission::NoTrunk,
            Some(first) => match first.not_before {
                Some(at) => Admission::At { at, group },
                None => {
                    let caller = first.trunk.id;
                    let taken = self.trunks.get_mut(&caller).map(|p| p.take(now, Side::Caller));
                    debug_assert_eq!(taken, Some(Ok(())), "looked at and taken at once");
                    self.hold(wanted, Some(caller), target);
                    return Admission::Now;
                }
            },
        };
        self.unreserve(target);
        admission
    }

    /// An inbound caller is on a channel already; `false` when there is none for its targets.
    pub(super) fn admit_inbound(
        &mut self,
        now: Instant,
        snapshot: &Snapshot,
        status: &GatewayStatus,
        trunk: TrunkId,
        wanted: &Wanted,
        rng: &mut impl Rng,
    ) -> bool {
        self.sync(now, snapshot, status);
        if let Some(pacing) = self.trunks.get_mut(&trunk) {
            pacing.take_inbound(Side::Caller);
        }
        match self.reserve(now, snapshot, status, wanted, rng) {
            Ok(target) => {
                self.hold(wanted, Some(trunk), target);
                true
            }
            Err(Refusal::Full | Refusal::NoTrunk) => {
                if let Some(pacing) = self.trunks.get_mut(&trunk) {
                    pacing.release(Side::Caller);
                }
                false
            }
        }
    }

    /// The session is over, or was never begun.
    pub(super) fn release(&mut self, session: SessionId) {
        let Some(held) = self.held.remove(&session) else {
            return;
        };
        if let Some(pacing) = held.caller.and_then(|trunk| self.trunks.get_mut(&trunk)) {
            pacing.release(Side::Caller);
        }
        self.unreserve(held.target);
    }

    /// It is being dialled, or under way.
    pub(super) fn holds(&self, session: SessionId) -> bool {
        self.held.contains_key(&session)
    }

    pub(super) fn campaign_of(&self, session: SessionId) -> Option<CampaignId> {
        self.held.get(&session).map(|held| held.campaign)
    }

    fn hold(&mut self, wanted: &Wanted, caller: Option<TrunkId>, target: Option<TrunkId>) {
        let held = Held {
            campaign: wanted.campaign,
            caller,
            target,
        };
        self.held.insert(wanted.session, held);
    }

    /// A channel for the targets, on the first trunk of their route that has one.
    fn reserve(
        &mut self,
        now: Instant,
        snapshot: &Snapshot,
        status: &GatewayStatus,
        wanted: &Wanted,
        rng: &mut impl Rng,
    ) -> Result<Option<TrunkId>, Refusal> {
        let Some(target) = &wanted.target else {
            return Ok(None);
        };
        let chosen = self.choose(now, snapshot, status, wanted.call(target), Side::Target, rng);
        for candidate in &chosen.candidates {
            let id = candidate.trunk.id;
            if self.trunks.get_mut(&id).is_some_and(Pacing::reserve) {
                return Ok(Some(id));
            }
        }
        if has_room_later(&chosen) {
            Err(Refusal::Full)
        } else {
            Err(Refusal::NoTrunk)
        }
    }

    fn unreserve(&mut self, target: Option<TrunkId>) {
        if let Some(pacing) = target.and_then(|trunk| self.trunks.get_mut(&trunk)) {
            pacing.unreserve();
        }
    }

    fn choose(
        &self,
        now: Instant,
        snapshot: &Snapshot,
        status: &GatewayStatus,
        call: Call<'_>,
        side: Side,
        rng: &mut impl Rng,
    ) -> Selection {
        let state = |id: TrunkId| TrunkState {
            health: status
                .trunks
                .iter()
                .find(|t| t.id == id)
                .map_or(TrunkHealth::Up, |t| t.health),
            room: self
                .trunks
                .get(&id)
                .map_or(Ok(()), |pacing| pacing.look(now, side)),
        };
        select(snapshot, call, state, rng)
    }

    /// New trunks get an account; limits follow the snapshot, and what the gateway has learned of a trunk that asks for less.
    fn sync(&mut self, now: Instant, snapshot: &Snapshot, status: &GatewayStatus) {
        for trunk in &snapshot.trunks {
            let limits = Limits {
                max_cps: trunk.max_cps,
                max_channels: trunk.max_channels,
            };
            let pacing = self.trunks.entry(trunk.id).or_insert_with(|| Pacing::new(limits));
            pacing.set_limits(limits);
            let known = status.trunks.iter().find(|t| t.id == trunk.id);
            let learned = known.and_then(|t| t.cps_learned_milli);
            pacing.slow_to(learned.map(Rate::from_millis_per_second));
            if let Some(left) = known.and_then(|t| t.paused) {
                pacing.pause(now + left);
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    Full,
    NoTrunk,
}

/// A trunk of the route could take the call if it had a free channel.
fn has_room_later(selection: &Selection) -> bool {
    selection.verdicts.iter().any(|verdict| match verdict.why {
        Why::NoChannel | Why::Tried { .. } | Why::TriedLater { .. } | Why::TriedAfterPause { .. } => true,
        Why::NoRoute
        | Why::NotInRoute
        | Why::Unknown
        | Why::Disabled
        | Why::Unresolved
        | Why::ShortCode
        | Why::Down => false,
    })
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
