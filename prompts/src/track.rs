//! Mono sound at one rate while it is worked on: floats in pieces, so that ten minutes never need one block of memory twice.

/// Samples of a piece: a second at 48 kHz.
const PIECE: usize = 48_000;

/// Samples of −1 to 1.
#[derive(Debug, Default)]
pub(crate) struct Track {
    pieces: Vec<Vec<f32>>,
}

impl Track {
    pub(crate) fn push(&mut self, mut samples: &[f32]) {
        while !samples.is_empty() {
            let room = match self.pieces.last() {
                Some(last) if last.len() < PIECE => PIECE - last.len(),
                Some(_) | None => {
                    self.pieces.push(Vec::with_capacity(PIECE));
                    PIECE
                }
            };
            let (now, later) = samples.split_at(room.min(samples.len()));
            if let Some(last) = self.pieces.last_mut() {
                last.extend_from_slice(now);
            }
            samples = later;
        }
    }

    pub(crate) fn len(&self) -> usize {
        let last = self.pieces.last().map_or(0, Vec::len);
        self.pieces.len().saturating_sub(1) * PIECE + last
    }

    /// Forgets what lies behind `length` samples.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.pieces.truncate(length.div_ceil(PIECE));
        let before = self.pieces.len().saturating_sub(1) * PIECE;
        if let Some(last) = self.pieces.last_mut() {
            last.truncate(length - before);
        }
    }

    /// In order; every piece but the last is a second.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &[f32]> {
        self.pieces.iter().map(Vec::as_slice)
    }

    /// As [`Track::pieces`]; each is given up when it has been seen.
    pub(crate) fn into_pieces(self) -> impl Iterator<Item = Vec<f32>> {
        self.pieces.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_hold_what_was_pushed() {
        let all: Vec<f32> = (0..120_000).map(|n| n as f32).collect();
        let mut track = Track::default();
        all.chunks(777).for_each(|chunk| track.push(chunk));
        assert_eq!(track.len(), all.len());
        assert_eq!(track.pieces().flatten().copied().collect::<Vec<_>>(), all);
        for length in [120_000, 96_001, 96_000, 95_999, 1, 0] {
            track.truncate(length);
            assert_eq!(track.len(), length);
            assert_eq!(track.pieces().flatten().count(), length);
        }
    }
}
