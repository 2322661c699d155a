//! The counters hold what a count over the rows gives, whatever was written, in whatever order, and however often.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trunkline_gateway::flow::{CallStatus, Outcome};

use super::super::sessions::{self, Session};
use super::super::testing::check;
use super::super::{Db, calls, on_read, stats};
use super::rows::{call, id, live_campaign, new_event_id, session};
use crate::store::campaigns::Campaign;

/// Every counter that is not 0, a line each.
async fn counters(db: &Db) -> Vec<String> {
    let calls = "select campaign_id, series, key, at, status, outcome, calls, talk_ms from stats_calls \
                 where calls <> 0 or talk_ms <> 0";
    let sessions = "select campaign_id, series, key, at, status, sessions, answered, waited, wait_ms from stats_sessions \
                    where sessions <> 0 or answered <> 0 or waited <> 0 or wait_ms <> 0";
    let refs = "select campaign_id, ref, sessions, calls, completed, talked from stats_refs where sessions <> 0 or calls <> 0";
    type Calls = (String, String, String, i64, String, String, i64, i64);
    type Sessions = (String, String, String, i64, String, i64, i64, i64, i64);
    type Refs = (String, String, i64, i64, i64, i64);
    let calls: Vec<Calls> = on_read!(db, |x| sqlx::query_as(calls).fetch_all(x).await.unwrap());
    let sessions: Vec<Sessions> = on_read!(db, |x| sqlx::query_as(sessions).fetch_all(x).await.unwrap());
    let refs: Vec<Refs> = on_read!(db, |x| sqlx::query_as(refs).fetch_all(x).await.unwrap());
    let mut lines: Vec<String> = calls.iter().map(|row| format!("call {row:?}")).collect();
    lines.extend(sessions.iter().map(|row| format!("session {row:?}")));
    lines.extend(refs.iter().map(|row| format!("ref {row:?}")));
    lines.sort();
    lines
}

/// What is counted one by one is what is counted at once.
async fn check_counters(db: &Db, at: &str) {
    let kept = counters(db).await;
    stats::rebuild(db).await.unwrap();
    assert_eq!(kept, counters(db).await, "{at}");
}

const STATUSES: [CallStatus; 5] = [
    CallStatus::Completed,
    CallStatus::Completed,
    CallStatus::Busy,
    CallStatus::Failed,
    CallStatus::Unknown,
];
const OUTCOMES: [Outcome; 5] = [
    Outcome::Talked,
    Outcome::Skipped,
    Outcome::Busy,
    Outcome::Unreachable,
    Outcome::NodeLost,
];

/// A made-up day of calls.
struct Day<'a> {
    db: &'a Db,
    rng: ChaCha8Rng,
    campaigns: [Campaign; 2],
    sessions: Vec<Session>,
    calls: Vec<String>,
    next: u128,
    now: i64,
}

impl Day<'_> {
    fn id(&mut self) -> u128 {
        self.next += 1;
        self.next
    }

    async fn step(&mut self) {
        self.now += self.rng.random_range(0..5_000_000);
        match self.rng.random_range(0..12) {
            0 | 1 => self.begin().await,
            2..=4 => self.dial().await,
            5..=7 => self.end_call().await,
            8 | 9 => self.end_session().await,
            10 => self.lose().await,
            _ => {
                if let Some(n) = self.any(self.sessions.len()) {
                    sessions::cancel_queued(self.db, &self.sessions[n].id, self.now, None)
                        .await
                        .unwrap();
                }
            }
        }
    }

    fn any(&mut self, len: usize) -> Option<usize> {
        (len > 0).then(|| self.rng.random_range(0..len))
    }

    async fn begin(&mut self) {
        let n = self.id();
        let which = self.rng.random_range(0..2);
        let reference = ["", "mail-7", "web"][self.rng.random_range(0..3)];
        let row = Session {
            reference: reference.to_owned(),
            ..session(n, &self.campaigns[which], self.now)
        };
        sessions::create(self.db, &row).await.unwrap();
        if self.rng.random_bool(0.7) {
            sessions::claim(self.db, "gw1", 9, self.now + 100, self.now)
                .await
                .unwrap();
            // Another one may have been claimed with it; only this one is dialled.
            let _ = sessions::start_dialling(self.db, &row.id, "gw1", self.now).await;
            let _ = sessions::set_step(self.db, &row.id, CallStatus::InProgress, "confirm", self.now).await;
        }
        self.sessions.push(row);
    }

    async fn dial(&mut self) {
        let Some(n) = self.any(self.sessions.len()) else {
            return;
        };
        let number = self.id();
        let mut row = call(number, &self.sessions[n]);
        row.target_key = format!("custom:{}", self.rng.random_range(1..4));
        row.started_at = self.now;
        calls::start(self.db, &row).await.unwrap();
        self.calls.push(row.id);
    }

    async fn end_call(&mut self) {
        let Some(n) = self.any(self.calls.len()) else {
            return;
        };
        let how = self.rng.random_range(0..STATUSES.len());
        let ms = self.rng.random_range(0..60_000);
        // Told twice, by design.
        for _ in 0..self.rng.random_range(1..3) {
            calls::end(
                self.db,
                &self.calls[n],
                STATUSES[how],
                OUTCOMES[how],
                ms,
                self.now,
                None,
            )
            .await
            .unwrap();
        }
    }

    async fn end_session(&mut self) {
        let Some(n) = self.any(self.sessions.len()) else {
            return;
        };
        let how = self.rng.random_range(0..STATUSES.len());
        for _ in 0..self.rng.random_range(1..3) {
            sessions::end(
                self.db,
                &self.sessions[n].id,
                STATUSES[how],
                "target 1",
                self.now,
                None,
            )
            .await
            .unwrap();
        }
    }

    async fn lose(&mut self) {
        sessions::close_lost(self.db, "gw1", self.now, &new_event_id)
            .await
            .unwrap();
    }
}

