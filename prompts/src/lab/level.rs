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
    for _ in 0..SHORTEST.div_ceil(part.len().max(1)).clamp(1, 1_000) {
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

/// Loudness and true peak of finished samples.
pub(super) fn of_pcm(samples: &[i16]) -> (Option<f64>, f64) {
    let Ok(mut meter) = EbuR128::new(1, RATE, Mode::I | Mode::TRUE_PEAK) else {
        return (None, 1.0);
    };
    for _ in 0..SHORTEST.div_ceil(samples.len().max(1)).clamp(1, 1_000) {
        let _ = meter.add_frames_i16(samples);
    }
    (audible(&meter), meter.true_peak(0).unwrap_or(1.0))
}

fn audible(meter: &EbuR128) -> Option<f64> {
    meter.loudness_global().ok().filter(|lufs| *lufs > SILENCE_LUFS)
}
