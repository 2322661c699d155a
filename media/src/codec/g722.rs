//! G.722 (ITU-T G.722, 64 kbit/s): 8 or 16 kHz audio in, a byte for each 125 µs out, and back to 8 kHz.
//!
//! ```text
//!  7 6   5 4 3 2 1 0
//! | high |    low    |   each byte: 125 µs, 2 bits of 4-7 kHz and 6 bits of 0-4 kHz, both by adaptive prediction
//! ```
//! What the engine handles has no more than 4 kHz, and the lower band alone is just that, without a filter between. So the upper
//! band is sent as silence and passed over when heard; two legs that both speak G.722 get each other's bytes as they are. Clips are
//! encoded once with both bands, by the standard's pair of filters.

/// Decision levels of the lower band's quantizer of 60 levels (table 5).
const LEVELS: [i32; 30] = [
    0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1_023, 1_121,
    1_219, 1_339, 1_458, 1_612, 1_765, 1_980, 2_195, 2_557, 2_919,
];
/// Outputs of the lower band's inverse quantizers, of 6 and of 4 bits (tables 9 and 7). The first four codes of six bits are not used by
/// encoders.
const INVERSE_6: [i32; 64] = [
    -136, -136, -136, -136, -24_808, -21_904, -19_008, -16_704, -14_984, -13_512, -12_280, -11_192, -10_232,
    -9_360, -8_576, -7_856, -7_192, -6_576, -6_000, -5_456, -4_944, -4_464, -4_008, -3_576, -3_168, -2_776,
    -2_400, -2_032, -1_688, -1_360, -1_040, -728, 24_808, 21_904, 19_008, 16_704, 14_984, 13_512, 12_280,
    11_192, 10_232, 9_360, 8_576, 7_856, 7_192, 6_576, 6_000, 5_456, 4_944, 4_464, 4_008, 3_576, 3_168,
    2_776, 2_400, 2_032, 1_688, 1_360, 1_040, 728, 432, 136, -432, -136,
];
const INVERSE_4: [i32; 16] = [
    0, -20_456, -12_896, -8_968, -6_288, -4_240, -2_584, -1_200, 20_456, 12_896, 8_968, 6_288, 4_240, 2_584,
    1_200, 0,
];
/// Of the upper band (table 12).
const INVERSE_2: [i32; 4] = [-7_408, -1_616, 7_408, 1_616];
/// What a code does to the scale factor, in its logarithm (tables 8 and 13), by the code of 4 and of 2 bits.
const LOG_4: [i32; 16] = [
    -60, 3_042, 1_198, 538, 334, 172, 58, -30, 3_042, 1_198, 538, 334, 172, 58, -30, -60,
];
const LOG_2: [i32; 4] = [798, -214, 798, -214];
/// Powers of two in 32 steps (table 14): the scale factor out of its logarithm.
const POWERS: [i32; 32] = [
    2_048, 2_093, 2_139, 2_186, 2_233, 2_282, 2_332, 2_383, 2_435, 2_489, 2_543, 2_599, 2_656, 2_714, 2_774,
    2_834, 2_896, 2_960, 3_025, 3_091, 3_158, 3_228, 3_298, 3_371, 3_444, 3_520, 3_597, 3_676, 3_756, 3_838,
    3_922, 4_008,
];
/// Every second coefficient of the filter that divides the bands, a symmetrical one of 24 (table 11).
const FILTER: [i32; 12] = [3, -11, 12, 32, -210, 951, 3_876, -805, 362, -156, 53, -11];
/// Below this the upper band's quantizer has its one decision level.
const HIGH_LEVEL: i32 = 564;

/// Encodes.
#[derive(Clone, Debug)]
pub struct Encoder {
    low: Band,
    high: Band,
    /// The last samples of 16 kHz, in pairs, oldest first.
    heard: [[i32; 2]; 12],
}

impl Default for Encoder {
    fn default() -> Self {
        Encoder {
            low: Band::low(),
            high: Band::high(),
            heard: [[0; 2]; 12],
        }
    }
}

