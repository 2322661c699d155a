//! Trunks and routes: which carriers there are, and which of them takes a call.
//!
//! ```text
//! snapshot + health + pacing ──► select ──► candidates, in order ──► one leg each until one answers or a word of the person stops
//! ```

pub mod country;
pub mod health;
pub mod identity;
pub mod numbering;
pub mod overload;
pub mod pacing;
pub mod probe;
pub mod registration;
pub mod select;
pub mod servers;
pub mod snapshot;
pub mod window;
