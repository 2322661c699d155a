//! The two sounds that the gateway has of its own, encoded once for every gateway of a program.

use std::sync::LazyLock;

use trunkline_media::clip::Clip;
use trunkline_media::tone;

const MS: usize = 8;

static DEFAULT_TONE: LazyLock<Clip> = LazyLock::new(|| {
    let mut pcm = tone::sine(425.0, 4_000.0, 300 * MS);
    fade(&mut pcm);
    pcm.resize(500 * MS, 0);
    Clip::from_pcm(&pcm)
});

static RINGBACK: LazyLock<Clip> = LazyLock::new(|| {
    let low = tone::sine(440.0, 2_500.0, 2_000 * MS);
    let high = tone::sine(480.0, 2_500.0, 2_000 * MS);
    let mut pcm: Vec<i16> = low.iter().zip(&high).map(|(a, b)| a.saturating_add(*b)).collect();
    fade(&mut pcm);
    pcm.resize(6_000 * MS, 0);
    Clip::from_pcm(&pcm)
});

/// Where a clip of the script is missing: a short soft tone, so that the caller knows that the line is alive.
pub(super) fn default_tone() -> Clip {
    DEFAULT_TONE.clone()
}

/// Ringback: 440 and 480 Hz, two seconds of six (the North American cadence, ITU-T E.180 supplement 2), at about -19 dBm0 a tone.
pub(super) fn ringback() -> Clip {
    RINGBACK.clone()
}

/// Ramps of 10 ms at both ends: no clicks.
fn fade(pcm: &mut [i16]) {
    let ramp = 10 * MS;
    let last = pcm.len().saturating_sub(1);
    for i in 0..ramp.min(pcm.len()) {
        let scale = |s: i16| (i32::from(s) * i as i32 / ramp as i32) as i16;
        pcm[i] = scale(pcm[i]);
        pcm[last - i] = scale(pcm[last - i]);
    }
}
