//! Loudness and true peak by EBU R 128.

use std::ops::Range;

use ebur128::{EbuR128, Mode};

use crate::pcm::RATE;
use crate::track::Track;

/// Below this a sound is silence.
const SILENCE_LUFS: f64 = -65.0;
/// Loudness is measured in blocks of 400 ms; what is shorter than two of them is heard several times over.
const SHORTEST: usize = RATE as usize * 4 / 5;

/// Integrated loudness of a part of a track, in LUFS; none for silence.
pub(super) fn loudness(track: &Track, part: &Range<usize>) -> Option<f64> {
    let mut meter = EbuR128::new(1, RATE, Mode::I).ok()?;
    for _ in 0..times(part.len()) {
        let mut at = 0;
        for piece in track.pieces() {
            let from = part.start.clamp(at, at + piece.len()) - at;
            let to = part.end.clamp(at, at + piece.len()) - at;
            meter.add_frames_f32(&piece[from..to]).ok()?;
            at += piece.len();
        }
    }
    audible(&meter)
}

/// True peak of a track, as an amplitude.
pub(super) fn true_peak(track: &Track) -> f64 {
    let Ok(mut meter) = EbuR128::new(1, RATE, Mode::TRUE_PEAK) else {
        return 1.0;
    };
    for piece in track.pieces() {
        // A meter of one channel takes any number of samples.
        let _ = meter.add_frames_f32(piece);
    }
    meter.true_peak(0).unwrap_or(1.0)
}

/// Integrated loudness of finished samples, in LUFS; none for silence.
pub(super) fn loudness_of(samples: &[i16]) -> Option<f64> {
    let mut meter = EbuR128::new(1, RATE, Mode::I).ok()?;
    for _ in 0..times(samples.len()) {
        meter.add_frames_i16(samples).ok()?;
    }
    audible(&meter)
}

/// True peak of finished samples, as an amplitude.
pub(super) fn true_peak_of(samples: &[i16]) -> f64 {
    let Ok(mut meter) = EbuR128::new(1, RATE, Mode::TRUE_PEAK) else {
        return 1.0;
    };
    let _ = meter.add_frames_i16(samples);
    meter.true_peak(0).unwrap_or(1.0)
}

/// How often a sound is heard before it is as long as a measurement needs.
fn times(samples: usize) -> usize {
    SHORTEST.div_ceil(samples.max(1)).clamp(1, 1_000)
}

fn audible(meter: &EbuR128) -> Option<f64> {
    meter.loudness_global().ok().filter(|lufs| *lufs > SILENCE_LUFS)
}
