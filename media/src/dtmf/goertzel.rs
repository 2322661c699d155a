//! Hears keys as tones (ITU-T Q.23, Q.24) in the audio of far ends that do not send events.
//!
//! Windows of 20 ms every 10 ms. Speech has power at many frequencies, a key at two: so the two must hold most of the
//! power, stand out of their neighbours, be about equally loud, and last for three windows. A key of 50 ms is
//! always heard, one under 30 ms never.

use std::f32::consts::TAU;

use super::Digit;
use super::tones::{COLUMNS, ROWS, digit_at};
use crate::codec::Codec;

const WINDOW: usize = 160;
const HOP: usize = 80;
/// Windows that must agree before a key is down, and that must miss it before it is up.
const AGREE: u8 = 3;
const MISS: u8 = 3;

/// Mean square of the quieter tone: a peak of 300, 20 dB under what Q.24 wants heard at least.
const QUIETEST: f32 = 300.0 * 300.0 / 2.0;
/// The two tones' share of all power. Tones 1.5 % off their frequency leave 0.6.
const SHARE: f32 = 0.55;
/// A tone against its row or column: 8 dB.
const STANDS_OUT: f32 = 6.3;
/// A tone must be stronger at its frequency than this much beside it: those 1.8 % off are heard, those 3 % off are not.
const BESIDE: f32 = 0.045;
/// The column may be louder by 8 dB, the row by 5 dB (Q.24 allows networks to differ; the line damps high tones).
const COLUMN_LOUDER: f32 = 6.3;
const ROW_LOUDER: f32 = 3.2;

/// The state of listening to one stream.
#[derive(Clone, Debug)]
pub struct Detector {
    coefficients: [f32; 8],
    window: [f32; WINDOW],
    filled: usize,
    heard: Option<Digit>,
    agreed: u8,
    down: Option<Digit>,
    missed: u8,
}

impl Default for Detector {
    fn default() -> Self {
        let mut coefficients = [0.0; 8];
        for (place, hz) in coefficients.iter_mut().zip(ROWS.into_iter().chain(COLUMNS)) {
            *place = coefficient(hz);
        }
        let window = [0.0; WINDOW];
        Detector {
            coefficients,
            window,
            filled: 0,
            heard: None,
            agreed: 0,
            down: None,
            missed: 0,
        }
    }
}

impl Detector {
    /// Takes the audio of a packet; the key that began in it, if one did.
    pub fn on(&mut self, codec: Codec, payload: &[u8]) -> Option<Digit> {
        let mut begun = None;
        for &byte in payload {
            self.window[self.filled] = f32::from(codec.sample(byte));
            self.filled += 1;
            if self.filled == WINDOW {
                begun = self.judge().or(begun);
                self.window.copy_within(HOP.., 0);
                self.filled = WINDOW - HOP;
            }
        }
        begun
    }

    /// The key that is down now.
    pub fn down(&self) -> Option<Digit> {
        self.down
    }

    fn judge(&mut self) -> Option<Digit> {
        let now = self.key_in_window();
        self.agreed = if now.is_some() && now == self.heard {
            self.agreed.saturating_add(1)
        } else {
            1
        };
        self.heard = now;
        if self.down.is_some() && self.down != now {
            self.missed += 1;
            if self.missed < MISS {
                return None;
            }
            self.down = None;
        }
        self.missed = 0;
        if self.down.is_none() && now.is_some() && self.agreed >= AGREE {
            self.down = now;
            return now;
        }
        None
    }

    fn key_in_window(&self) -> Option<Digit> {
        let total = self.window.iter().map(|sample| sample * sample).sum::<f32>() / WINDOW as f32;
        if total < QUIETEST * 2.0 {
            return None;
        }
        let powers = powers(&self.window, &self.coefficients);
        let (row, low) = outstanding(powers.first_chunk()?)?;
        let (column, high) = outstanding(powers.last_chunk()?)?;
        let even = high <= low * COLUMN_LOUDER && low <= high * ROW_LOUDER;
        let tonal = low + high >= total * SHARE && low.min(high) >= QUIETEST;
        let exact = || self.peaks_at(ROWS[row], low) && self.peaks_at(COLUMNS[column], high);
        if even && tonal && exact() {
            digit_at(row, column)
        } else {
            None
        }
    }

