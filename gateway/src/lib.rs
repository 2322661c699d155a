//! SIP, trunks, routes, legs and sessions: everything about a call but the campaign's rules.
//!
//! control-api hands in plain data (a [`command::Command`] with a dial order, a [`trunk::snapshot::Snapshot`] of trunks and routes, a
//! campaign flow as a value) and gets [`event::Event`]s back. Everything but `io` is pure: time is an argument,
//! randomness comes from a seed.

pub mod carrier;
pub mod cdr;
pub mod command;
pub mod core;
pub mod event;
pub mod flow;
pub mod ids;
pub mod io;
pub mod journal;
pub mod leg;
pub mod phone;
pub mod session;
pub mod sip;
pub mod trunk;
