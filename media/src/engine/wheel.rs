//! A wheel of twenty slots of 1 ms: every stream has its turn once in 20 ms, and thousands are spread evenly.

use super::outbox::Slot;

/// Turns of the wheel in milliseconds; the packet time of 20 ms.
pub(super) const SPOKES: usize = 20;

/// Which streams have their turn in which millisecond.
#[derive(Debug, Default)]
pub(super) struct Wheel {
    spokes: [Vec<Slot>; SPOKES],
}

impl Wheel {
    /// Puts a stream where the fewest are; gives back where.
    pub(super) fn add(&mut self, slot: Slot) -> usize {
        let lightest = (0..SPOKES).min_by_key(|&at| self.spokes[at].len()).unwrap_or(0);
        self.spokes[lightest].push(slot);
        lightest
    }

    /// Takes it away from there.
    pub(super) fn remove(&mut self, spoke: usize, slot: Slot) {
        if let Some(spoke) = self.spokes.get_mut(spoke)
            && let Some(at) = spoke.iter().position(|&other| other == slot)
        {
            spoke.swap_remove(at);
        }
    }

    /// The streams whose turn is in this millisecond.
    pub(super) fn turn(&self, millisecond: u64) -> &[Slot] {
        &self.spokes[(millisecond % SPOKES as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_spread_and_come_once_a_turn() {
        let mut wheel = Wheel::default();
        let spokes: Vec<usize> = (0..1_000).map(|slot| wheel.add(Slot(slot))).collect();
        assert!((0..20).all(|millisecond| wheel.turn(millisecond).len() == 50));
        for slot in 0..500 {
            wheel.remove(spokes[slot as usize], Slot(slot));
        }
        let mut seen: Vec<Slot> = (40..60)
            .flat_map(|millisecond| wheel.turn(millisecond).to_vec())
            .collect();
        seen.sort_unstable();
        assert_eq!(seen, (500..1_000).map(Slot).collect::<Vec<_>>());
    }
}
