//! Tells which nodes are dead from their beats alone. No wall clock is compared with another: a clock that jumps kills nobody.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::Node;

/// What one node has seen of the others.
#[derive(Clone, Debug)]
pub struct Watch {
    me: String,
    dead_after: Duration,
    seen: BTreeMap<String, Seen>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    beat: i64,
    since: Instant,
}

impl Watch {
    /// `me` is never dead. Others are when their beat has not changed for `dead_after`.
    pub fn new(me: impl Into<String>, dead_after: Duration) -> Watch {
        Watch {
            me: me.into(),
            dead_after,
            seen: BTreeMap::new(),
        }
    }

    /// Takes what [`super::known`] answered and answers the dead ones.
    pub fn look(&mut self, nodes: &[Node], now: Instant) -> Vec<Node> {
        self.seen.retain(|id, _| nodes.iter().any(|node| node.id == *id));
        let mut dead = Vec::new();
        for node in nodes.iter().filter(|node| node.id != self.me) {
            let seen = self.seen.entry(node.id.clone()).or_insert(Seen {
                beat: node.seen_at,
                since: now,
            });
            if seen.beat != node.seen_at {
                *seen = Seen {
                    beat: node.seen_at,
                    since: now,
                };
            } else if now.saturating_duration_since(seen.since) >= self.dead_after {
                dead.push(node.clone());
            }
        }
        dead
    }

    /// The database could not be asked: the others may not have reached it either, so every wait begins again.
    pub fn blind(&mut self) {
        self.seen.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    /// Each step is `SECONDS: gw2=BEAT gw3=BEAT` or `SECONDS: blind`; compares who is dead at each.
    fn check(steps: &[(&str, &str)]) {
        let clock = Clock::moving(0, 1);
        let start = clock.now();
        let mut watch = Watch::new("gw1", Duration::from_secs(20));
        for (step, expected) in steps {
            let (at, seen) = step.split_once(": ").unwrap();
            let now = start + Duration::from_secs(at.parse().unwrap());
            if seen == "blind" {
                watch.blind();
                continue;
            }
            let node = |text: &str| {
                let (id, beat) = text.split_once('=').unwrap();
                Node {
                    id: id.to_owned(),
                    started_at: 0,
                    seen_at: beat.parse().unwrap(),
                    version: String::new(),
                    draining: false,
                    drain_asked: false,
                    sessions: 0,
                }
            };
            let nodes: Vec<Node> = seen.split(' ').map(node).collect();
            let dead: Vec<String> = watch.look(&nodes, now).into_iter().map(|n| n.id).collect();
            assert_eq!(dead.join(" "), *expected, "{step}");
        }
    }

    #[test]
    fn a_node_is_dead_when_its_beat_stands_still() {
        check(&[
            ("0: gw1=1 gw2=1", ""),
            ("10: gw1=1 gw2=2", ""),
            ("29: gw1=1 gw2=2", ""),
            ("30: gw1=1 gw2=2", "gw2"),
            ("31: gw1=1 gw2=3", ""),
        ]);
    }

    #[test]
    fn a_clock_that_jumps_kills_nobody() {
        check(&[
            ("0: gw2=1000000 gw3=5", ""),
            ("19: gw2=3 gw3=9000000", ""),
            ("38: gw2=4 gw3=9000001", ""),
            ("57: gw2=4 gw3=9000002", ""),
            ("58: gw2=4 gw3=9000003", "gw2"),
        ]);
    }

    #[test]
    fn after_a_time_without_the_database_every_wait_begins_again() {
        check(&[
            ("0: gw2=1", ""),
            ("15: blind", ""),
            ("75: gw2=1", ""),
            ("94: gw2=1", ""),
            ("95: gw2=1", "gw2"),
        ]);
    }

    #[test]
    fn a_node_that_went_and_came_back_is_new() {
        check(&[
            ("0: gw2=1", ""),
            ("10: gw3=1", ""),
            ("25: gw2=1 gw3=1", ""),
            ("30: gw2=1 gw3=1", "gw3"),
        ]);
    }
}
