//! Keys as pairs of tones (ITU-T Q.23), for far ends that did not agree to events.

use std::collections::VecDeque;
use std::f32::consts::TAU;

use super::Digit;
use super::event::DIGITS_MAX;

/// Frequencies of the keypad's rows, in hertz.
pub const ROWS: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
/// Frequencies of its columns, in hertz.
pub const COLUMNS: [f32; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
/// The keys as they lie on the pad.
const PAD: [[char; 4]; 4] = [
    ['1', '2', '3', 'A'],
    ['4', '5', '6', 'B'],
    ['7', '8', '9', 'C'],
    ['*', '0', '#', 'D'],
];

/// Samples of 20 ms, the step in which tones are made.
pub const FRAME: usize = 160;
/// Frames of tone, and of tone and pause together: 100 ms each.
const KEY_FRAMES: u16 = 5;
const NEXT_KEY_FRAMES: u16 = 10;
/// Peak of each of the two tones: together at -9 dBm0, as a telephone sends them.
const AMPLITUDE: f32 = 5_600.0;

/// Row and column of a key.
pub fn position(digit: Digit) -> (usize, usize) {
    let key = digit.as_char();
    for (row, keys) in PAD.iter().enumerate() {
        if let Some(column) = keys.iter().position(|&other| other == key) {
            return (row, column);
        }
    }
    (0, 0)
}

/// The key at a row and a column of the pad; `None` outside.
pub fn digit_at(row: usize, column: usize) -> Option<Digit> {
    Digit::from_char(*PAD.get(row)?.get(column)?)
}

/// Makes the tones of keys, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Tones {
    waiting: VecDeque<Digit>,
    key: Option<(Digit, u16)>,
}

impl Tones {
    /// Adds keys; those beyond [`DIGITS_MAX`] are dropped.
    pub fn push(&mut self, digits: &[Digit]) {
        let room = DIGITS_MAX.saturating_sub(self.waiting.len());
        self.waiting.extend(digits.iter().take(room));
    }

    /// Nothing is left to send.
    pub fn is_idle(&self) -> bool {
        self.key.is_none() && self.waiting.is_empty()
    }

    /// The next 20 ms: tone or the pause behind it; `None` when idle.
    pub fn next_frame(&mut self) -> Option<[i16; FRAME]> {
        let (digit, age) = match self.key.take() {
            Some(key) => key,
            None => (self.waiting.pop_front()?, 0),
        };
        if age + 1 < NEXT_KEY_FRAMES {
            self.key = Some((digit, age + 1));
        }
        let mut frame = [0; FRAME];
        if age < KEY_FRAMES {
            let (row, column) = position(digit);
            let first = usize::from(age) * FRAME;
            for (at, sample) in frame.iter_mut().enumerate() {
                let time = (first + at) as f32 / 8_000.0;
                let tone = |hz: f32| (TAU * hz * time).sin();
                *sample = (AMPLITUDE * (tone(ROWS[row]) + tone(COLUMNS[column]))) as i16;
            }
        }
        Some(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone;

    #[test]
    fn every_key_has_its_two_tones_and_its_place() {
        for digit in (0..16).filter_map(Digit::from_event) {
            let (row, column) = position(digit);
            assert_eq!(digit_at(row, column), Some(digit));
            let mut tones = Tones::default();
            tones.push(&[digit]);
            let frames: Vec<i16> = std::iter::from_fn(|| tones.next_frame()).flatten().collect();
            assert_eq!(frames.len(), 1_600);
            let (tone, pause) = frames.split_at(800);
            let both = tone::share(tone, ROWS[row].into()) + tone::share(tone, COLUMNS[column].into());
            assert!(both > 0.95, "{digit}: {both}");
            assert_eq!(tone::power(pause), 0.0);
        }
        assert_eq!(digit_at(4, 0), None);
    }
}
