//! RTCP (RFC 3550 section 6): what is reported about a stream, written and read.

mod reader;
mod reception;
mod writer;

pub use reader::{Report, read};
pub use reception::{Arrival, Reception};
pub use writer::{Bye, Compound, write};

/// A time in NTP's format, 32.32 fixed point seconds; ours counts from the start of the engine, which is all that
/// RFC 3550 section 6.4.1 asks of a system without need for wall time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NtpTime(pub u64);

impl NtpTime {
    /// From the time since the engine's start.
    pub const fn after(elapsed: std::time::Duration) -> NtpTime {
        let fraction = ((elapsed.subsec_nanos() as u64) << 32) / 1_000_000_000;
        NtpTime(elapsed.as_secs() << 32 | fraction)
    }

    /// The middle 32 bits: 16.16 seconds, as LSR and DLSR use them.
    pub const fn middle(self) -> u32 {
        (self.0 >> 16) as u32
    }
}

/// What a sender says of its own sending (RFC 3550 section 6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderInfo {
    /// When the report was sent.
    pub ntp: NtpTime,
    /// The same moment on the RTP clock.
    pub rtp_time: u32,
    /// Packets sent so far.
    pub packets: u32,
    /// Payload bytes sent so far.
    pub octets: u32,
}

/// What a receiver says of one source that it hears (RFC 3550 section 6.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportBlock {
    /// The source.
    pub ssrc: u32,
    /// Lost since the last report, of 256.
    pub fraction_lost: u8,
    /// Lost since the start; 24 bits with sign.
    pub cumulative_lost: i32,
    /// Highest sequence number, wraps in the upper half.
    pub highest_sequence: u32,
    /// In RTP clock ticks.
    pub jitter: u32,
    /// Middle of the NTP time of the source's last sender report; 0 for none.
    pub last_sr: u32,
    /// Time since it came, in 1/65,536 s.
    pub delay_since_sr: u32,
}

#[cfg(test)]
mod tests;
