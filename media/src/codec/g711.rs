//! G.711: µ-law and A-law, by tables made at compile time.
//!
//! A sample is 16 bit; G.711's 14 bit (µ) and 13 bit (A) words are its upper bits.

/// What µ-law sends for silence: +0.
pub const ULAW_SILENCE: u8 = 0xFF;
/// What A-law sends for silence: its smallest positive level, there is no zero.
pub const ALAW_SILENCE: u8 = 0xD5;

/// µ-law's bias (33 of 14 bit), which makes every segment begin at a power of two.
const ULAW_BIAS: i32 = 132;
/// The last magnitude that the highest µ-law segment covers, before the bias.
const ULAW_CLIP: i32 = 32_767 - ULAW_BIAS;
/// A-law inverts every other bit on the line.
const ALAW_TOGGLE: u8 = 0x55;

/// Linear value of every µ-law byte.
pub static ULAW_TO_PCM: [i16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = expand_ulaw(byte as u8);
        byte += 1;
    }
    table
};

/// Linear value of every A-law byte.
pub static ALAW_TO_PCM: [i16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = expand_alaw(byte as u8);
        byte += 1;
    }
    table
};

/// The A-law byte nearest to every µ-law byte.
pub static ULAW_TO_ALAW: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = compress_alaw(expand_ulaw(byte as u8));
        byte += 1;
    }
    table
};

/// The µ-law byte nearest to every A-law byte.
pub static ALAW_TO_ULAW: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = compress_ulaw(expand_alaw(byte as u8));
        byte += 1;
    }
    table
};

/// The µ-law byte whose level is nearest to `sample`; the loudest beyond the range.
pub const fn compress_ulaw(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let mut magnitude = (sample as i32).abs();
    if magnitude > ULAW_CLIP {
        magnitude = ULAW_CLIP;
    }
    magnitude += ULAW_BIAS;
    let segment = (24 - magnitude.leading_zeros()) as u8;
    let step = ((magnitude >> (segment + 3)) & 0x0F) as u8;
    !(sign | segment << 4 | step)
}

/// The A-law byte whose level is nearest to `sample`.
pub const fn compress_alaw(sample: i16) -> u8 {
    // One's complement, so that the 16 negative values of the lowest step mirror the positive ones.
    let (sign, magnitude) = if sample < 0 {
        (0, !sample as u32)
    } else {
        (0x80, sample as u32)
    };
    let byte = if magnitude < 256 {
        (magnitude >> 4) as u8
    } else {
        let segment = 24 - magnitude.leading_zeros();
        (segment as u8) << 4 | ((magnitude >> (segment + 3)) & 0x0F) as u8
    };
    (sign | byte) ^ ALAW_TOGGLE
}

const fn expand_ulaw(byte: u8) -> i16 {
    let byte = !byte;
    let segment = (byte >> 4) & 0x07;
    let step = (byte & 0x0F) as i32;
    let magnitude = (((step << 3) + ULAW_BIAS) << segment) - ULAW_BIAS;
    (if byte & 0x80 != 0 { -magnitude } else { magnitude }) as i16
}

const fn expand_alaw(byte: u8) -> i16 {
    let byte = byte ^ ALAW_TOGGLE;
    let segment = (byte >> 4) & 0x07;
    let step = (byte & 0x0F) as i32;
    let magnitude = if segment == 0 {
        (step << 4) + 8
    } else {
        ((step << 4) + 0x108) << (segment - 1)
    };
    (if byte & 0x80 != 0 { magnitude } else { -magnitude }) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The level of a code as G.711 tables 1 and 2 define it, from segment and step, in 16 bit.
    fn ulaw_level(negative: bool, segment: u32, step: u32) -> i32 {
        let level = (f64::from(2 * step + 33) * 2f64.powi(segment as i32) - 33.0) * 4.0;
        if negative { -(level as i32) } else { level as i32 }
    }

    fn alaw_level(negative: bool, segment: u32, step: u32) -> i32 {
        let level = match segment {
            0 => f64::from(2 * step + 1),
            s => f64::from(2 * step + 33) * 2f64.powi(s as i32 - 1),
        } * 8.0;
        if negative { -(level as i32) } else { level as i32 }
    }

    #[test]
    fn every_byte_has_the_level_of_the_tables_of_the_recommendation() {
        for segment in 0..8u32 {
            for step in 0..16u32 {
                let code = (segment << 4 | step) as u8;
                for negative in [false, true] {
                    let ulaw = !(code | if negative { 0x80 } else { 0 });
                    assert_eq!(
                        i32::from(ULAW_TO_PCM[ulaw as usize]),
                        ulaw_level(negative, segment, step)
                    );
                    let alaw = (code | if negative { 0 } else { 0x80 }) ^ 0x55;
                    assert_eq!(
                        i32::from(ALAW_TO_PCM[alaw as usize]),
                        alaw_level(negative, segment, step)
                    );
                }
            }
        }
    }

    /// Every one of the 65,536 samples lies between the decision values of its byte; only the loudest byte takes more.
    fn check_decisions(table: &[i16; 256], compress: fn(i16) -> u8, half_step: fn(i32) -> i32) {
        let loudest = table.iter().copied().max();
        for sample in i16::MIN..=i16::MAX {
            let level = table[compress(sample) as usize];
            let error = (i32::from(sample) - i32::from(level)).abs();
            let clipped = level.checked_abs() == loudest && sample.unsigned_abs() > level.unsigned_abs();
            assert!(
                clipped || error <= half_step(i32::from(level).abs()),
                "sample {sample}, level {level}"
            );
        }
    }

    #[test]
    fn every_sample_takes_the_byte_whose_decision_values_enclose_it() {
        // Steps double with each segment: from 8 (µ) and 16 (A) of 16 bit on.
        check_decisions(&ULAW_TO_PCM, compress_ulaw, |level| {
            1 << ((level + 132).ilog2() - 5)
        });
        check_decisions(&ALAW_TO_PCM, compress_alaw, |level| {
            1 << (level.max(128).ilog2().max(7) - 4).max(3)
        });
    }

    #[test]
    fn every_byte_survives_expanding_and_compressing() {
        for byte in 0..=255u8 {
            assert_eq!(compress_alaw(ALAW_TO_PCM[byte as usize]), byte);
            // µ-law has two zeros; the negative one comes back as the positive one.
            let expected = if byte == 0x7F { 0xFF } else { byte };
            assert_eq!(compress_ulaw(ULAW_TO_PCM[byte as usize]), expected);
        }
    }

    #[test]
    fn transcoding_goes_by_the_linear_value_and_keeps_silence() {
        for byte in 0..=255usize {
            assert_eq!(ULAW_TO_ALAW[byte], compress_alaw(ULAW_TO_PCM[byte]));
            assert_eq!(ALAW_TO_ULAW[byte], compress_ulaw(ALAW_TO_PCM[byte]));
        }
        assert_eq!(ULAW_TO_ALAW[ULAW_SILENCE as usize], ALAW_SILENCE);
    }
}
