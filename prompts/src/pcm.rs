//! Sound as every part of this crate hands it on: 8 kHz, mono, 16 bit.

use std::time::Duration;

/// Samples a second of every [`Pcm`].
pub const RATE: u32 = 8_000;

/// Peak that recordings and speech are brought to: 3 dB below full scale leaves room for a carrier's own gain.
const PEAK: f32 = 0.707;
/// Most gain: 12 dB. A recording that is quieter than that was meant to be, or is only noise.
const MAX_GAIN: f32 = 4.0;
/// A peak below this (−50 dB) is silence and stays as it is.
const SILENCE: f32 = 0.003;

/// 8 kHz mono linear PCM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pcm {
    /// The samples.
    pub samples: Vec<i16>,
}

impl Pcm {
    /// How long it plays.
    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.samples.len() as u64 * 125)
    }

    /// From samples of −1 to 1, with its peak brought to 3 dB below full scale (at most 12 dB louder).
    pub fn normalised(samples: &[f32]) -> Pcm {
        let peak = samples.iter().fold(0.0_f32, |peak, s| peak.max(s.abs()));
        let gain = if peak < SILENCE {
            1.0
        } else {
            (PEAK / peak).min(MAX_GAIN)
        };
        Pcm {
            samples: samples.iter().map(|s| to_i16(s * gain)).collect(),
        }
    }
}

fn to_i16(sample: f32) -> i16 {
    // A float that is out of range or no number at all is clamped by `as`.
    (sample * 32_767.0).round() as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_brought_to_minus_three_decibels() {
        for (peak, expected) in [
            (0.5, 23_166),
            (1.0, 23_166),
            (1.7, 23_166),
            (0.1, 13_107),
            (0.001, 33),
        ] {
            let pcm = Pcm::normalised(&[0.0, peak / 2.0, -peak]);
            assert_eq!(pcm.samples[2], -expected, "peak {peak}");
        }
    }

    #[test]
    fn what_is_no_number_is_silent() {
        assert_eq!(Pcm::normalised(&[f32::NAN]).samples, [0]);
        assert_eq!(Pcm::normalised(&[f32::INFINITY, 0.0]).samples, [0, 0]);
        assert_eq!(Pcm::normalised(&[]), Pcm::default());
    }
}
