//! Statistics here are what a direct count there says.

use super::{Place, campaign_id, server};
use crate::store::Db;
use crate::store::callpower::testing::CallPower;
use crate::store::stats::{self, DAY_MS, Span};
use crate::store::testing::check;

type Pairs = Vec<(i64, i64)>;

/// Calls by status.
async fn by_status(db: &Db, id: &str) -> Vec<(String, i64)> {
    let mut counts: Vec<(String, i64)> = Vec::new();
    for outcome in stats::outcomes(db, id).await.unwrap() {
        match counts.last_mut() {
            Some((status, calls)) if *status == outcome.status => *calls += outcome.calls,
            Some(_) | None => counts.push((outcome.status, outcome.calls)),
        }
    }
    counts
}

/// Calls by target and status, those to nobody in particular left out.
async fn by_target(db: &Db, id: &str) -> Vec<(String, String, i64)> {
    let mut counts = std::collections::BTreeMap::new();
    for count in stats::by_target(db, id, None, 10_000).await.unwrap() {
        if count.key != "custom:callpower-unknown" {
            *counts.entry((count.key, count.status)).or_insert(0) += count.calls;
        }
    }
    counts
        .into_iter()
        .map(|((key, status), calls)| (key, status, calls))
        .collect()
}

/// Completed calls by day.
async fn by_day(db: &Db, id: &str, days: &Pairs) -> Pairs {
    let mut counts = Vec::new();
    for (day, _) in days {
        let span = Some(Span {
            since: *day,
            until: day + DAY_MS,
        });
        let of_day = stats::by_target(db, id, span, 10_000).await.unwrap();
        let completed = of_day.iter().filter(|count| count.status == "completed");
        counts.push((*day, completed.map(|count| count.calls).sum()));
    }
    counts
}

#[test]
fn statistics_are_what_a_count_there_says() {
    let Some(server) = server() else { return };
    check(|db| {
        let server = server.clone();
        async move {
            let mut old = CallPower::make(&server).await;
            old.fill().await;
            let place = Place::new();
            place.run(&old.url, &db, &place.options()).await.unwrap();
            compare(&mut old, &db).await;
            // Counting the rows anew comes to the same.
            assert!(!stats::is_behind(&db).await.unwrap());
            stats::rebuild(&db).await.unwrap();
            compare(&mut old, &db).await;
            // What was added since is added here, and nothing is counted twice.
            old.call().await;
            let report = place.run(&old.url, &db, &place.options()).await.unwrap();
            let counts = report.counts();
            assert!(counts.contains(&"calls 1+5608 of 5611".to_owned()), "{counts:?}");
            compare(&mut old, &db).await;
            old.drop().await;
        }
    });
}

async fn compare(old: &mut CallPower, db: &Db) {
    for (campaign, without_session) in [(1, 2), (2, 0)] {
        let id = campaign_id(campaign.into());
        assert_eq!(
            by_status(db, &id).await,
            old.by_status(campaign).await,
            "campaign {campaign}"
        );
        assert_eq!(
            by_target(db, &id).await,
            old.by_target(campaign).await,
            "campaign {campaign}"
        );
        let days = old.by_day(campaign).await;
        assert_eq!(by_day(db, &id, &days).await, days, "campaign {campaign}");
        assert_eq!(
            stats::calls_per_session(db, &id).await.unwrap(),
            old.per_session(campaign).await,
            "campaign {campaign}"
        );
        let steps = stats::steps(db, &id).await.unwrap();
        let sessions: i64 = steps.iter().map(|step| step.sessions).sum();
        let wait_ms: i64 = steps.iter().map(|step| step.wait_ms).sum();
        let (there, waited) = old.sessions(campaign).await;
        assert_eq!(
            (sessions, wait_ms),
            (there + without_session, waited),
            "campaign {campaign}"
        );
        let mut codes: Vec<(String, i64)> = stats::referrals(db, &id, 2, 100)
            .await
            .unwrap()
            .into_iter()
            .filter(|code| !code.reference.is_empty())
            .map(|code| (code.reference, code.completed))
            .collect();
        codes.sort();
        assert_eq!(codes, old.codes(campaign).await, "campaign {campaign}");
    }
}
