//! Header names and values. Each header that we read into parts has a file here; `name` knows the rest by name.
//!
//! Via, From, To, Call-ID, CSeq and Content-Length are no [`Name`]: a message has exactly one of each (Via: one or more) by
//! its type, and they cannot be set by name. The others are read on demand: `message.get::<RetryAfter>()`.

pub mod allow;
pub mod authorization;
pub mod call_id;
pub mod challenge;
pub mod content_type;
pub mod cseq;
pub mod expires;
pub mod name;
pub mod name_addr;
pub mod option_tags;
pub mod privacy;
pub mod rack;
pub mod reason;
pub mod retry_after;
pub mod session_expires;
pub mod value;
pub mod via;

pub use allow::Allow;
pub use authorization::Authorization;
pub use call_id::CallId;
pub use challenge::Challenge;
pub use content_type::ContentType;
pub use cseq::CSeq;
pub use expires::{Expires, MinExpires};
pub use name::Name;
pub use name_addr::NameAddr;
pub use privacy::Privacy;
pub use rack::{RAck, RSeq};
pub use reason::Reason;
pub use retry_after::RetryAfter;
pub use session_expires::{MinSe, SessionExpires};
pub use value::Value;
pub use via::Via;

/// A header with parts of its own. The far end may write what it wants: what cannot be read counts as absent.
pub trait Typed: Sized {
    /// Where it stands.
    const NAME: Name;
    /// Reads one value, or one element of a list.
    fn read(value: &[u8]) -> Option<Self>;
}
