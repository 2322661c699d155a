//! A jitter buffer for audio that is decoded into a recording: puts packets where their timestamps say, holds them
//! until late ones had their chance, and fills what never came with silence, so that the recording keeps time.
//!
//! Nobody waits for a recording, so the delay is fixed. Positions are samples since the recording began.

use std::collections::VecDeque;

use crate::rtp::RtpTime;

/// How long audio is held for packets that come late.
pub const HOLD: u64 = 1_600;
/// After this long without a packet the clock, not the packets, moves the recording on.
const IDLE: u64 = 4_000;
/// How far the far end's clock may be from ours before its packets are placed anew.
const SLACK: u64 = 8_000;

/// Audio by position, with the gaps filled.
#[derive(Clone, Debug, Default)]
pub struct JitterBuffer {
    /// What has not been taken yet; its front is at position `taken`.
    samples: VecDeque<i16>,
    taken: u64,
    /// Timestamp and position of the newest packet.
    newest: Option<(RtpTime, u64)>,
    /// When it came.
    newest_came: u64,
}

impl JitterBuffer {
    /// Takes the audio of a packet that came at position `clock` of our clock.
    pub fn put(&mut self, clock: u64, time: RtpTime, pcm: &[i16]) {
        let end = self.end();
        let (position, is_newest) = match self.newest {
            None => (clock, true),
            Some((newest, position)) => {
                let apart = i64::from(time.since(newest));
                let position = position.saturating_add_signed(apart);
                if position.abs_diff(clock) > SLACK + HOLD || (apart > 0 && position < self.taken) {
                    (clock.max(self.taken), true)
                } else {
                    (position, apart >= 0)
                }
            }
        };
        if end > clock + SLACK && position + pcm.len() as u64 > end {
            // It sends faster than time passes.
            return;
        }
        if is_newest {
            self.newest = Some((time, position));
            self.newest_came = clock;
        }
        self.write(position, pcm);
    }

    /// Appends to `out` what is final at position `clock` of our clock.
    pub fn take(&mut self, clock: u64, out: &mut Vec<i16>) {
        let until = if clock.saturating_sub(self.newest_came) > IDLE {
            clock.saturating_sub(HOLD)
        } else {
            self.end().saturating_sub(HOLD)
        };
        self.take_until(until, out);
    }

    /// Appends all that is left, and silence up to `clock`: the recording ends.
    pub fn finish(&mut self, clock: u64, out: &mut Vec<i16>) {
        self.take_until(self.end().max(clock), out);
    }

    fn end(&self) -> u64 {
        self.taken + self.samples.len() as u64
    }

    fn write(&mut self, position: u64, pcm: &[i16]) {
        // What lies before the front came too late.
        let late = self.taken.saturating_sub(position);
        let Some(pcm) = pcm.get(usize::try_from(late).unwrap_or(usize::MAX)..) else {
            return;
        };
        let start = (position.max(self.taken) - self.taken) as usize;
        if self.samples.len() < start + pcm.len() {
            self.samples.resize(start + pcm.len(), 0);
        }
        for (place, &sample) in self.samples.range_mut(start..).zip(pcm) {
            *place = sample;
        }
    }

    fn take_until(&mut self, until: u64, out: &mut Vec<i16>) {
        let count = until.saturating_sub(self.taken) as usize;
        let held = count.min(self.samples.len());
        out.extend(self.samples.drain(..held));
        out.resize(out.len() + count - held, 0);
        self.taken += count as u64;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Packets `(came ms, timestamp in ms, level)` of 20 ms each, taken every 20 ms; told as runs `level×ms`.
    fn recorded(packets: &[(u64, u32, i16)], end_ms: u64) -> String {
        let (mut buffer, mut out) = (JitterBuffer::default(), Vec::new());
        for now in (0..end_ms).step_by(20) {
            for &(_, time, level) in packets
                .iter()
                .filter(|&&(came, ..)| (now..now + 20).contains(&came))
            {
                buffer.put(
                    now * 8,
                    RtpTime((time * 8).wrapping_add(u32::MAX - 2_000)),
                    &[level; 160],
                );
            }
            buffer.take(now * 8, &mut out);
        }
        buffer.finish(end_ms * 8, &mut out);
        let runs = out.chunk_by(|one, other| one == other);
        runs.map(|run| format!("{}x{}", run[0], run.len() / 8))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn order_is_by_timestamp_and_gaps_are_silence() {
        assert_eq!(
            recorded(&[(0, 0, 1), (20, 20, 2), (40, 40, 3)], 100),
            "1x20 2x20 3x20 0x40"
        );
        assert_eq!(
            recorded(&[(0, 0, 1), (20, 40, 3), (40, 20, 2)], 60),
            "1x20 2x20 3x20"
        );
        assert_eq!(
            recorded(&[(0, 0, 1), (40, 40, 3), (60, 60, 4)], 80),
            "1x20 0x20 3x20 4x20"
        );
        assert_eq!(recorded(&[(100, 0, 1)], 200), "0x100 1x20 0x80");
        assert_eq!(recorded(&[], 100), "0x100");
    }

    #[test]
    fn a_pause_keeps_its_length_by_the_clock() {
        assert_eq!(
            recorded(&[(0, 0, 1), (2_000, 2_000, 2)], 3_000),
            "1x20 0x1980 2x20 0x980"
        );
        // The sender's clock stood still during its pause.
        assert_eq!(
            recorded(&[(0, 0, 1), (2_000, 20, 2)], 3_000),
            "1x20 0x1980 2x20 0x980"
        );
    }

    #[test]
    fn a_new_clock_of_the_sender_is_placed_by_ours() {
        assert_eq!(
            recorded(&[(0, 0, 1), (20, 20, 1), (40, 900_000, 2), (60, 900_020, 3)], 80),
            "1x40 2x20 3x20"
        );
    }

    #[test]
    fn too_late_is_dropped() {
        let mut packets: Vec<(u64, u32, i16)> = (0..50).map(|n| (n * 20, n as u32 * 20, 1)).collect();
        packets.remove(10);
        packets.push((900, 200, 9));
        assert_eq!(recorded(&packets, 1_000), "1x200 0x20 1x780");
    }

    proptest! {
        /// Whatever comes, the recording is as long as the time, within the slack, and memory stays bounded.
        #[test]
        fn the_length_is_the_time(packets in proptest::collection::vec((0..40u64, any::<u32>(), 0..400usize), 0..300)) {
            let (mut buffer, mut out, mut clock) = (JitterBuffer::default(), Vec::new(), 0);
            for (wait, time, length) in packets {
                clock += wait * 8;
                buffer.put(clock, RtpTime(time), &vec![1; length]);
                buffer.take(clock, &mut out);
                prop_assert!(buffer.samples.len() as u64 <= 2 * SLACK + 2 * HOLD + 400);
            }
            buffer.finish(clock, &mut out);
            prop_assert!((out.len() as u64) >= clock && (out.len() as u64) <= clock + 2 * SLACK + HOLD + 800);
        }
    }
}
