//! What we hear of one source: order, loss and jitter by the algorithms of RFC 3550 appendix A.

use crate::rtp::{RtpTime, SeqNum};

/// A jump ahead further than this is a source that started over (RFC 3550 appendix A.1).
const MAX_DROPOUT: i16 = 3_000;
/// A packet older than this is a source that started over, too; also how far back duplicates are known.
const MAX_MISORDER: i16 = 64;

/// What a packet's sequence number says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The newest so far.
    Newest,
    /// Older than the newest, and not seen before.
    Late,
    /// Seen before.
    Duplicate,
    /// A jump that the next packet must confirm.
    Suspect,
    /// The source started over with this packet.
    Restarted,
}

/// The state of one source; a new SSRC starts over and keeps the sums.
#[derive(Clone, Debug, Default)]
pub struct Reception {
    source: Option<Source>,
    /// Sums of sources before this one.
    lost_before: u64,
    jitter_before: u32,
}

#[derive(Clone, Debug)]
struct Source {
    ssrc: u32,
    base: u32,
    /// Highest sequence number with its wraps in the upper half.
    highest: u32,
    /// Bit n: the packet n before the highest has come.
    seen: u64,
    received: u32,
    suspect: Option<SeqNum>,
    /// Of the last report, for the fraction lost since (RFC 3550 appendix A.3).
    reported: (u32, u32),
    /// In sixteenths of a tick (RFC 3550 appendix A.8).
    jitter: u32,
    transit: Option<u32>,
}

impl Source {
    fn new(ssrc: u32, sequence: SeqNum) -> Source {
        let first = u32::from(sequence.0);
        Source {
            ssrc,
            base: first,
            highest: first,
            seen: 1,
            received: 1,
            suspect: None,
            reported: (0, 0),
            jitter: 0,
            transit: None,
        }
    }

    /// RFC 3550 appendix A.1, with a window of the last 64 packets in place of probation.
    fn place(&mut self, sequence: SeqNum) -> Arrival {
        let ahead = sequence.since(SeqNum(self.highest as u16));
        if ahead > MAX_DROPOUT || ahead <= -MAX_MISORDER {
            let expected = self.suspect.replace(sequence.plus(1));
            return if expected == Some(sequence) {
                Arrival::Restarted
            } else {
                Arrival::Suspect
            };
        }
        self.suspect = None;
        let arrival = if ahead > 0 {
            self.seen = self
                .seen
                .checked_shl(u32::from(ahead.unsigned_abs()))
                .unwrap_or(0)
                | 1;
            self.highest = self.highest.wrapping_add(u32::from(ahead.unsigned_abs()));
            Arrival::Newest
        } else {
            let bit = 1 << ahead.unsigned_abs();
            if self.seen & bit != 0 {
                return Arrival::Duplicate;
            }
            self.seen |= bit;
            Arrival::Late
        };
        self.received = self.received.wrapping_add(1);
        arrival
    }

    fn expected(&self) -> u32 {
        self.highest.wrapping_sub(self.base).wrapping_add(1)
    }

    /// Never below zero: packets older than the first one count as received.
    fn lost(&self) -> u32 {
        self.expected().saturating_sub(self.received)
    }
}

impl Reception {
    /// Takes the sequence number of a packet of `ssrc`. Only `Newest`, `Late` and `Restarted` are worth playing.
    pub fn arrived(&mut self, ssrc: u32, sequence: SeqNum) -> Arrival {
        let arrival = match &mut self.source {
            Some(source) if source.ssrc == ssrc => source.place(sequence),
            Some(_) => Arrival::Restarted,
            None => {
                self.source = Some(Source::new(ssrc, sequence));
                return Arrival::Newest;
            }
        };
        if arrival == Arrival::Restarted {
            self.lost_before = self.lost();
            self.jitter_before = self.jitter();
            self.source = Some(Source::new(ssrc, sequence));
        }
        arrival
    }

    /// The far end sends from elsewhere now, and may count from anywhere: whatever comes next is its first.
    pub fn start_over(&mut self) {
        self.lost_before = self.lost();
        self.jitter_before = self.jitter();
        self.source = None;
    }

    /// Takes the times of a packet of audio: when it came and when it was sampled, both on the RTP clock (appendix A.8).
    pub fn timed(&mut self, came: RtpTime, sampled: RtpTime) {
        let Some(source) = &mut self.source else { return };
        let transit = came.0.wrapping_sub(sampled.0);
        if let Some(before) = source.transit.replace(transit) {
            let difference = (transit.wrapping_sub(before) as i32).unsigned_abs();
            // A pause moves the sender's clock, not the network: it is no jitter.
            if difference < RtpTime::RATE {
                source.jitter = source.jitter + difference - ((source.jitter + 8) >> 4);
            }
        }
    }

    /// Packets that never came, of all sources so far.
    pub fn lost(&self) -> u64 {
        self.lost_before + self.source.as_ref().map_or(0, |source| u64::from(source.lost()))
    }

    /// Interarrival jitter in RTP clock ticks.
    pub fn jitter(&self) -> u32 {
        self.source
            .as_ref()
            .map_or(self.jitter_before, |source| source.jitter >> 4)
    }

    /// The block of a report and the start of the next interval (appendix A.3): (ssrc, fraction, lost, highest, jitter).
    pub fn report(&mut self) -> Option<super::ReportBlock> {
        let source = self.source.as_mut()?;
        let (expected, received) = (source.expected(), source.received);
        let interval = expected.wrapping_sub(source.reported.0);
        let lost = interval.saturating_sub(received.wrapping_sub(source.reported.1));
        source.reported = (expected, received);
        let fraction = if interval == 0 {
            0
        } else {
            (u64::from(lost) << 8) / u64::from(interval)
        };
        Some(super::ReportBlock {
            ssrc: source.ssrc,
            fraction_lost: fraction.min(255) as u8,
            cumulative_lost: source.lost().min(0x7F_FFFF) as i32,
            highest_sequence: source.highest,
            jitter: source.jitter >> 4,
            last_sr: 0,
            delay_since_sr: 0,
        })
    }
}
