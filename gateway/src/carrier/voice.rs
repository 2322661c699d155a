//! What a far end says: its own tone, by which it is known again in a recording, and a babble with the rhythm of speech.

use std::f64::consts::TAU;
use std::sync::Arc;

use trunkline_media::tone::{SAMPLE_RATE, sine};

/// The tone of every caller. Away from keys (697 to 1,633 Hz has eight) and from most of what speech is made of.
pub const CALLER_HZ: f64 = 1_050.0;
/// The tone of the first target; each further one is [`TARGET_STEP_HZ`] higher.
pub const TARGET_HZ: f64 = 1_750.0;
/// Frames of 20 ms tell tones apart that are a multiple of 50 Hz from one another.
pub const TARGET_STEP_HZ: f64 = 100.0;

/// Peak of the tone: 20 dB below full scale, pleasant beside speech.
const TONE_PEAK: f64 = 3_000.0;
const BABBLE_PEAK: f64 = 6_000.0;
const TONE_SAMPLES: usize = 8_000;
const BABBLE_SAMPLES: usize = 8_000;

/// The tone of target `index`, counted from 0.
pub fn target_hz(index: u32) -> f64 {
    TARGET_HZ + TARGET_STEP_HZ * f64::from(index)
}

/// Two seconds that are said over and over: a second of tone, a second of babble.
#[derive(Clone, Debug)]
pub struct Voice {
    samples: Arc<[i16]>,
}

impl Voice {
    /// The voice with this tone.
    pub fn new(hz: f64) -> Voice {
        let mut samples = sine(hz, TONE_PEAK, TONE_SAMPLES);
        // A lower voice for higher tones, so that two people never sound the same.
        samples.extend(babble(220.0 - hz / 20.0));
        Voice {
            samples: samples.into(),
        }
    }

    /// The two seconds.
    pub fn samples(&self) -> &[i16] {
        &self.samples
    }
}

/// Harmonics of a voice's pitch, four syllables a second, each with a vowel of its own.
fn babble(pitch_hz: f64) -> Vec<i16> {
    const SYLLABLE: usize = SAMPLE_RATE as usize / 4;
    /// The first two formants of four vowels.
    const VOWELS_HZ: [(f64, f64); 4] = [
        (700.0, 1_200.0),
        (400.0, 2_000.0),
        (500.0, 900.0),
        (300.0, 2_300.0),
    ];
    (0..BABBLE_SAMPLES)
        .map(|n| {
            let (first, second) = VOWELS_HZ[n / SYLLABLE % VOWELS_HZ.len()];
            let part = (n % SYLLABLE) as f64 / SYLLABLE as f64;
            let envelope = (part * std::f64::consts::PI).sin().powi(2);
            let time = n as f64 / f64::from(SAMPLE_RATE);
            let sum: f64 = (1_u8..=18)
                .map(f64::from)
                .map(|k| {
                    let hz = pitch_hz * k;
                    let near = |formant: f64| (-((hz - formant) / 180.0).powi(2)).exp();
                    (near(first) + 0.5 * near(second) + 0.05) * (TAU * hz * time).sin()
                })
                .sum();
            (sum * envelope * BABBLE_PEAK / 2.0).clamp(-20_000.0, 20_000.0) as i16
        })
        .collect()
}
