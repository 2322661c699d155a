//! The streams of one media thread, without the thread: a pure table that is told of commands, packets and time, and
//! says what to send. `io` is its driver.

mod outbox;
mod rest;
mod table;
mod wheel;

pub use outbox::{Channel, Disk, Outbox, Output, Slot};
pub use table::{Input, STREAMS_MAX, Table};

#[cfg(test)]
mod rig;
#[cfg(test)]
mod tests;