impl Encoder {
    /// One byte for two samples of 16 kHz.
    pub fn encode_wide(&mut self, pair: [i16; 2]) -> u8 {
        self.heard.rotate_left(1);
        self.heard[11] = pair.map(i32::from);
        let (mut even, mut odd) = (0, 0);
        for (at, [first, second]) in self.heard.iter().enumerate() {
            even += first * FILTER[at];
            odd += second * FILTER[11 - at];
        }
        let low = self.low.quantize_low((odd + even) >> 14);
        let high = self.high.quantize_high((odd - even) >> 14);
        self.take(low, high)
    }

    /// One byte for a sample.
    pub fn encode(&mut self, sample: i16) -> u8 {
        // The band of 16 kHz audio has half its amplitude.
        let low = self.low.quantize_low(i32::from(sample) >> 1);
        let high = self.high.quantize_high(0);
        self.take(low, high)
    }

    fn take(&mut self, low: u8, high: u8) -> u8 {
        self.low.take_low(low >> 2);
        self.high.take_high(high);
        high << 6 | low
    }
}

/// Decodes.
#[derive(Clone, Debug)]
pub struct Decoder {
    low: Band,
}

impl Default for Decoder {
    fn default() -> Self {
        Decoder { low: Band::low() }
    }
}

impl Decoder {
    /// The sample of a byte.
    pub fn decode(&mut self, byte: u8) -> i16 {
        let code = byte & 0x3F;
        let difference = (self.low.scale * INVERSE_6[usize::from(code)]) >> 15;
        let sample = (self.low.predicted + difference).clamp(-16_384, 16_383);
        self.low.take_low(code >> 2);
        saturate(sample << 1) as i16
    }
}

/// One band's predictor and quantizer. Two poles and six zeros, all adapted by signs alone, in 16 bit arithmetic.
#[derive(Clone, Debug)]
struct Band {
    /// What the next sample will be, and the zeros' part in it.
    predicted: i32,
    zeros: i32,
    /// Logarithm of the scale factor, and the factor.
    log: i32,
    scale: i32,
    /// The last two reconstructed samples, and what of them the zeros did not predict.
    samples: [i32; 2],
    partial: [i32; 2],
    poles: [i32; 2],
    /// The last six differences, and their weights.
    differences: [i32; 6],
    weights: [i32; 6],
}

impl Band {
    fn low() -> Band {
        Band::new(32)
    }

    fn high() -> Band {
        Band::new(8)
    }

    fn new(scale: i32) -> Band {
        Band {
            predicted: 0,
            zeros: 0,
            log: 0,
            scale,
            samples: [0; 2],
            partial: [0; 2],
            poles: [0; 2],
            differences: [0; 6],
            weights: [0; 6],
        }
    }

    /// QUANTL: six bits.
    fn quantize_low(&self, sample: i32) -> u8 {
        let error = saturate(sample - self.predicted);
        let size = if error >= 0 { error } else { -(error + 1) };
        let above = |level: &&i32| size >= (**level * self.scale) >> 12;
        // The first level is zero, so at least one lies below; 30 levels make 30 codes of each sign.
        let step = LEVELS[1..].iter().take_while(above).count() as u8;
        match (error < 0, step) {
            (true, 0) => 63,
            (true, 1) => 62,
            (true, step) => 33 - step,
            (false, step) => 61 - step,
        }
    }

    /// QUANTH: two bits.
    fn quantize_high(&self, sample: i32) -> u8 {
        let error = saturate(sample - self.predicted);
        let size = if error >= 0 { error } else { -(error + 1) };
        let outer = size >= (HIGH_LEVEL * self.scale) >> 12;
        match (error < 0, outer) {
            (true, true) => 0,
            (true, false) => 1,
            (false, true) => 2,
            (false, false) => 3,
        }
    }

    /// INVQAL, LOGSCL, SCALEL and the predictor, by the upper four bits of the code, which both sides are sure to have.
    fn take_low(&mut self, code: u8) {
        let at = usize::from(code & 15);
        let difference = (self.scale * INVERSE_4[at]) >> 15;
        self.log = (((self.log * 127) >> 7) + LOG_4[at]).clamp(0, 18_432);
        self.scale = scale(self.log, 8);
        self.adapt(difference);
    }

    /// INVQAH, LOGSCH, SCALEH and the predictor.
    fn take_high(&mut self, code: u8) {
        let at = usize::from(code & 3);
        let difference = (self.scale * INVERSE_2[at]) >> 15;
        self.log = (((self.log * 127) >> 7) + LOG_2[at]).clamp(0, 22_528);
        self.scale = scale(self.log, 10);
        self.adapt(difference);
    }