#[test]
fn counters_are_the_count_of_the_rows() {
    check(|db| async move {
        let campaigns = [live_campaign(&db, 1).await, live_campaign(&db, 2).await];
        for seed in 0..4 {
            let mut day = Day {
                db: &db,
                rng: ChaCha8Rng::seed_from_u64(seed),
                campaigns: campaigns.clone(),
                sessions: Vec::new(),
                calls: Vec::new(),
                next: u128::from(seed + 1) << 32,
                now: 1_795_233_900_000,
            };
            for n in 0..120 {
                day.step().await;
                if n % 40 == 39 {
                    check_counters(&db, &format!("seed {seed}, step {n}")).await;
                }
            }
        }
        assert!(counters(&db).await.len() > 100, "something was counted");
    });
}

/// The end of a call goes over a `node_lost`; it is counted once, as what it was.
#[test]
fn an_end_is_counted_once() {
    check(|db| async move {
        let campaign = live_campaign(&db, 1).await;
        let row = super::rows::dialling(&db, 2, &campaign, "gw1", 1_000).await;
        calls::start(&db, &call(3, &row)).await.unwrap();
        sessions::close_lost(&db, "gw1", 2_000, &new_event_id)
            .await
            .unwrap();
        let all = "select status || ' ' || outcome || ' ' || calls || ' ' || talk_ms from stats_calls \
                   where series = 'all' and calls <> 0";
        let said = async || -> Vec<String> {
            on_read!(&db, |x| sqlx::query_scalar(all).fetch_all(x).await.unwrap())
        };
        assert_eq!(said().await, ["unknown node_lost 1 0"]);
        for _ in 0..3 {
            calls::end(
                &db,
                &id(3),
                CallStatus::Completed,
                Outcome::Talked,
                500,
                2_500,
                None,
            )
            .await
            .unwrap();
            sessions::end(&db, &id(2), CallStatus::Completed, "done 1", 2_500, None)
                .await
                .unwrap();
        }
        assert_eq!(said().await, ["completed talked 1 500"]);
        check_counters(&db, "the end").await;
    });
}

/// Two nodes end calls of one campaign at the same time: none is lost.
#[test]
fn ends_at_the_same_time_are_all_counted() {
    check(|db| async move {
        let campaign = live_campaign(&db, 1).await;
        let row = session(2, &campaign, 5);
        sessions::create(&db, &row).await.unwrap();
        let mut ends = tokio::task::JoinSet::new();
        for n in 10..50 {
            calls::start(&db, &call(n, &row)).await.unwrap();
            let db = db.clone();
            ends.spawn(async move {
                calls::end(&db, &id(n), CallStatus::Completed, Outcome::Talked, 1, 200, None).await
            });
        }
        for ended in ends.join_all().await {
            assert!(ended.unwrap());
        }
        check_counters(&db, "forty at once").await;
    });
}

/// Rows that nobody counted, as an older version leaves them, are counted when the program starts; a second look changes nothing.
#[test]
fn what_was_never_counted_is_found() {
    check(|db| async move {
        let campaign = live_campaign(&db, 1).await;
        let row = session(2, &campaign, 5);
        sessions::create(&db, &row).await.unwrap();
        assert!(!stats::is_behind(&db).await.unwrap());
        let old = calls::Call {
            status: "completed".to_owned(),
            outcome: Some("talked".to_owned()),
            ended_at: Some(200),
            duration_ms: Some(100),
            ..call(3, &row)
        };
        calls::start(&db, &old).await.unwrap();
        assert!(stats::is_behind(&db).await.unwrap());
        assert!(stats::rebuild_if_behind(&db).await.unwrap());
        assert!(!stats::rebuild_if_behind(&db).await.unwrap());
        assert!(!stats::is_behind(&db).await.unwrap());
        assert!(!counters(&db).await.is_empty());
    });
}
