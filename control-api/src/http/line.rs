//! What the gateway knows of its trunks, in the form that the choice of a trunk asks for.

use std::collections::HashMap;

use trunkline_gateway::event::TrunkHealth;
use trunkline_gateway::ids::TrunkId;
use trunkline_gateway::trunk::pacing::NotNow;
use trunkline_gateway::trunk::select::TrunkState;

use crate::runtime::{App, TrunkStatus};

/// Health and room of each trunk at this moment. A trunk that the gateway has not seen yet is taken as up.
pub(crate) fn trunk_states(app: &App) -> impl Fn(TrunkId) -> TrunkState + use<> {
    let limits: HashMap<TrunkId, u32> = app
        .snapshot()
        .trunks
        .iter()
        .map(|t| (t.id, t.max_channels))
        .collect();
    let status: HashMap<TrunkId, TrunkStatus> = app
        .gateway()
        .status()
        .trunks
        .into_iter()
        .map(|t| (t.id, t))
        .collect();
    let now = app.clock().now();
    move |id| match status.get(&id) {
        None => TrunkState {
            health: TrunkHealth::Up,
            room: Ok(()),
        },
        Some(trunk) => TrunkState {
            health: trunk.health,
            room: match limits.get(&id) {
                Some(&most) if most > 0 && trunk.channels >= most => Err(NotNow::Channels),
                Some(_) | None => trunk
                    .paused
                    .map_or(Ok(()), |left| Err(NotNow::Paused(now + left))),
            },
        },
    }
}
