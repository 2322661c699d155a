//! The office guard (CAMPAIGNS.md 4): how many of our calls ring one number or talk on it, over all campaigns of this node.
//!
//! A call takes a seat before it is dialled; whoever holds it keeps it: the target that is dialled, and each of its legs until that
//! leg has its CDR, a cancelled one too. When the last holder is gone the seat is free; nobody gives it back by hand.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use crate::phone::Phone;

/// Numbers that are remembered without a call on them, before they are swept out.
const IDLE_MAX: usize = 1_024;

/// One call's place at a number.
#[derive(Clone, Debug)]
pub struct Seat(#[expect(dead_code, reason = "holding it is what counts")] Arc<()>);

/// The seats of every number that is called.
#[derive(Debug, Default)]
pub struct Seats {
    taken: HashMap<Phone, Vec<Weak<()>>>,
    sweep_at: usize,
}

impl Seats {
    /// A seat at `number`, where at most so many may be taken; `None` when they are.
    pub fn take(&mut self, number: &Phone, most: u32) -> Option<Seat> {
        self.sweep();
        let taken = self.taken.entry(number.clone()).or_default();
        taken.retain(|seat| seat.strong_count() > 0);
        if taken.len() >= usize::try_from(most).unwrap_or(usize::MAX) {
            return None;
        }
        let seat = Arc::new(());
        taken.push(Arc::downgrade(&seat));
        Some(Seat(seat))
    }

    /// Forgets numbers without calls, now and then.
    fn sweep(&mut self) {
        if self.taken.len() < self.sweep_at.max(IDLE_MAX) {
            return;
        }
        self.taken
            .retain(|_, seats| seats.iter().any(|seat| seat.strong_count() > 0));
        self.sweep_at = self.taken.len() * 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(n: u32) -> Phone {
        Phone::new(format!("+1202{n:07}")).expect("a number")
    }

    #[test]
    fn as_many_as_there_may_be_and_no_more() {
        let mut seats = Seats::default();
        let held: Vec<Seat> = (0..4).filter_map(|_| seats.take(&number(1), 4)).collect();
        assert_eq!(held.len(), 4);
        assert!(seats.take(&number(1), 4).is_none(), "the fifth");
        assert!(seats.take(&number(2), 4).is_some(), "another number has its own");
        // A leg that is being cancelled holds on to the seat of its call.
        let leg = held[0].clone();
        drop(held);
        assert!(seats.take(&number(1), 1).is_none(), "one is still rung");
        drop(leg);
        assert!(seats.take(&number(1), 1).is_some());
    }

    #[test]
    fn numbers_without_calls_are_forgotten() {
        let mut seats = Seats::default();
        let kept = seats.take(&number(0), 1);
        for n in 1..100_000 {
            assert!(seats.take(&number(n), 1).is_some());
        }
        assert!(seats.taken.len() <= IDLE_MAX, "{} numbers", seats.taken.len());
        assert!(
            seats.take(&number(0), 1).is_none(),
            "the one that is called is not"
        );
        drop(kept);
    }
}
