//! What a leg's media was worth: a mean opinion score.
//! Whether it went one way only is found while it lives: `sentinel.rs`.

use trunkline_media::stats::StreamStats;

/// One-way delay that is assumed where no RTCP has measured it, milliseconds.
const ASSUMED_DELAY_MS: f64 = 50.0;

/// Estimated MOS of what we received, 1 to 4.5, for G.711 (ITU-T G.107 with its defaults, packet loss by G.113
/// appendix I: Ie 0, Bpl 4.3 without
/// concealment). `None` when nothing was received.
pub fn mos(stats: &StreamStats) -> Option<f64> {
    if stats.rx_packets == 0 {
        return None;
    }
    let expected = stats.rx_packets + stats.lost;
    let loss = 100.0 * stats.lost as f64 / expected as f64;
    // A receiver's buffer holds about twice the jitter.
    let delay = stats.round_trip_ms.map_or(ASSUMED_DELAY_MS, |rtt| rtt / 2.0) + 2.0 * stats.jitter_ms;
    let late = if delay > 177.3 {
        0.11 * (delay - 177.3)
    } else {
        0.0
    };
    let impairment = 0.024 * delay + late + 95.0 * loss / (loss + 4.3);
    let r = (93.2 - impairment).clamp(0.0, 100.0);
    let mos = 1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6;
    Some((mos.clamp(1.0, 4.5) * 100.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stats(rx: u64, lost: u64, jitter_ms: f64) -> StreamStats {
        StreamStats {
            rx_packets: rx,
            tx_packets: 500,
            lost,
            jitter_ms,
            ..StreamStats::default()
        }
    }

    #[test]
    fn a_clean_call_scores_high_and_loss_costs() {
        let clean = mos(&stats(1_000, 0, 1.0)).expect("heard");
        let lossy = mos(&stats(980, 20, 1.0)).expect("heard");
        let bad = mos(&stats(800, 200, 40.0)).expect("heard");
        assert!(clean > 4.3 && clean <= 4.5, "{clean}");
        assert!(lossy < clean - 0.5, "{lossy}");
        assert!((1.0..2.0).contains(&bad), "{bad}");
        assert_eq!(mos(&stats(0, 0, 0.0)), None);
    }
}
