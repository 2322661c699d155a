//! Engines that failed again and again are left alone for a while, so that no caller waits for each sentence anew.
//!
//! ```text
//! closed ──3 failures in a row──► open for 60 s ──► one try ──► closed again, or open for 60 s more
//! ```

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Failures in a row after which an engine is left alone.
pub(super) const FAILURES: u32 = 3;
/// How long it is left alone.
pub(super) const REST: Duration = Duration::from_secs(60);
/// Engines with a voice that are remembered; a voice's name may be anything that a campaign writes.
const MAX_KNOWN: usize = 256;

/// What is known of the engines, each with a voice: a wrong voice must not silence the others.
#[derive(Debug, Default)]
pub(super) struct Circuits(HashMap<String, Circuit>);

/// What the log is told, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// It is as it was.
    Nothing,
    /// It failed, and had not before.
    Failing,
    /// It failed too often.
    LeftAlone,
    /// It speaks again.
    Recovered,
}

#[derive(Debug, Default)]
struct Circuit {
    failures: u32,
    open_until: Option<Instant>,
}

impl Circuits {
    /// Whether it may be asked now. When its rest is over one may ask, and the others wait for what comes of it.
    pub(super) fn may_ask(&mut self, name: &str, now: Instant) -> bool {
        let Some(circuit) = self.0.get_mut(name) else {
            return true;
        };
        match circuit.open_until {
            Some(until) if now < until => false,
            Some(_) => {
                circuit.open_until = Some(now + REST);
                true
            }
            None => true,
        }
    }

    /// It spoke, or failed; answers what of that is new.
    pub(super) fn tell(&mut self, name: &str, spoke: bool, now: Instant) -> News {
        if spoke {
            return if self.0.remove(name).is_some() {
                News::Recovered
            } else {
                News::Nothing
            };
        }
        if self.0.len() >= MAX_KNOWN && !self.0.contains_key(name) {
            self.0.clear();
        }
        let circuit = self.0.entry(name.to_owned()).or_default();
        circuit.failures = circuit.failures.saturating_add(1);
        if circuit.failures >= FAILURES {
            circuit.open_until = Some(now + REST);
        }
        match circuit.failures {
            1 => News::Failing,
            FAILURES => News::LeftAlone,
            _ => News::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `f` failed, `s` spoke, `?` may it be asked, `+` half a minute passes, `|` the rest is over. Answers `y` and `n` for each `?`.
    fn check(story: &str, answers: &str) -> Vec<News> {
        let mut circuits = Circuits::default();
        let mut now = crate::tts::tests::start();
        let mut said = String::new();
        let mut news = Vec::new();
        for step in story.chars() {
            match step {
                'f' => news.push(circuits.tell("e", false, now)),
                's' => news.push(circuits.tell("e", true, now)),
                '?' => said.push(if circuits.may_ask("e", now) { 'y' } else { 'n' }),
                '+' => now += REST / 2,
                '|' => now += REST,
                other => panic!("{other}"),
            }
        }
        assert_eq!(said, answers, "{story}");
        news
    }

    #[test]
    fn three_failures_in_a_row_and_it_is_left_alone() {
        check("?f?f?f?", "yyyn");
        check("ffsff?", "y");
        check("fff?+?+?", "nny");
    }

    #[test]
    fn one_tries_again_and_the_others_wait() {
        check("fff|???", "ynn");
        check("fff|?s??", "yyy");
        check("fff|?f?+?+?", "ynny");
    }

    #[test]
    fn the_log_is_told_once() {
        use News::*;
        assert_eq!(
            check("fffffss", ""),
            [Failing, Nothing, LeftAlone, Nothing, Nothing, Recovered, Nothing]
        );
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut circuits = Circuits::default();
        let now = crate::tts::tests::start();
        for n in 0..10 * MAX_KNOWN {
            circuits.tell(&n.to_string(), false, now);
        }
        assert!(circuits.0.len() <= MAX_KNOWN);
    }
}