    /// Block 4: the predictor learns from this difference, then predicts.
    fn adapt(&mut self, difference: i32) {
        let sample = saturate(self.predicted + difference);
        let partial = saturate(self.zeros + difference);
        self.adapt_poles(partial);
        self.adapt_zeros(difference);
        self.samples = [sample, self.samples[0]];
        self.partial = [partial, self.partial[0]];
        self.differences.rotate_right(1);
        self.differences[0] = difference;
        let part = |weight: i32, value: i32| (weight * saturate(value * 2)) >> 15;
        let poles = part(self.poles[0], self.samples[0]) + part(self.poles[1], self.samples[1]);
        // FILTEZ adds the oldest first and saturates each time.
        let pairs = self.weights.iter().zip(&self.differences).rev();
        self.zeros = pairs.fold(0, |sum, (weight, value)| saturate(sum + part(*weight, *value)));
        self.predicted = saturate(saturate(poles) + self.zeros);
    }

    /// UPPOL2, then UPPOL1, which is bounded by it.
    fn adapt_poles(&mut self, partial: i32) {
        let [first, second] = self.poles;
        let same = |other: i32| (partial < 0) == (other < 0);
        let turned = saturate(first * 4);
        let turned = if same(self.partial[0]) {
            saturate(-turned)
        } else {
            turned
        };
        let sign = if same(self.partial[1]) { 128 } else { -128 };
        let second = (sign + (turned >> 7) + ((second * 32_512) >> 15)).clamp(-12_288, 12_288);
        let sign = if same(self.partial[0]) { 192 } else { -192 };
        let bound = 15_360 - second;
        let first = saturate(sign + ((first * 32_640) >> 15)).clamp(-bound, bound);
        self.poles = [first, second];
    }

    /// UPZERO.
    fn adapt_zeros(&mut self, difference: i32) {
        let step = if difference == 0 { 0 } else { 128 };
        for (weight, before) in self.weights.iter_mut().zip(&self.differences) {
            let sign = if (*before < 0) == (difference < 0) {
                step
            } else {
                -step
            };
            *weight = saturate(sign + ((*weight * 32_640) >> 15));
        }
    }
}

/// SCALEL and SCALEH.
fn scale(log: i32, exponent: i32) -> i32 {
    let power = POWERS[(log >> 6 & 31) as usize];
    let shift = exponent - (log >> 11);
    let scaled = if shift < 0 {
        power << -shift
    } else {
        power >> shift
    };
    scaled << 2
}

fn saturate(value: i32) -> i32 {
    value.clamp(-32_768, 32_767)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tone;

    fn through(pcm: &[i16]) -> Vec<i16> {
        let (mut encoder, mut decoder) = (Encoder::default(), Decoder::default());
        pcm.iter()
            .map(|sample| decoder.decode(encoder.encode(*sample)))
            .collect()
    }

    #[test]
    fn tones_come_back_clean_and_as_loud() {
        for hz in [200.0, 440.0, 1_000.0, 2_350.0, 3_300.0] {
            for peak in [300.0, 8_000.0, 30_000.0] {
                let pcm = tone::sine(hz, peak, 4_000);
                let back = through(&pcm);
                let settled = &back[800..];
                let share = tone::share(settled, hz);
                assert!(share > 0.98, "{hz} Hz at {peak}: {share}");
                let ratio = tone::power(settled) / tone::power(&pcm[800..]);
                assert!((0.9..1.1).contains(&ratio), "{hz} Hz at {peak}: {ratio}");
            }
        }
    }

    /// As ITU-T test sequences begin: silence is the code 0xFA or near it, and stays.
    #[test]
    fn silence_is_silent() {
        let back = through(&[0; 2_000]);
        assert!(back.iter().all(|sample| sample.abs() < 32), "{back:?}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_decoded(
            bytes in proptest::collection::vec(any::<u8>(), 0..2_000),
            pcm in proptest::collection::vec(any::<i16>(), 0..2_000),
        ) {
            let (mut encoder, mut decoder) = (Encoder::default(), Decoder::default());
            for byte in bytes {
                decoder.decode(byte);
            }
            for sample in pcm {
                let code = encoder.encode(sample);
                prop_assert!(code & 0x3F > 3, "codes that G.722 reserves");
            }
        }
    }
}
