//! The default tone: what a caller hears where a prompt could not be spoken or found, so that the call goes on.

use crate::pcm::{Pcm, RATE};

/// Two soft notes, a quarter of a second each (C5 and E5: neither a key nor a tone of the network).
const NOTES_HZ: [f32; 2] = [523.25, 659.25];
const NOTE_SAMPLES: u32 = RATE / 4;
/// Silence behind them, so that repeated tones stay apart.
const REST_SAMPLES: usize = RATE as usize / 4;
const LEVEL: f32 = 0.3;

/// The default tone, three quarters of a second long.
pub fn default_tone() -> Pcm {
    let mut samples = Vec::with_capacity(2 * NOTE_SAMPLES as usize + REST_SAMPLES);
    for hertz in NOTES_HZ {
        samples.extend((0..NOTE_SAMPLES).map(|n| {
            let phase = std::f32::consts::TAU * hertz * n as f32 / RATE as f32;
            // Half a sine over each note, so that it neither clicks in nor out.
            let envelope = (std::f32::consts::PI * n as f32 / NOTE_SAMPLES as f32).sin();
            (phase.sin() * envelope * LEVEL * 32_767.0) as i16
        }));
    }
    samples.resize(samples.len() + REST_SAMPLES, 0);
    Pcm { samples }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_short_and_soft_and_not_silent() {
        let tone = default_tone();
        assert_eq!(tone.duration().as_millis(), 750);
        let peak = tone
            .samples
            .iter()
            .map(|s| s.unsigned_abs())
            .max()
            .unwrap_or_default();
        assert!((8_000..10_000).contains(&peak), "{peak}");
        assert_eq!((tone.samples[0], tone.samples.last()), (0, Some(&0)));
    }
}
