//! The shape of a recording: its offset, its noise, and where speech begins and ends.

use std::ops::Range;

use crate::pcm::RATE;
use crate::track::Track;

/// Samples of a frame whose level is looked at: 10 ms.
const FRAME: usize = RATE as usize / 100;
/// Kept before the first sound and behind the last, so that no consonant is cut off.
const LEAD: usize = RATE as usize / 20;
const TAIL: usize = RATE as usize / 10;
/// What is this much below the loudest tenth is no speech (−30 dB).
const BELOW_SPEECH: f32 = 0.031_6;
/// What is this much above the quietest tenth is more than noise (6 dB).
const ABOVE_NOISE: f32 = 2.0;
/// Softer than this is silence whatever else there is (−60 dB of full scale).
const SILENCE: f32 = 0.001;

/// What was measured.
#[derive(Debug)]
pub(super) struct Shape {
    /// Of the whole.
    pub(super) samples: usize,
    /// The mean of all samples.
    pub(super) dc: f32,
    /// Level (RMS) of the quietest tenth, and of the loudest.
    pub(super) noise: f64,
    pub(super) speech: f64,
    /// Nothing in it is louder than silence.
    pub(super) silent: bool,
    sound: Range<usize>,
}

impl Shape {
    pub(super) fn of(track: &Track) -> Shape {
        let samples = track.len();
        let sum: f64 = track.pieces().flatten().map(|s| f64::from(*s)).sum();
        let dc = (sum / samples.max(1) as f64) as f32;
        // Pieces are whole seconds but for the last, so frames never lie across two of them.
        let levels: Vec<f32> = track
            .pieces()
            .flat_map(|piece| piece.chunks(FRAME))
            .map(|frame| rms(frame, dc))
            .collect();
        let mut sorted = levels.clone();
        sorted.sort_by(f32::total_cmp);
        let tenth = |part: usize| sorted.get(sorted.len() * part / 10).copied().unwrap_or(0.0);
        let (noise, speech) = (tenth(1), tenth(9));
        let least = (speech * BELOW_SPEECH).max(SILENCE);
        let threshold = (noise * ABOVE_NOISE).clamp(least, (speech / 4.0).max(least));
        let first = levels.iter().position(|level| *level >= threshold);
        let last = levels.iter().rposition(|level| *level >= threshold);
        let sound = match first.zip(last) {
            Some((first, last)) => {
                let from = (first * FRAME).saturating_sub(LEAD);
                from..((last + 1) * FRAME + TAIL).min(samples)
            }
            None => 0..samples,
        };
        Shape {
            samples,
            dc,
            noise: f64::from(noise),
            speech: f64::from(speech),
            silent: first.is_none(),
            sound,
        }
    }

    /// What is left when the silence at both ends is taken off. A recording of silence stays as it is: it was meant to be one.
    pub(super) fn kept(&self) -> Range<usize> {
        self.sound.clone()
    }
}

fn rms(frame: &[f32], dc: f32) -> f32 {
    let sum: f32 = frame.iter().map(|sample| (sample - dc) * (sample - dc)).sum();
    (sum / frame.len().max(1) as f32).sqrt()
}
