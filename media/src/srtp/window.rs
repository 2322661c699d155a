//! Which packet indices have been used: RTP's 16 bit sequence numbers counted on to 48 bits, and a window of the last 64
//! (RFC 3711 sections 3.3.1 and 3.3.2). The same for both directions: what may be heard once may be sent once.

use crate::rtp::SeqNum;

/// Packets that the window remembers.
const WIDTH: u64 = 64;
/// Indices end here (RFC 3711 section 9.2): 48 bits.
const END: u64 = 1 << 48;

/// What has been seen of one source.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Window {
    /// Highest index; `None` before the first packet.
    highest: Option<u64>,
    /// Bit n: the index n before the highest.
    seen: u64,
}

impl Window {
    /// The index that a sequence number stands for: of the three possible rollover counters the one that brings it nearest to
    /// the highest seen (RFC 3711 appendix A).
    pub(super) fn index(&self, sequence: SeqNum) -> u64 {
        let Some(highest) = self.highest else {
            return sequence.0.into();
        };
        let ahead = sequence.since(SeqNum(highest as u16));
        highest
            .checked_add_signed(ahead.into())
            .unwrap_or(sequence.0.into())
    }

    /// It has not been used, and it is not too old to tell.
    pub(super) fn is_new(&self, index: u64) -> bool {
        let Some(highest) = self.highest else {
            return index < END;
        };
        match highest.checked_sub(index) {
            None => index < END,
            Some(behind) => behind < WIDTH && self.seen & 1 << behind == 0,
        }
    }

    /// It is used now.
    pub(super) fn mark(&mut self, index: u64) {
        let Some(highest) = self.highest else {
            (self.highest, self.seen) = (Some(index), 1);
            return;
        };
        match index.checked_sub(highest) {
            Some(ahead) => {
                self.seen = if ahead < WIDTH { self.seen << ahead | 1 } else { 1 };
                self.highest = Some(index);
            }
            None => {
                let behind = highest - index;
                if behind < WIDTH {
                    self.seen |= 1 << behind;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_numbers_count_on_over_their_end_and_back() {
        let mut window = Window::default();
        for (sequence, index) in [
            (65_534, 65_534),
            (65_535, 65_535),
            (1, 65_537),
            (0, 65_536),
            (65_533, 65_533),
            (40, 65_576),
        ] {
            let got = window.index(SeqNum(sequence));
            assert_eq!(got, index);
            assert!(window.is_new(got), "{sequence}");
            window.mark(got);
            assert!(!window.is_new(got), "{sequence}");
        }
    }

    #[test]
    fn what_is_too_old_is_refused() {
        let mut window = Window::default();
        window.mark(1_000);
        assert!(window.is_new(1_000 - 63) && !window.is_new(1_000 - 64) && !window.is_new(1_000));
        window.mark(1_100);
        assert!(window.is_new(1_099) && !window.is_new(1_000));
        assert!(!window.is_new(1 << 48));
    }
}
