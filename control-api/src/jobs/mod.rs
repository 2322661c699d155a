//! When a job is tried again, and when it is given up: waits that double, spread by chance, up to a limit (DESIGN.md 6).

use rand::{Rng, RngExt as _};

use crate::store::jobs::{Job, JobState, Tried};

/// Wait after the first failure; doubled after each.
const FIRST_WAIT_MS: i64 = 5_000;

/// Longest wait, whatever the far end asks for.
const MAX_WAIT_MS: i64 = 3_600_000;

/// Tries of one job: the last is some eleven hours after the first.
pub(crate) const MAX_ATTEMPTS: i64 = 20;

/// How a try ended, in the words of whoever made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Done, with the status of the answer.
    Done(i64),
    /// To be tried again. `wait_ms` is what the far end asked for.
    Again {
        status: Option<i64>,
        error: String,
        wait_ms: Option<i64>,
    },
    /// No further try would help.
    Never { status: Option<i64>, error: String },
}

/// What the end of a try makes of the job.
pub(crate) fn judge(job: &Job, end: End, now: i64, rng: &mut impl Rng) -> Tried {
    let over = |state, status, error| Tried {
        state,
        due_at: now,
        status,
        error,
    };
    match end {
        End::Done(status) => over(JobState::Done, Some(status), String::new()),
        End::Never { status, error } => over(JobState::Dead, status, error),
        End::Again { status, error, .. } if job.attempts >= MAX_ATTEMPTS => {
            over(JobState::Dead, status, error)
        }
        End::Again {
            status,
            error,
            wait_ms,
        } => Tried {
            state: JobState::Waiting,
            due_at: now + wait(job.attempts, wait_ms, rng),
            status,
            error,
        },
    }
}

/// How long to wait after so many failures: a quarter more or less than the plan, so that those who failed together do not come back
/// together.
pub(crate) fn wait(attempts: i64, asked_ms: Option<i64>, rng: &mut impl Rng) -> i64 {
    let doublings = u32::try_from(attempts.clamp(1, MAX_ATTEMPTS) - 1).unwrap_or(0);
    let planned = FIRST_WAIT_MS.saturating_mul(2_i64.saturating_pow(doublings));
    let planned = planned.min(MAX_WAIT_MS);
    let spread = planned / 4;
    let waits = planned + rng.random_range(-spread..=spread);
    waits.max(asked_ms.unwrap_or(0).min(MAX_WAIT_MS))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn waits_double_up_to_an_hour_and_never_come_all_at_once() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        for (attempts, planned) in [
            (1, 5_000),
            (2, 10_000),
            (5, 80_000),
            (11, 3_600_000),
            (20, 3_600_000),
        ] {
            let waits: Vec<i64> = (0..50).map(|_| wait(attempts, None, &mut rng)).collect();
            assert!(
                waits.iter().all(|w| (w - planned).abs() <= planned / 4),
                "{attempts}: {waits:?}"
            );
            assert!(waits.iter().any(|w| *w != waits[0]), "{attempts}: all the same");
        }
        assert_eq!(wait(1, Some(60_000), &mut rng), 60_000);
        assert!(wait(1, Some(i64::MAX), &mut rng) <= MAX_WAIT_MS);
    }
}
