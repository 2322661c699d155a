//! Recordings as people make them, and what the lab says and does.

use super::*;
use crate::pcm::wav;
use crate::testing::{share, sine};

/// Three words: bursts of tone with pauses between.
fn speech(peak: f64) -> Vec<f32> {
    let burst = sine(300.0, RATE, peak, 0.4);
    let pause = vec![0; RATE as usize / 5];
    let words = [&burst[..], &pause, &burst, &pause, &burst].concat();
    words.into_iter().map(|s| f32::from(s) / 32_768.0).collect()
}

fn silence(ms: usize) -> Vec<f32> {
    vec![0.0; RATE as usize * ms / 1_000]
}

/// Noise from a seed, of this RMS.
fn noise(samples: usize, rms: f32) -> Vec<f32> {
    let mut state = 12_345_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    // An even spread over −1 to 1 has an RMS of 1/√3.
    (0..samples).map(|_| next() * rms * 1.732).collect()
}

fn examined(samples: &[f32]) -> (Pcm, Report) {
    let samples: Vec<i16> = samples.iter().copied().map(crate::pcm::to_i16).collect();
    examine(wav(&samples, RATE)).expect("a recording")
}

/// Verdict, what was found, what was cut off, and how loud it came out.
fn check(samples: &[f32], expected: &str) {
    let (_, report) = examined(samples);
    let found: Vec<String> = report.findings.iter().map(|f| format!("{:?}", f.kind)).collect();
    let lufs = report
        .loudness_out_lufs
        .map_or("silent".to_owned(), |lufs| format!("{lufs:.0} LUFS"));
    let got = format!(
        "{:?} [{}] -{} ms -{} ms {lufs}",
        report.verdict,
        found.join(" "),
        report.trimmed_start_ms,
        report.trimmed_end_ms,
    );
    assert_eq!(got, expected, "{report:?}");
}

#[test]
fn clean_speech_of_any_level_comes_out_as_loud() {
    for peak in [0.05, 0.2, 0.9] {
        check(&speech(peak), "Good [] -0 ms -0 ms -20 LUFS");
    }
}

#[test]
fn silence_at_both_ends_is_taken_off() {
    let spoken = [silence(1_000), speech(0.3), silence(2_000)].concat();
    check(&spoken, "Good [] -950 ms -1900 ms -20 LUFS");
    let (pcm, report) = examined(&spoken);
    assert_eq!((report.source_ms, report.duration_ms), (4_600, 1_750));
    assert_eq!(pcm.duration().as_millis(), 1_750);
}

#[test]
fn a_tone_is_no_noise_and_loses_nothing() {
    let tone: Vec<f32> = sine(440.0, RATE, 0.5, 1.0)
        .into_iter()
        .map(|s| f32::from(s) / 32_768.0)
        .collect();
    check(&tone, "Good [] -0 ms -0 ms -20 LUFS");
    let (pcm, _) = examined(&tone);
    assert!(share(&pcm.samples, 440.0, RATE) > 0.99);
}

#[test]
fn clipping_is_found() {
    let loud: Vec<f32> = speech(0.9).iter().map(|s| (s * 3.0).clamp(-1.0, 1.0)).collect();
    check(&loud, "Poor [Clipping] -0 ms -0 ms -20 LUFS");
}

#[test]
fn noise_is_found_and_its_pauses_are_taken_off() {
    let spoken = [silence(500), speech(0.3), silence(500)].concat();
    let with = |rms| -> Vec<f32> {
        spoken
            .iter()
            .zip(noise(spoken.len(), rms))
            .map(|(s, n)| s + n)
            .collect()
    };
    check(&with(0.02), "Usable [Noise] -450 ms -400 ms -20 LUFS");
    check(&with(0.08), "Poor [Noise] -0 ms -0 ms -20 LUFS");
}

#[test]
fn an_offset_is_found_and_taken_out() {
    let with: Vec<f32> = speech(0.3).iter().map(|s| s + 0.1).collect();
    check(&with, "Usable [Dc] -0 ms -0 ms -20 LUFS");
    let (pcm, report) = examined(&with);
    assert_eq!(report.dc_percent, 10.0);
    let mean = pcm.samples.iter().map(|s| f64::from(*s)).sum::<f64>() / pcm.samples.len() as f64;
    assert!(mean.abs() < 5.0, "{mean}");
}

#[test]
fn one_knock_leaves_little_room() {
    let mut with = speech(0.03);
    with[20_000] = 0.99;
    with[20_001] = -0.99;
    check(&with, "Usable [Quiet] -0 ms -0 ms -33 LUFS");
}

#[test]
fn silence_alone_stays_as_long_as_it_is() {
    check(&silence(700), "Poor [Silence] -0 ms -0 ms silent");
}

#[test]
fn peaks_are_held_and_edges_are_soft() {
    let mut clicks = speech(0.2);
    (0..clicks.len()).step_by(4_000).for_each(|at| clicks[at] = 0.95);
    for samples in [speech(0.9), clicks, speech(0.02)] {
        let (pcm, _) = examined(&samples);
        let peak = level::true_peak_of(&pcm.samples);
        assert!(peak <= factor(MAX_TRUE_PEAK_DB) * 1.01, "{peak}");
        let edge = |at: usize| pcm.samples[at].unsigned_abs();
        assert!(edge(0) < 10 && edge(pcm.samples.len() - 1) < 10);
    }
}

#[test]
fn findings_say_what_to_do() {
    let loud: Vec<f32> = speech(0.9).iter().map(|s| (s * 3.0).clamp(-1.0, 1.0)).collect();
    let (_, report) = examined(&loud);
    assert!(
        report.findings[0]
            .text
            .contains("record it again with the microphone turned down")
    );
    assert_eq!(report.waveform.len(), 200);
    let json = serde_json::to_string(&report).expect("JSON");
    assert_eq!(serde_json::from_str::<Report>(&json).expect("read back"), report);
}
