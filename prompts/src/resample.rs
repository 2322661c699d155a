//! Mono sound of any usual rate to 8 kHz, piece by piece, so that a long recording at a high rate needs little memory.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler};

use crate::pcm::RATE;

/// Input frames a piece, about.
const PIECE: usize = 1024;

/// Takes samples at one rate and gives them at 8 kHz.
pub(super) struct ToTelephone {
    hertz: u32,
    /// `None` when the rate is 8 kHz already.
    fft: Option<Box<Fft<f32>>>,
    pending: Vec<f32>,
    taken: u64,
    output: Vec<f32>,
}

impl ToTelephone {
    pub(super) fn new(hertz: u32) -> Result<ToTelephone, String> {
        let fft = if hertz == RATE {
            None
        } else {
            let fft = Fft::new(hertz as usize, RATE as usize, PIECE, 1, FixedSync::Input);
            Some(Box::new(fft.map_err(|e| e.to_string())?))
        };
        Ok(ToTelephone {
            hertz,
            fft,
            pending: Vec::new(),
            taken: 0,
            output: Vec::new(),
        })
    }

    pub(super) fn hertz(&self) -> u32 {
        self.hertz
    }

    pub(super) fn push(&mut self, samples: &[f32]) -> Result<(), String> {
        self.taken += samples.len() as u64;
        let Some(fft) = &mut self.fft else {
            self.output.extend_from_slice(samples);
            return Ok(());
        };
        self.pending.extend_from_slice(samples);
        let mut done = 0;
        while self.pending.len() - done >= fft.input_frames_next() {
            let piece = &self.pending[done..done + fft.input_frames_next()];
            done += piece.len();
            let piece = InterleavedSlice::new(piece, 1, piece.len()).map_err(|e| e.to_string())?;
            self.output
                .extend(fft.process(&piece, None).map_err(|e| e.to_string())?.take_data());
        }
        self.pending.drain(..done);
        Ok(())
    }

    /// All of it at 8 kHz: exactly as long as what was pushed, without the filter's delay.
    pub(super) fn finish(mut self) -> Result<Vec<f32>, String> {
        let Some(delay) = self.fft.as_ref().map(|fft| fft.output_delay()) else {
            return Ok(self.output);
        };
        let length = (self.taken * u64::from(RATE)).div_ceil(u64::from(self.hertz));
        let length = usize::try_from(length).map_err(|e| e.to_string())?;
        // Silence pushes the last samples out of the filter. One piece gives at least one sample at these rates.
        while self.output.len() < delay + length {
            let piece = self.fft.as_ref().map_or(PIECE, |fft| fft.input_frames_next());
            self.push(&vec![0.0; piece.max(1)])?;
        }
        Ok(self.output[delay..delay + length].to_vec())
    }
}
