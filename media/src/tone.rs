//! Sine tones, and how much of one a piece of audio holds: recordings are judged by their tones, not their bytes.

use std::f64::consts::TAU;

/// Samples per second of everything here.
pub const SAMPLE_RATE: u32 = 8_000;

/// A sine of `hz` with peak `amplitude` (of 32,767), `samples` long.
pub fn sine(hz: f64, amplitude: f64, samples: usize) -> Vec<i16> {
    let step = TAU * hz / f64::from(SAMPLE_RATE);
    (0..samples)
        .map(|at| (amplitude * (step * at as f64).sin()).round() as i16)
        .collect()
}

/// Mean square of the samples.
pub fn power(pcm: &[i16]) -> f64 {
    let sum: f64 = pcm.iter().map(|&sample| f64::from(sample).powi(2)).sum();
    sum / pcm.len().max(1) as f64
}

/// Mean square of the part of the samples that is a sine of `hz` (Goertzel's algorithm): half the square of its peak.
pub fn power_at(pcm: &[i16], hz: f64) -> f64 {
    let coefficient = 2.0 * (TAU * hz / f64::from(SAMPLE_RATE)).cos();
    let (mut last, mut before) = (0.0, 0.0);
    for &sample in pcm {
        let next = f64::from(sample) + coefficient * last - before;
        (before, last) = (last, next);
    }
    let squared = last * last + before * before - coefficient * last * before;
    2.0 * squared / (pcm.len().max(1) as f64).powi(2)
}

/// The share, 0 to 1, of the power of `pcm` that lies at `hz`; 0 for digital silence.
pub fn share(pcm: &[i16], hz: f64) -> f64 {
    let whole = power(pcm);
    if whole == 0.0 {
        0.0
    } else {
        (power_at(pcm, hz) / whole).min(1.0)
    }
}

/// How many milliseconds of `pcm` hold the tone: 20 ms frames above `level` (peak, of 32,767) of which 70 % is at `hz`.
pub fn heard_ms(pcm: &[i16], hz: f64, level: f64) -> u64 {
    const FRAME: usize = 160;
    let floor = level * level / 2.0;
    let heard = pcm
        .chunks_exact(FRAME)
        .filter(|frame| power_at(frame, hz) >= floor && share(frame, hz) >= 0.7);
    heard.count() as u64 * 20
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_found_where_it_is_and_nowhere_else() {
        let tone = sine(440.0, 8_000.0, 8_000);
        assert!((power_at(&tone, 440.0) - 32e6).abs() < 1e5);
        assert!(share(&tone, 440.0) > 0.99);
        assert!(share(&tone, 523.0) < 0.001);
        assert_eq!(heard_ms(&tone, 440.0, 4_000.0), 1_000);
        assert_eq!(heard_ms(&tone, 620.0, 4_000.0), 0);
        assert_eq!(heard_ms(&tone, 440.0, 9_000.0), 0);
    }

    #[test]
    fn silence_and_nothing_hold_no_tone() {
        assert_eq!(share(&[0; 160], 440.0), 0.0);
        assert_eq!(power_at(&[], 440.0), 0.0);
        assert_eq!(heard_ms(&[0; 1_000], 440.0, 1.0), 0);
    }
}
