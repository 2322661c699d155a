//! The gateway as control-api uses it: orders in, a status out. A trait, so that tests of everything above it need no sockets.

use trunkline_gateway::command::Command;
pub use trunkline_gateway::core::{Status as GatewayStatus, TrunkStatus};
use trunkline_gateway::io::Handle;

/// Takes orders. Never waits: when its queue is full the order is refused.
pub trait Gateway: Send + Sync {
    /// Gives an order.
    fn send(&self, command: Command) -> Result<(), GatewayError>;
    /// How it goes; at most a quarter of a second old.
    fn status(&self) -> GatewayStatus;
    /// Whether there is one at all, to give trunks and routes to.
    fn is_there(&self) -> bool {
        true
    }
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

impl Gateway for Handle {
    fn send(&self, command: Command) -> Result<(), GatewayError> {
        Handle::send(self, command).map_err(|_| {
            if self.has_stopped() {
                GatewayError::Stopped
            } else {
                GatewayError::Full
            }
        })
    }

    fn status(&self) -> GatewayStatus {
        (*Handle::status(self)).clone()
    }
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

    fn is_there(&self) -> bool {
        false
    }
}
