//! RTP (RFC 3550 section 5): packets read through a borrowed view and written without an allocation.

mod packet;
mod time;

pub use packet::{HEADER_LEN, Header, Packet, is_rtcp};
pub use time::{RtpTime, SeqNum};
