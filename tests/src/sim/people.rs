//! What people and machines at the far end do, at random.

use std::time::Duration;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use trunkline_media::dtmf::Digit;

/// Something that a far end does with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// 180.
    Ring,
    /// 183 with a description.
    EarlyMedia,
    /// 200.
    Answer,
    /// A final refusal.
    Refuse(u16),
    /// BYE, or CANCEL where it has not been answered.
    HangUp,
    /// A key.
    Press(Digit),
    /// A re-INVITE that puts us on hold.
    Hold,
    /// No packet and no message any more.
    Vanish,
}

/// Words of the person called, and of the network.
const REFUSALS: [u16; 8] = [486, 486, 480, 603, 404, 503, 500, 488];

/// Numbers of callers begin so; all others are targets.
pub(super) const CALLERS: &str = "+1202555";
/// Numbers of targets begin so.
pub(super) const TARGETS: &str = "+1303555";

fn up_to(rng: &mut ChaCha8Rng, seconds: f64) -> Duration {
    Duration::from_secs_f64(rng.random::<f64>() * seconds)
}

/// What becomes of a call that has come to a far end: deeds, each so long after the call came.
pub(super) fn called(rng: &mut ChaCha8Rng) -> Vec<(Duration, Deed)> {
    let rings = up_to(rng, 2.0);
    let decides = rings + up_to(rng, 20.0);
    let mut deeds = vec![];
    match rng.random_range(0..10) {
        0 => {}
        1..=2 => deeds.push((rings, Deed::EarlyMedia)),
        _ => deeds.push((rings, Deed::Ring)),
    }
    match rng.random_range(0..20) {
        // It rings until we give up.
        0..=1 => {}
        2..=4 => deeds.push((
            decides,
            Deed::Refuse(REFUSALS[rng.random_range(0..REFUSALS.len())]),
        )),
        5 => deeds.push((
            Duration::ZERO,
            Deed::Refuse(REFUSALS[rng.random_range(0..REFUSALS.len())]),
        )),
        _ => deeds.push((decides, Deed::Answer)),
    }
    deeds
}

/// What somebody does who talks with us: deeds, each so long after the answer.
pub(super) fn talks(rng: &mut ChaCha8Rng, caller: bool, vanish: f64) -> Vec<(Duration, Deed)> {
    let mut deeds = vec![];
    if caller {
        let mut at = Duration::ZERO;
        for _ in 0..rng.random_range(0..14) {
            at += up_to(rng, 15.0);
            let key = ['*', '*', '*', '1', '1', '9', '#', '0'][rng.random_range(0..8)];
            deeds.extend(Digit::from_char(key).map(|digit| (at, Deed::Press(digit))));
        }
    }
    if rng.random_bool(0.05) {
        deeds.push((up_to(rng, 20.0), Deed::Hold));
    }
    let stays = up_to(rng, if caller { 200.0 } else { 60.0 });
    if rng.random_bool(vanish) {
        deeds.push((stays, Deed::Vanish));
    } else if rng.random_bool(0.8) {
        deeds.push((stays, Deed::HangUp));
    }
    deeds
}
