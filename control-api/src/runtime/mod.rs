//! The running program as its parts see it: one [`App`], the hub of live events, and the gateway behind a small trait.

mod app;
mod gateway;
mod hub;
mod names;
pub(crate) mod record;
pub mod snapshot;

pub(crate) use app::data_folder;
pub use app::{App, Parts, Wake};
pub use gateway::{Gateway, GatewayError, GatewayStatus, NoGateway, TrunkStatus};
pub use hub::{Hub, REPLAY, Subscription};
