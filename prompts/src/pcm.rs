//! Sound as every part of this crate hands it on: 48 kHz, mono, 16 bit; and as a file of any rate.

use std::io::Cursor;
use std::time::Duration;

use crate::resample::Resampler;
use crate::track::Track;

/// Samples a second of every [`Pcm`]: what Opus takes. Narrower codecs take it resampled ([`Pcm::at`]).
pub const RATE: u32 = 48_000;
/// Samples of a piece that is resampled at once.
const PIECE: usize = 48_000;

/// 48 kHz mono linear PCM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pcm {
    /// The samples.
    pub samples: Vec<i16>,
}

impl Pcm {
    /// How long it plays.
    pub fn duration(&self) -> Duration {
        Duration::from_nanos(self.samples.len() as u64 * 1_000_000_000 / u64::from(RATE))
    }

    /// The same at another rate, 8,000 to 192,000 Hz; what lies above the half of it is filtered out. At a rate outside of that, nothing.
    pub fn at(&self, hertz: u32) -> Vec<i16> {
        if hertz == RATE {
            return self.samples.clone();
        }
        let mut out = Track::default();
        match self.resample(hertz, &mut out) {
            Ok(()) => out.pieces().flatten().copied().map(to_i16).collect(),
            Err(_) => Vec::new(),
        }
    }

    fn resample(&self, hertz: u32, out: &mut Track) -> Result<(), String> {
        let mut resampler = Resampler::new(RATE, hertz)?;
        for piece in self.samples.chunks(PIECE) {
            let piece: Vec<f32> = piece.iter().map(|s| f32::from(*s) / 32_768.0).collect();
            resampler.push(&piece, out)?;
        }
        resampler.finish(out)
    }
}

/// A sample of −1 to 1 as 16 bit; what lies outside is cut off, and what is no number is silence.
pub(crate) fn to_i16(sample: f32) -> i16 {
    // A float that is out of range or no number at all is clamped by `as`.
    (sample * 32_768.0).round() as i16
}

/// A WAV file (RIFF, PCM, 16 bit, mono) of samples at a rate.
pub fn wav(samples: &[i16], hertz: u32) -> Vec<u8> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: hertz,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = Cursor::new(Vec::with_capacity(44 + samples.len() * 2));
    // Memory does not fail to be written to.
    let written = hound::WavWriter::new(&mut bytes, spec).and_then(|mut writer| {
        samples
            .iter()
            .try_for_each(|sample| writer.write_sample(*sample))?;
        writer.finalize()
    });
    written.map_or_else(|_| Vec::new(), |()| bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{share, sine};

    #[test]
    fn every_rate_keeps_length_and_tone() {
        let pcm = Pcm {
            samples: sine(440.0, RATE, 0.5, 1.0),
        };
        assert_eq!(pcm.duration(), Duration::from_secs(1));
        for hertz in [8_000, 16_000, 24_000, 44_100, 48_000] {
            let samples = pcm.at(hertz);
            assert_eq!(samples.len(), hertz as usize);
            assert!(share(&samples, 440.0, hertz) > 0.98, "{hertz} Hz");
            let peak = samples.iter().map(|s| s.unsigned_abs()).max();
            assert!(
                (15_500..17_500).contains(&peak.unwrap_or_default()),
                "{hertz} Hz: {peak:?}"
            );
        }
        assert!(Pcm::default().at(8_000).is_empty());
    }

    #[test]
    fn what_a_telephone_cannot_carry_is_filtered_out() {
        let both = sine(440.0, RATE, 0.25, 1.0)
            .into_iter()
            .zip(sine(7_000.0, RATE, 0.25, 1.0));
        let pcm = Pcm {
            samples: both.map(|(low, high)| low + high).collect(),
        };
        let narrow = pcm.at(8_000);
        assert!(share(&narrow, 440.0, 8_000) > 0.99);
        assert!(
            share(&narrow, 1_000.0, 8_000) < 0.001,
            "7 kHz is folded down to 1 kHz"
        );
        let high = share(&pcm.at(16_000), 7_000.0, 16_000);
        assert!(high > 0.45, "{high} of what G.722 carries");
    }

    #[test]
    fn a_file_is_read_back() {
        let bytes = wav(&[1, -2, 3], 16_000);
        let mut reader = hound::WavReader::new(Cursor::new(bytes)).unwrap();
        assert_eq!((reader.spec().sample_rate, reader.spec().channels), (16_000, 1));
        assert_eq!(
            reader.samples().collect::<Result<Vec<i16>, _>>().unwrap(),
            [1, -2, 3]
        );
    }

    #[test]
    fn what_is_no_number_is_silent() {
        assert_eq!(
            [f32::NAN, 2.0, -2.0, 0.5].map(to_i16),
            [0, 32_767, -32_768, 16_384]
        );
    }
}