    /// Whether a tone is nearer to its frequency than to those beside it, where Q.24 wants it refused.
    fn peaks_at(&self, hz: f32, power: f32) -> bool {
        let beside = [1.0 - BESIDE, 1.0 + BESIDE].map(|factor| coefficient(hz * factor));
        powers(&self.window, &beside).iter().all(|&other| other < power)
    }
}

fn coefficient(hz: f32) -> f32 {
    2.0 * (TAU * hz / 8_000.0).cos()
}

/// Mean square of the window at each frequency: Goertzel's recursion, all of them side by side.
fn powers<const N: usize>(window: &[f32; WINDOW], coefficients: &[f32; N]) -> [f32; N] {
    let (mut last, mut before) = ([0.0f32; N], [0.0f32; N]);
    for &sample in window {
        for at in 0..N {
            let next = sample + coefficients[at] * last[at] - before[at];
            before[at] = last[at];
            last[at] = next;
        }
    }
    std::array::from_fn(|at| {
        let squared =
            last[at] * last[at] + before[at] * before[at] - coefficients[at] * last[at] * before[at];
        2.0 * squared / (WINDOW * WINDOW) as f32
    })
}

/// The loudest of four, when it stands out of the other three.
fn outstanding(powers: &[f32; 4]) -> Option<(usize, f32)> {
    let (best, &power) = powers
        .iter()
        .enumerate()
        .max_by(|one, other| one.1.total_cmp(other.1))?;
    let alone = powers
        .iter()
        .enumerate()
        .all(|(at, &other)| at == best || other * STANDS_OUT <= power);
    alone.then_some((best, power))
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::dtmf::tones::{Tones, position};

    fn heard(pcm: &[i16]) -> String {
        let (mut detector, mut bytes) = (Detector::default(), Vec::new());
        Codec::Pcmu.encode(pcm, &mut bytes);
        bytes
            .chunks(160)
            .filter_map(|payload| detector.on(Codec::Pcmu, payload))
            .map(Digit::as_char)
            .collect()
    }

    /// A key with its tones off by the factors and with the peaks given, after and before silence.
    fn key(digit: Digit, ms: usize, off: (f32, f32), peaks: (f32, f32), lead: usize) -> Vec<i16> {
        let (row, column) = position(digit);
        let mut pcm = vec![0; lead];
        pcm.extend((0..ms * 8).map(|at| {
            let tone = |hz: f32, peak: f32| peak * (TAU * hz * at as f32 / 8_000.0).sin();
            (tone(ROWS[row] * off.0, peaks.0) + tone(COLUMNS[column] * off.1, peaks.1)) as i16
        }));
        pcm.extend([0; 1_600]);
        pcm
    }

    fn keys() -> impl Iterator<Item = Digit> {
        (0..16).filter_map(Digit::from_event)
    }

    #[test]
    fn every_key_is_heard_at_every_offset() {
        for digit in keys() {
            for lead in (0..240).step_by(7) {
                let pcm = key(digit, 50, (1.0, 1.0), (5_600.0, 5_600.0), lead);
                assert_eq!(heard(&pcm), digit.to_string(), "{lead}");
            }
        }
    }

    #[test]
    fn tones_may_be_off_by_a_percent_and_a_half_uneven_and_quiet() {
        for digit in keys() {
            for off in [(0.985, 0.985), (1.015, 1.015), (0.985, 1.015), (1.015, 0.985)] {
                assert_eq!(
                    heard(&key(digit, 70, off, (5_600.0, 5_600.0), 33)),
                    digit.to_string(),
                    "{off:?}"
                );
            }
            for peaks in [
                (2_000.0, 4_500.0),
                (4_000.0, 2_800.0),
                (400.0, 400.0),
                (14_000.0, 14_000.0),
            ] {
                assert_eq!(
                    heard(&key(digit, 70, (1.0, 1.0), peaks, 33)),
                    digit.to_string(),
                    "{peaks:?}"
                );
            }
        }
    }

    #[test]
    fn what_is_no_key_is_not_heard() {
        for digit in keys() {
            assert_eq!(
                heard(&key(digit, 22, (1.0, 1.0), (5_600.0, 5_600.0), 5)),
                "",
                "too short"
            );
            assert_eq!(
                heard(&key(digit, 100, (1.04, 1.04), (5_600.0, 5_600.0), 5)),
                "",
                "off by four percent"
            );
            assert_eq!(
                heard(&key(digit, 100, (1.0, 1.0), (800.0, 8_000.0), 5)),
                "",
                "20 dB of twist"
            );
            assert_eq!(
                heard(&key(digit, 100, (1.0, 1.0), (8_000.0, 0.0), 5)),
                "",
                "one tone"
            );
        }
    }

    #[test]
    fn a_number_is_heard_key_by_key() {
        let mut tones = Tones::default();
        let number: Vec<Digit> = "4155550199*#00".chars().filter_map(Digit::from_char).collect();
        tones.push(&number);
        let pcm: Vec<i16> = std::iter::from_fn(|| tones.next_frame()).flatten().collect();
        assert_eq!(heard(&pcm), "4155550199*#00");
    }

    #[test]
    fn a_key_is_heard_through_noise_and_a_long_one_once() {
        let mut rng = ChaCha8Rng::seed_from_u64(11);
        for digit in keys() {
            let mut pcm = key(digit, 3_000, (1.0, 1.0), (5_600.0, 5_600.0), 100);
            for sample in &mut pcm {
                *sample += rng.random_range(-1_200..=1_200);
            }
            assert_eq!(heard(&pcm), digit.to_string());
        }
    }

    /// Voice-like sound: pulses at a wandering pitch through three wandering formants, with hiss and pauses.
    fn speech(seed: u64, seconds: usize) -> Vec<i16> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (mut pcm, mut phase, mut pitch) = (Vec::new(), 0.0f32, 120.0f32);
        let mut filters = [[0.0f32; 2]; 3];
        while pcm.len() < seconds * 8_000 {
            pitch = (pitch * rng.random_range(0.8..1.25)).clamp(80.0, 400.0);
            let formants = [
                rng.random_range(250.0..950.0),
                rng.random_range(900.0..1_800.0),
                rng.random_range(1_800.0..3_200.0f32),
            ];
            let (loud, hiss) = (rng.random_range(0.0..6_000.0f32), rng.random_range(0.0..0.2f32));
            for _ in 0..rng.random_range(400..2_400) {
                phase += pitch / 8_000.0;
                let pulse = if phase >= 1.0 {
                    phase -= 1.0;
                    1.0
                } else {
                    0.0
                };
                let source = pulse + hiss * rng.random_range(-0.5..0.5f32);
                let mut sum = 0.0;
                for (filter, hz) in filters.iter_mut().zip(formants) {
                    // A resonance some 80 Hz wide.
                    let radius = 0.969f32;
                    let next = source + 2.0 * radius * (TAU * hz / 8_000.0).cos() * filter[0]
                        - radius * radius * filter[1];
                    *filter = [next, filter[0]];
                    sum += next;
                }
                pcm.push((sum * loud / 4.0).clamp(-32_000.0, 32_000.0) as i16);
            }
        }
        pcm
    }

    #[test]
    fn ten_minutes_of_voice_hold_no_key() {
        for seed in 0..20 {
            assert_eq!(heard(&speech(seed, 30)), "", "seed {seed}");
        }
    }

    #[test]
    fn music_of_two_tones_holds_no_key() {
        for low in (650..1_000).step_by(10) {
            for high in (1_150..1_700).step_by(10) {
                let far =
                    |hz: i32, of: [f32; 4]| of.iter().all(|&tone| (hz as f32 / tone - 1.0).abs() > 0.034);
                if far(low, ROWS) || far(high, COLUMNS) {
                    let at = |n: usize, hz: i32| (TAU * hz as f32 * n as f32 / 8_000.0).sin();
                    let pcm: Vec<i16> = (0..800)
                        .map(|n| (5_000.0 * (at(n, low) + at(n, high))) as i16)
                        .collect();
                    assert_eq!(heard(&pcm), "", "{low} and {high}");
                }
            }
        }
    }
}
