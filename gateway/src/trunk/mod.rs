//! Trunks and routes: which carriers there are, and which of them takes a call.

pub mod snapshot;
