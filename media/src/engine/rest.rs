//! The rest of a freed port: late packets of the old call must not be heard in the next one.

use std::time::{Duration, Instant};

/// Quiet for this long, and the port may be used again.
pub(super) const QUIET: Duration = Duration::from_secs(3);
/// However noisy, a port comes back after this.
pub(super) const LONGEST: Duration = Duration::from_secs(30);

/// A port that is resting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rest {
    /// The even port.
    pub(super) port: u16,
    began: Instant,
    last_packet: Instant,
}

impl Rest {
    /// The stream was closed.
    pub(super) fn new(port: u16, now: Instant) -> Rest {
        Rest {
            port,
            began: now,
            last_packet: now,
        }
    }

    /// Somebody still sends.
    pub(super) fn on_packet(&mut self, now: Instant) {
        self.last_packet = now;
    }

    /// Whether it has rested enough.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        let since = |then| now.saturating_duration_since(then);
        since(self.last_packet) >= QUIET || since(self.began) >= LONGEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(
        clippy::disallowed_methods,
        reason = "a test needs some instant to count from"
    )]
    fn rest_of(packets_until_s: u64) -> u64 {
        let start = Instant::now();
        let mut rest = Rest::new(10_000, start);
        (0..)
            .find(|&second| {
                let now = start + Duration::from_secs(second);
                if second <= packets_until_s {
                    rest.on_packet(now);
                }
                rest.is_over(now)
            })
            .unwrap()
    }

    #[test]
    fn a_port_rests_after_the_last_packet_but_not_for_ever() {
        assert_eq!(rest_of(0), 3);
        assert_eq!(rest_of(10), 13);
        assert_eq!(rest_of(1_000), 30);
    }
}
