//! The prompt lab: what a recording is like, and what is done to it before a caller hears it.
//!
//! ```text
//! decoded ─► DC out ─► silence at both ends off ─► one loudness ─► peaks held down ─► soft edges ─► Pcm
//!                │               │                     │                │
//!                └───────────────┴──── measured ───────┴────────────────┴──► Report: figures, findings, waveform
//! ```
//! Loudness and true peak are those of EBU R 128 (ITU-R BS.1770), measured by the `ebur128` crate.

mod clipping;
mod finding;
mod level;
mod limiter;
mod shape;
#[cfg(test)]
mod tests;
mod waveform;

use serde::{Deserialize, Serialize};

use crate::decode::{DecodeError, Missing, Source, read};
use crate::pcm::{Pcm, RATE};
use crate::track::Track;
pub(crate) use clipping::Clipping;
pub use finding::{Finding, FindingKind, Verdict};
use level::{loudness, true_peak};
use limiter::Limiter;
use shape::Shape;
pub use waveform::{picture, waveform};

/// Loudness of every prompt, in LUFS: some 6 dB above a caller's own voice (ITU-T P.56 has −26 dBov as the nominal level of speech), as
/// telephone systems speak.
pub const TARGET_LUFS: f64 = -20.0;
/// True peak of every prompt at most, in dBTP: room for a carrier's own gain.
pub const MAX_TRUE_PEAK_DB: f64 = -3.0;
/// Most gain, in dB: what is quieter than that is only noise.
const MAX_GAIN_DB: f64 = 24.0;
/// Most that single peaks are held down by, in dB; a prompt with higher ones stays quieter.
const MAX_LIMIT_DB: f64 = 6.0;
/// Samples over which a prompt begins and ends, so that neither clicks: 5 ms.
const EDGE: usize = RATE as usize / 200;

/// What was found out about a recording, and done to it. Levels in dB of full scale.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = Recording)]
pub struct Report {
    /// All in one word.
    pub verdict: Verdict,
    /// Container of the file: `wave`, `mp3`, `ogg`, `flac`, `isomp4`, …
    pub format: String,
    /// Samples a second of the file.
    pub sample_rate_hz: u32,
    /// Channels of the file.
    pub channels: usize,
    /// Length of the file.
    pub source_ms: u64,
    /// Length as callers hear it.
    pub duration_ms: u64,
    /// Silence taken off its beginning.
    pub trimmed_start_ms: u64,
    /// Silence taken off its end.
    pub trimmed_end_ms: u64,
    /// Integrated loudness of the file; none when it is silent.
    pub loudness_lufs: Option<f64>,
    /// Integrated loudness as callers hear it.
    pub loudness_out_lufs: Option<f64>,
    /// True peak of the file, in dBTP.
    pub true_peak_db: Option<f64>,
    /// How much louder it was made.
    pub gain_db: f64,
    /// Level of its quietest tenth.
    pub noise_db: Option<f64>,
    /// Share of samples cut off at full scale, in percent.
    pub clipped_percent: f64,
    /// Constant offset of the file, in percent of full scale.
    pub dc_percent: f64,
    /// What to look at, worst first.
    pub findings: Vec<Finding>,
    /// The loudest sample of each of 200 equal parts, 0 to 255, as callers hear it.
    pub waveform: Vec<u8>,
}

/// Decodes an upload, and says what it is like. Refused is what is no audio, damaged, cut off, or beyond the limits of
/// [`crate::decode`].
pub fn examine<B>(upload: B) -> Result<(Pcm, Report), DecodeError>
where
    B: AsRef<[u8]> + Send + Sync + 'static,
{
    read(upload, Missing::Refused).map(|decoded| {
        let (source, clipped) = (decoded.source.clone(), decoded.clipped);
        let (pcm, measured) = prepare(decoded.track);
        let report = report(&pcm, &measured, &source, clipped);
        (pcm, report)
    })
}

/// What was measured before anything was done.
pub(crate) struct Measured {
    shape: Shape,
    loud: Option<f64>,
    peak: f64,
    gain_db: f64,
}

