//! Claims under every short sequence of what can happen to them, and by which index the queue is read.

use trunkline_gateway::flow::CallStatus;

use super::super::testing::check;
use super::super::{Db, sessions};
use super::rows::{live_campaign, new_event_id, session};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    ClaimOne,
    ClaimTwo,
    DialOne,
    DialTwo,
    ReleaseOne,
    LeasesEnd,
    Cancel,
    OneRestarts,
}

const STEPS: [Step; 8] = [
    Step::ClaimOne,
    Step::ClaimTwo,
    Step::DialOne,
    Step::DialTwo,
    Step::ReleaseOne,
    Step::LeasesEnd,
    Step::Cancel,
    Step::OneRestarts,
];

const LEASE_MS: i64 = 100;

/// One session under a sequence of steps; answers how often its INVITE would have left.
async fn dialled(db: &Db, session_id: &str, steps: &[Step], now: &mut i64) -> usize {
    let mut dialled = 0;
    let mut cancelled = false;
    for step in steps {
        *now += 1;
        match step {
            Step::ClaimOne | Step::ClaimTwo => {
                let node = if *step == Step::ClaimOne { "gw1" } else { "gw2" };
                let claimed = sessions::claim(db, node, 1, *now + LEASE_MS, *now).await.unwrap();
                assert!(claimed.is_empty() || (dialled == 0 && !cancelled), "{steps:?}");
            }
            Step::DialOne | Step::DialTwo => {
                let node = if *step == Step::DialOne { "gw1" } else { "gw2" };
                let leaves = sessions::start_dialling(db, session_id, node, *now).await.is_ok();
                assert!(!leaves || !cancelled, "{steps:?}");
                dialled += usize::from(leaves);
            }
            Step::ReleaseOne => sessions::release(db, session_id, "gw1", 0).await.unwrap(),
            Step::LeasesEnd => *now += LEASE_MS,
            Step::Cancel => cancelled |= sessions::cancel_queued(db, session_id, *now, None).await.unwrap(),
            Step::OneRestarts => drop(
                sessions::close_lost(db, "gw1", *now, &new_event_id)
                    .await
                    .unwrap(),
            ),
        }
    }
    dialled
}

#[test]
fn no_sequence_of_claims_leases_and_restarts_dials_twice() {
    const LENGTH: u32 = 4;
    check(|db| async move {
        let campaign = live_campaign(&db, 1).await;
        let mut now = 1_000;
        let mut left = 0;
        for n in 0..STEPS.len().pow(LENGTH) {
            let steps: Vec<Step> = (0..LENGTH)
                .map(|i| STEPS[n / STEPS.len().pow(i) % STEPS.len()])
                .collect();
            // Only what begins with a claim can go on to anything.
            if !matches!(steps[0], Step::ClaimOne | Step::ClaimTwo) {
                continue;
            }
            let row = session(1_000 + n as u128, &campaign, now);
            sessions::create(&db, &row).await.unwrap();
            let times = dialled(&db, &row.id, &steps, &mut now).await;
            assert!(times <= 1, "{steps:?} dialled {times} times");
            left += times;
            sessions::end(&db, &row.id, CallStatus::Unknown, "", now, None)
                .await
                .unwrap();
        }
        assert!(left > 100, "the sequences reach the guard");
    });
}

#[test]
fn the_queue_is_read_by_its_index() {
    check(|db| async move {
        let Db::Sqlite(sqlite) = &db else { return };
        let claim = sqlx::AssertSqlSafe(format!("explain query plan {}", sessions::claim_for_plan()));
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(claim).fetch_all(&sqlite.write).await.unwrap();
        let steps: Vec<String> = plan.into_iter().map(|row| row.3).collect();
        assert!(
            steps
                .iter()
                .any(|step| step.contains("USING INDEX sessions_queue")),
            "{steps:#?}"
        );
    });
}
