//! Header names and values. Each header that we read into parts has a file here; `name` knows the rest by name.
//!
//! Via, From, To, Call-ID, CSeq and Content-Length are no [`Name`]: a message has exactly one of each (Via: one or more) by
//! its type, and they cannot be set by name.

pub mod call_id;
pub mod cseq;
pub mod name;
pub mod name_addr;
pub mod value;
pub mod via;

pub use call_id::CallId;
pub use cseq::CSeq;
pub use name::Name;
pub use name_addr::NameAddr;
pub use value::Value;
pub use via::Via;
