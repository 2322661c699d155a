//! Sequence numbers and RTP timestamps: counters that wrap, so "later" is a question of distance.

use std::time::Duration;

/// An RTP sequence number (RFC 3550 section 5.1), modulo 2^16.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SeqNum(pub u16);

impl SeqNum {
    /// The number `count` packets later.
    pub const fn plus(self, count: u16) -> SeqNum {
        SeqNum(self.0.wrapping_add(count))
    }

    /// Packets from `earlier` to here: negative when this one is the earlier. Right within half the number space.
    pub const fn since(self, earlier: SeqNum) -> i16 {
        self.0.wrapping_sub(earlier.0) as i16
    }
}

/// An RTP timestamp of an 8 kHz clock (RFC 3550 section 5.1), modulo 2^32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RtpTime(pub u32);

impl RtpTime {
    /// Clock ticks per second; G.711, G.722 and telephone-event beside them all say 8,000 (RFC 3551 section 4.5).
    pub const RATE: u32 = 8_000;

    /// The time `samples` later.
    pub const fn plus(self, samples: u32) -> RtpTime {
        RtpTime(self.0.wrapping_add(samples))
    }

    /// Samples from `earlier` to here: negative when this one is the earlier. Right within half the number space.
    pub const fn since(self, earlier: RtpTime) -> i32 {
        self.0.wrapping_sub(earlier.0) as i32
    }

    /// The later of the two.
    pub fn max(self, other: RtpTime) -> RtpTime {
        if self.since(other) >= 0 { self } else { other }
    }

    /// The clock ticks of a duration, modulo 2^32.
    pub const fn ticks(duration: Duration) -> u32 {
        (duration.as_micros() * RtpTime::RATE as u128 / 1_000_000) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_is_later_across_the_wrap() {
        assert_eq!(SeqNum(2).since(SeqNum(65_534)), 4);
        assert_eq!(SeqNum(65_534).since(SeqNum(2)), -4);
        assert_eq!(SeqNum(65_535).plus(2), SeqNum(1));
        assert_eq!(RtpTime(80).since(RtpTime(u32::MAX - 79)), 160);
        assert_eq!(RtpTime(80).max(RtpTime(u32::MAX - 79)), RtpTime(80));
        assert_eq!(RtpTime::ticks(Duration::from_millis(20)), 160);
    }
}
