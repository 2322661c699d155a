//! A simulated carrier: real SIP and RTP over UDP, for the demo and for tests. Far ends are played by personas, by the number
//! that is dialled.
//!
//! ```text
//! persona   what a person does: rings, answers, presses keys, hangs up       (leaf)
//! ear       what a person hears in 20 ms: quiet, a tone, anything else       (leaf)
//! line      one call's RTP: says the voice, keeps all that is heard          (leaf)
//! exchange  the SIP endpoint with its personas and lines                     (root)
//! io        sockets, the clock and the thread
//! ```
//! It stands outside of the product: it is given no more than any carrier gets, and it never uses the media engine, so that
//! what it hears is judged by other code than what was played.

pub mod ear;
pub mod exchange;
pub mod io;
pub mod line;
pub mod persona;
pub mod voice;

pub use exchange::{Book, Happened, Recording};
pub use io::{Carrier, CarrierConfig};
pub use persona::Habit;
