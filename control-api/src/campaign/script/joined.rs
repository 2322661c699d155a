//! Spoken words and recorded numbers made one sound: the silence around each is cut away, so that the line is heard as one sentence.

use trunkline_prompts::pcm::{Pcm, RATE};

use super::Inner;
use super::choose::Sound;

/// Below this (−40 dB of full scale) nothing is heard on a telephone.
const QUIET: u16 = 328;
/// What is left of the silence on either side: a twentieth of a second, as between words.
const BREATH: usize = RATE as usize / 20;

impl Inner {
    /// The parts one after the other, and whether another engine than the configured one spoke any of them.
    pub(super) fn joined(&self, parts: &[Sound]) -> Result<(Pcm, bool), String> {
        let mut joined = Pcm::default();
        let mut stand_in = false;
        for part in parts {
            let (pcm, other) = self.pcm(part)?;
            joined.samples.extend_from_slice(heard(&pcm.samples));
            stand_in |= other;
        }
        Ok((joined, stand_in))
    }
}

/// Without the silence at both ends, but for a breath.
fn heard(samples: &[i16]) -> &[i16] {
    let loud = |sample: &i16| sample.unsigned_abs() > QUIET;
    let (Some(first), Some(last)) = (samples.iter().position(loud), samples.iter().rposition(loud)) else {
        return &[];
    };
    let end = (last + 1).saturating_add(BREATH).min(samples.len());
    samples.get(first.saturating_sub(BREATH)..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_at_the_ends_goes_but_for_a_breath() {
        let silence = vec![100; 10 * BREATH];
        let word = vec![5_000; 300];
        for (before, after, expect) in [
            (10 * BREATH, 10 * BREATH, 2 * BREATH + 300),
            (3, 0, 303),
            (0, 0, 300),
        ] {
            let all = [&silence[..before], &word[..], &silence[..after]].concat();
            assert_eq!(heard(&all).len(), expect, "{before} {after}");
        }
        assert!(heard(&silence).is_empty());
        assert!(heard(&[]).is_empty());
    }
}
