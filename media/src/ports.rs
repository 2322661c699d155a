//! The pool of RTP ports: even ports, chosen at random so that nobody can guess where the next call listens.
//!
//! RTCP takes the odd port above each (RFC 3550 section 11). A port comes back with
//! [`Event::Released`](crate::command::Event::Released), after it has rested.

use std::ops::RangeInclusive;

use rand::{Rng, RngExt};

/// Even ports of a range, free or taken.
#[derive(Clone, Debug)]
pub struct PortPool {
    free: Vec<u16>,
    /// By (port - first) / 2.
    taken: Vec<bool>,
    first: u16,
}

impl PortPool {
    /// Every even port of `range` whose odd neighbour lies in it too.
    pub fn new(range: RangeInclusive<u16>) -> PortPool {
        let first = range.start().saturating_add(range.start() % 2);
        let free: Vec<u16> = (first..=*range.end())
            .step_by(2)
            .filter(|port| port % 2 == 0 && port < range.end())
            .collect();
        PortPool {
            taken: vec![false; free.len()],
            free,
            first,
        }
    }

    /// Takes a free port at random; `None` when all are taken.
    pub fn take(&mut self, rng: &mut impl Rng) -> Option<u16> {
        if self.free.is_empty() {
            return None;
        }
        let port = self.free.swap_remove(rng.random_range(0..self.free.len()));
        if let Some(taken) = self.taken.get_mut(slot(self.first, port)) {
            *taken = true;
        }
        Some(port)
    }

    /// Gives a port back. A port that is not taken is ignored.
    pub fn release(&mut self, port: u16) {
        if port < self.first || !port.is_multiple_of(2) {
            return;
        }
        if let Some(taken) = self.taken.get_mut(slot(self.first, port))
            && *taken
        {
            *taken = false;
            self.free.push(port);
        }
    }

    /// How many can be taken.
    pub fn free(&self) -> usize {
        self.free.len()
    }

    /// How many are taken.
    pub fn in_use(&self) -> usize {
        self.taken.len() - self.free.len()
    }
}

fn slot(first: u16, port: u16) -> usize {
    usize::from((port - first) / 2)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn drained(range: RangeInclusive<u16>) -> Vec<u16> {
        let (mut pool, mut rng) = (PortPool::new(range), ChaCha8Rng::seed_from_u64(7));
        let mut ports: Vec<u16> = std::iter::from_fn(|| pool.take(&mut rng)).collect();
        ports.sort_unstable();
        ports
    }

    #[test]
    fn only_even_ports_with_their_odd_neighbour_are_given() {
        assert_eq!(drained(10_000..=10_005), [10_000, 10_002, 10_004]);
        assert_eq!(drained(10_001..=10_006), [10_002, 10_004]);
        assert_eq!(drained(65_533..=65_535), [65_534]);
        assert_eq!(drained(65_535..=65_535), []);
        #[expect(clippy::reversed_empty_ranges, reason = "an empty range is what is tested")]
        let empty = 20..=10;
        assert_eq!(drained(empty), []);
    }

    #[test]
    fn a_port_comes_back_once() {
        let (mut pool, mut rng) = (PortPool::new(10_000..=10_003), ChaCha8Rng::seed_from_u64(7));
        let port = pool.take(&mut rng).unwrap();
        assert_eq!((pool.free(), pool.in_use()), (1, 1));
        for ignored in [port, port, port + 1, 9_998, 10_004, 0] {
            pool.release(ignored);
        }
        assert_eq!((pool.free(), pool.in_use()), (2, 0));
    }
}
