//! For the tests of this crate: tones, and how much of one is in a sound.

use std::f64::consts::TAU;

/// `seconds` of a tone; `peak` of 0 to 1.
pub(crate) fn sine(hertz: f64, rate: u32, peak: f64, seconds: f64) -> Vec<i16> {
    (0..(f64::from(rate) * seconds) as u32)
        .map(|n| ((f64::from(n) * hertz * TAU / f64::from(rate)).sin() * peak * 32_767.0) as i16)
        .collect()
}

/// Share of the energy at a frequency, 0 to 1 (Goertzel).
pub(crate) fn share(samples: &[i16], hertz: f64, rate: u32) -> f64 {
    let coefficient = 2.0 * (TAU * hertz / f64::from(rate)).cos();
    let (mut a, mut b, mut energy) = (0.0, 0.0, 0.0);
    for sample in samples.iter().map(|s| f64::from(*s)) {
        (a, b) = (sample + coefficient * a - b, a);
        energy += sample * sample;
    }
    (a * a + b * b - coefficient * a * b) * 2.0 / (energy * samples.len() as f64).max(1.0)
}
