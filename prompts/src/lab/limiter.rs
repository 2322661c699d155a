//! Holds single peaks down: looks 5 ms ahead, so that the gain has gone down smoothly before a peak comes.

use std::collections::VecDeque;

use crate::pcm::{RATE, to_i16};

/// How far it looks ahead, and over how long its gain moves: 5 ms.
const AHEAD: usize = RATE as usize / 200;

/// Takes samples and gives them back later, none above the cap.
#[derive(Debug)]
pub(super) struct Limiter {
    cap: f32,
    delayed: VecDeque<f32>,
    /// The gains that samples of the last [`AHEAD`] need, each lower than those before it left out: the first is the least.
    needs: VecDeque<(usize, f32)>,
    /// The least need at each of the last [`AHEAD`] samples, whose mean is the gain.
    least: VecDeque<f32>,
    sum: f64,
    taken: usize,
}

impl Limiter {
    pub(super) fn new(cap: f32) -> Limiter {
        Limiter {
            cap,
            delayed: VecDeque::with_capacity(AHEAD),
            needs: VecDeque::new(),
            least: std::iter::repeat_n(1.0, AHEAD).collect(),
            sum: AHEAD as f64,
            taken: 0,
        }
    }

    pub(super) fn push(&mut self, sample: f32, out: &mut Vec<i16>) {
        let need = self.cap / sample.abs().max(self.cap);
        while self.needs.back().is_some_and(|(_, before)| *before >= need) {
            self.needs.pop_back();
        }
        self.needs.push_back((self.taken, need));
        if self.needs.front().is_some_and(|(at, _)| at + AHEAD <= self.taken) {
            self.needs.pop_front();
        }
        let least = self.needs.front().map_or(1.0, |(_, need)| *need);
        self.least.push_back(least);
        self.sum += f64::from(least) - self.least.pop_front().map_or(1.0, f64::from);
        self.taken += 1;
        self.delayed.push_back(sample);
        if self.delayed.len() == AHEAD {
            self.give(out);
        }
    }

    /// What it still holds.
    pub(super) fn finish(&mut self, out: &mut Vec<i16>) {
        let length = out.len() + self.delayed.len();
        while out.len() < length {
            self.push(0.0, out);
        }
        out.truncate(length);
        self.delayed.clear();
    }

    fn give(&mut self, out: &mut Vec<i16>) {
        if let Some(sample) = self.delayed.pop_front() {
            out.push(to_i16(sample * (self.sum / AHEAD as f64) as f32));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limited(samples: &[f32]) -> Vec<i16> {
        let (mut limiter, mut out) = (Limiter::new(0.5), Vec::new());
        samples.iter().for_each(|sample| limiter.push(*sample, &mut out));
        limiter.finish(&mut out);
        out
    }

    #[test]
    fn what_is_below_the_cap_passes_as_it_is() {
        let samples: Vec<f32> = (0..1_000).map(|n| (n as f32 * 0.05).sin() * 0.5).collect();
        let expected: Vec<i16> = samples.iter().copied().map(to_i16).collect();
        assert_eq!(limited(&samples), expected);
        assert!(limited(&[]).is_empty());
    }

    #[test]
    fn a_peak_is_held_down_and_what_is_around_it_goes_with_it() {
        let mut samples = vec![0.25; 2_000];
        samples[1_000] = -1.0;
        let out = limited(&samples);
        assert_eq!(out.len(), 2_000);
        assert!((-16_400..=-16_300).contains(&out[1_000]), "{}", out[1_000]);
        assert_eq!((out[500], out[1_500]), (8_192, 8_192));
        let steps = out
            .windows(2)
            .enumerate()
            .filter(|(at, _)| !(998..=1_000).contains(at));
        let jump = steps.map(|(_, pair)| (pair[1] - pair[0]).abs()).max();
        assert!(jump < Some(25), "{jump:?}");
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_above_the_cap(samples in proptest::collection::vec(-4.0_f32..4.0, 0..1_500)) {
            let out = limited(&samples);
            proptest::prop_assert_eq!(out.len(), samples.len());
            proptest::prop_assert!(out.iter().all(|s| s.unsigned_abs() <= 16_386));
        }
    }
}
