//! Clipping: samples cut off at full scale, found where they still are as they were recorded.

/// From here on a sample counts as full scale (−0.1 dB); decoders of lossy formats go beyond it.
const FULL: f32 = 0.988;
/// Samples in a row that make a flat top. A clean peak touches full scale once.
const FLAT: usize = 3;
/// Channels that are looked at; the first two are what people listen to.
const CHANNELS: usize = 2;

/// Counts flat tops while a file is decoded.
#[derive(Debug, Default)]
pub(crate) struct Clipping {
    seen: u64,
    clipped: u64,
    /// Of each channel: how many full samples came in a row, and whether they were above zero.
    runs: [(usize, bool); CHANNELS],
}

impl Clipping {
    /// Frames of `channels` samples each.
    pub(crate) fn look(&mut self, interleaved: &[f32], channels: usize) {
        for frame in interleaved.chunks_exact(channels.max(1)) {
            for (sample, run) in frame.iter().zip(&mut self.runs) {
                self.seen += 1;
                let (full, above) = (sample.abs() >= FULL, *sample > 0.0);
                *run = match *run {
                    (length, side) if full && side == above => (length + 1, above),
                    _ if full => (1, above),
                    _ => (0, above),
                };
                self.clipped += match run.0 {
                    FLAT => FLAT as u64,
                    length if length > FLAT => 1,
                    _ => 0,
                };
            }
        }
    }

    /// Share of samples in flat tops, 0 to 1.
    pub(crate) fn share(&self) -> f64 {
        self.clipped as f64 / self.seen.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(samples: &[f32], channels: usize) -> f64 {
        let mut clipping = Clipping::default();
        // In pieces, as packets come.
        samples
            .chunks(2 * channels)
            .for_each(|piece| clipping.look(piece, channels));
        clipping.share()
    }

    #[test]
    fn flat_tops_count_and_peaks_do_not() {
        assert_eq!(share(&[0.0, 1.0, 0.0, 1.0, 1.0, 0.0], 1), 0.0);
        assert_eq!(share(&[1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0], 1), 0.5);
        assert_eq!(share(&[1.0, -1.0, 1.0, -1.0], 1), 0.0);
        // The left channel is clipped, the right one is not.
        assert_eq!(share(&[1.0, 0.1, 1.0, 0.2, 1.0, 0.1, 0.0, 0.0], 2), 3.0 / 8.0);
        assert_eq!(share(&[], 6), 0.0);
    }
}
