//! The gateway as control-api uses it: orders in, a status out. A trait, so that tests of everything above it need no sockets.

use trunkline_gateway::command::Command;
use trunkline_gateway::event::TrunkHealth;
use trunkline_gateway::ids::TrunkId;

/// Takes orders. Never waits: when its queue is full the order is refused.
pub trait Gateway: Send + Sync {
    /// Gives an order.
    fn send(&self, command: Command) -> Result<(), GatewayError>;
    /// How it goes.
    fn status(&self) -> GatewayStatus;
}

/// An order that was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// Its queue is full: try again shortly.
    #[error("the gateway has more orders than it can take")]
    Full,
    /// It has stopped.
    #[error("the gateway has stopped")]
    Stopped,
}

/// How the gateway goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GatewayStatus {
    /// Takes no new calls.
    pub draining: bool,
    /// Sessions under way.
    pub sessions: usize,
    /// Legs under way.
    pub legs: usize,
    /// RTP ports that are free, in pairs.
    pub ports_free: usize,
    /// RTP ports in use or resting, in pairs.
    pub ports_in_use: usize,
    /// Open entries of the journal: living legs, and CDRs that are not in the database yet.
    pub journal_open: usize,
    /// Each trunk of the snapshot.
    pub trunks: Vec<TrunkStatus>,
}

/// How a trunk goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrunkStatus {
    /// The trunk.
    pub id: TrunkId,
    /// What it can do.
    pub health: TrunkHealth,
    /// Channels in use.
    pub channels: u32,
    /// New legs in the last second, in thousandths.
    pub cps_now_milli: u64,
    /// New legs a second that are allowed now, in thousandths; `None` is no limit.
    pub cps_allowed_milli: Option<u64>,
}

/// A gateway that is not there: refuses every order. For tests and for commands that run without one.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoGateway;

impl Gateway for NoGateway {
    fn send(&self, _command: Command) -> Result<(), GatewayError> {
        Err(GatewayError::Stopped)
    }

    fn status(&self) -> GatewayStatus {
        GatewayStatus::default()
    }
}
