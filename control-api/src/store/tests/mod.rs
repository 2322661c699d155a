//! The store on both engines: round trips of every noun, and the promises that hold under races and faults.

mod calls_and_cdrs;
mod claims;
mod configured;
mod forgetting;
mod guards;
mod overview;
mod places;
mod queue;
pub(crate) mod rows;
mod stats;
mod trouble;
