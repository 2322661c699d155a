//! The SIP core: lexer, message, transactions, dialogs and the endpoint that holds them. No socket, no clock.
//!
//! ```text
//! bytes ─► framing ─► message (lexer, uri, header/*) ─► endpoint ─┬─ transaction/* (RFC 3261 17, 6026)
//!                                                                └─ call/* (INVITE usages) ── dialog (12)
//! ```

pub mod api;
pub(crate) mod call;
pub(crate) mod dialog;
pub mod digest;
pub mod endpoint;
pub mod fault;
pub mod framing;
pub mod header;
mod lexer;
pub mod message;
pub mod method;
pub mod status;
pub(crate) mod timers;
pub(crate) mod transaction;
#[cfg(test)]
mod transcript;
pub mod uri;
mod work;

pub use lexer::{Param, Params};
