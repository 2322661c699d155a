//! What a person makes of 20 ms of sound.

use trunkline_media::tone;

/// What was heard in one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing, or as good as nothing.
    Quiet,
    /// The tone of a target.
    Tone,
    /// Speech, or anything else.
    Sound,
}

/// Below this mean square (−48 dB of full scale) it is quiet.
const QUIET: f64 = 130.0 * 130.0;
/// The share of a frame's power that makes it a tone.
const TONE_SHARE: f64 = 0.7;

/// Listens for the tones of targets.
#[derive(Clone, Debug, Default)]
pub struct Ear {
    tones_hz: Vec<f64>,
}

impl Ear {
    /// An ear for these tones.
    pub fn new(tones_hz: Vec<f64>) -> Ear {
        Ear { tones_hz }
    }

    /// What a frame of 8 kHz samples sounds like.
    pub fn hear(&self, frame: &[i16]) -> Heard {
        if tone::power(frame) < QUIET {
            Heard::Quiet
        } else if self
            .tones_hz
            .iter()
            .any(|hz| tone::share(frame, *hz) >= TONE_SHARE)
        {
            Heard::Tone
        } else {
            Heard::Sound
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::carrier::voice::Voice;

    #[test]
    fn tones_are_told_from_speech_and_quiet() {
        let ear = Ear::new(vec![1_750.0, 1_850.0]);
        assert_eq!(ear.hear(&[0; 160]), Heard::Quiet);
        assert_eq!(ear.hear(&tone::sine(1_750.0, 100.0, 160)), Heard::Quiet);
        assert_eq!(ear.hear(&tone::sine(1_850.0, 2_000.0, 160)), Heard::Tone);
        assert_eq!(ear.hear(&tone::sine(1_050.0, 2_000.0, 160)), Heard::Sound);
    }

    #[test]
    fn a_voice_is_heard_as_its_tone_half_of_the_time() {
        let voice = Voice::new(1_750.0);
        let ear = Ear::new(vec![1_750.0]);
        let heard: Vec<Heard> = voice.samples().chunks_exact(160).map(|f| ear.hear(f)).collect();
        let tones = heard.iter().filter(|h| **h == Heard::Tone).count();
        assert!(tones * 10 >= heard.len() * 4, "{tones} of {}", heard.len());
        assert!(heard.contains(&Heard::Sound));
    }
}