/// Levels and trims what was decoded.
pub(crate) fn prepare(track: Track) -> (Pcm, Measured) {
    let shape = Shape::of(&track);
    let loud = loudness(&track, &shape.kept());
    let peak = true_peak(&track);
    let measured = Measured {
        shape,
        loud,
        peak,
        gain_db: gain(loud, peak),
    };
    let samples = finish(track, &measured.shape, measured.gain_db);
    (Pcm { samples }, measured)
}

fn report(pcm: &Pcm, measured: &Measured, source: &Source, clipped: f64) -> Report {
    let Measured {
        shape,
        loud,
        peak,
        gain_db,
    } = measured;
    let kept = shape.kept();
    let mut report = Report {
        verdict: Verdict::Good,
        format: source.format.to_owned(),
        sample_rate_hz: source.hertz,
        channels: source.channels,
        source_ms: ms(shape.samples),
        duration_ms: ms(pcm.samples.len()),
        trimmed_start_ms: ms(kept.start),
        trimmed_end_ms: ms(shape.samples - kept.end),
        loudness_lufs: loud.map(tenth),
        loudness_out_lufs: level::loudness_of(&pcm.samples).map(tenth),
        true_peak_db: decibel(*peak).map(tenth),
        gain_db: tenth(*gain_db),
        noise_db: decibel(shape.noise).map(tenth),
        clipped_percent: hundredth(clipped * 100.0),
        dc_percent: hundredth(f64::from(shape.dc) * 100.0),
        findings: Vec::new(),
        waveform: waveform(&pcm.samples),
    };
    report.findings = finding::of(&report, shape);
    report.verdict = Verdict::of(&report.findings);
    report
}

/// The gain in dB that brings it to the target, as far as its peaks and its quiet allow.
fn gain(loud: Option<f64>, peak: f64) -> f64 {
    let (Some(loud), Some(peak)) = (loud, decibel(peak)) else {
        return 0.0;
    };
    (TARGET_LUFS - loud)
        .min(MAX_TRUE_PEAK_DB + MAX_LIMIT_DB - peak)
        .min(MAX_GAIN_DB)
}

/// Offset out, ends off, gain on, peaks down, edges soft.
fn finish(track: Track, shape: &Shape, gain_db: f64) -> Vec<i16> {
    let kept = shape.kept();
    let gain = factor(gain_db) as f32;
    let mut limiter = Limiter::new(factor(MAX_TRUE_PEAK_DB) as f32);
    let mut samples = Vec::with_capacity(kept.len());
    let mut at = 0;
    for piece in track.into_pieces() {
        for sample in &piece {
            if kept.contains(&at) {
                limiter.push((sample - shape.dc) * gain, &mut samples);
            }
            at += 1;
        }
    }
    limiter.finish(&mut samples);
    hold_true_peak(&mut samples);
    soften(&mut samples);
    samples
}

/// What lies between samples may still be higher than they are.
fn hold_true_peak(samples: &mut [i16]) {
    let peak = level::true_peak_of(samples);
    let most = factor(MAX_TRUE_PEAK_DB);
    if peak > most {
        let scale = most / peak;
        samples
            .iter_mut()
            .for_each(|s| *s = (f64::from(*s) * scale) as i16);
    }
}

fn soften(samples: &mut [i16]) {
    let edge = EDGE.min(samples.len() / 2);
    let length = samples.len();
    for n in 0..edge {
        let share = (n as f64 + 0.5) / edge as f64;
        // Half a cosine: no corner at either end of it.
        let rise = (1.0 - (std::f64::consts::PI * share).cos()) / 2.0;
        for at in [n, length - 1 - n] {
            samples[at] = (f64::from(samples[at]) * rise) as i16;
        }
    }
}

/// Integrated loudness as callers hear it.
#[cfg(test)]
pub(crate) fn loudness_of(pcm: &Pcm) -> Option<f64> {
    level::loudness_of(&pcm.samples)
}

fn ms(samples: usize) -> u64 {
    samples as u64 * 1_000 / u64::from(RATE)
}

/// Of an amplitude; none for silence.
fn decibel(amplitude: f64) -> Option<f64> {
    (amplitude > 1e-6).then(|| 20.0 * amplitude.log10())
}

fn factor(decibel: f64) -> f64 {
    10_f64.powf(decibel / 20.0)
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn hundredth(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
