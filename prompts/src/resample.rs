//! Mono sound from one usual rate to another, piece by piece, so that a long recording at a high rate needs little memory.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _, WindowFunction};

use crate::track::Track;

/// Input frames a piece, about.
const PIECE: usize = 1024;
const WINDOW: WindowFunction = WindowFunction::BlackmanHarris2;

/// Takes samples at one rate and gives them at another.
pub(crate) struct Resampler {
    from: u32,
    to: u32,
    /// `None` when the rates are the same.
    fft: Option<Box<Fft<f32>>>,
    pending: Vec<f32>,
    taken: u64,
    /// Samples that the filter gives before its first real one, still to come.
    delay: usize,
}

impl Resampler {
    pub(crate) fn new(from: u32, to: u32) -> Result<Resampler, String> {
        let fft = if from == to {
            None
        } else {
            let (from, to) = (from as usize, to as usize);
            // One filter as long as a piece: it is steep, and what G.722 has between 6 and 7 kHz passes.
            let fft = Fft::new_custom(from, to, PIECE, 1, 1, WINDOW, FixedSync::Input);
            Some(Box::new(fft.map_err(|e| e.to_string())?))
        };
        Ok(Resampler {
            from,
            to,
            delay: fft.as_ref().map_or(0, |fft| fft.output_delay()),
            fft,
            pending: Vec::new(),
            taken: 0,
        })
    }

    /// The rate that it takes.
    pub(crate) fn from(&self) -> u32 {
        self.from
    }

    pub(crate) fn push(&mut self, samples: &[f32], out: &mut Track) -> Result<(), String> {
        self.taken += samples.len() as u64;
        let Some(fft) = &mut self.fft else {
            out.push(samples);
            return Ok(());
        };
        self.pending.extend_from_slice(samples);
        let mut done = 0;
        while self.pending.len() - done >= fft.input_frames_next() {
            let piece = &self.pending[done..done + fft.input_frames_next()];
            done += piece.len();
            let piece = InterleavedSlice::new(piece, 1, piece.len()).map_err(|e| e.to_string())?;
            let given = fft.process(&piece, None).map_err(|e| e.to_string())?.take_data();
            let late = self.delay.min(given.len());
            self.delay -= late;
            out.push(&given[late..]);
        }
        self.pending.drain(..done);
        Ok(())
    }

    /// The rest of it: `out` is exactly as long then as what was pushed, without the filter's delay.
    pub(crate) fn finish(mut self, out: &mut Track) -> Result<(), String> {
        let length = (self.taken * u64::from(self.to)).div_ceil(u64::from(self.from));
        let length = usize::try_from(length).map_err(|e| e.to_string())?;
        // Silence pushes the last samples out of the filter. One piece gives at least one sample at the rates that are taken.
        while out.len() < length {
            let piece = self.fft.as_ref().map_or(PIECE, |fft| fft.input_frames_next());
            self.push(&vec![0.0; piece.max(1)], out)?;
        }
        out.truncate(length);
        Ok(())
    }
}
