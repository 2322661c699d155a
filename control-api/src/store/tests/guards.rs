//! What stands before a call: rate limits, the blocklist, idempotency keys.

use uuid::Uuid;

use super::super::blocklist::{self, Entry};
use super::super::idempotency::{self, Begun};
use super::super::ratelimits::{self, Limit, Taken};
use super::super::testing::check;
use super::super::{Page, StoreError};
use super::rows::id;

fn limit(key: &str, limit: i64, window_ms: i64) -> Limit {
    Limit {
        key: key.to_owned(),
        limit,
        window_ms,
    }
}

#[test]
fn a_window_slides_and_says_when_there_is_room() {
    check(|db| async move {
        let limits = [limit("phone", 2, 1_000)];
        let mut n = 0;
        let mut take = async |now| {
            n += 1;
            ratelimits::take(&db, &limits, Uuid::from_u128(n), now)
                .await
                .unwrap()
        };
        assert_eq!(take(100).await, Taken::Yes);
        assert_eq!(take(600).await, Taken::Yes);
        assert_eq!(
            take(700).await,
            Taken::No {
                limit: 0,
                retry_after_ms: 400
            }
        );
        assert_eq!(
            take(1_099).await,
            Taken::No {
                limit: 0,
                retry_after_ms: 1
            }
        );
        assert_eq!(take(1_100).await, Taken::Yes);
        assert_eq!(
            take(1_101).await,
            Taken::No {
                limit: 0,
                retry_after_ms: 499
            }
        );
    });
}

#[test]
fn what_one_limit_refuses_counts_under_none() {
    check(|db| async move {
        let both = [limit("wide", 2, 1_000), limit("full", 0, 1_000)];
        let refused = ratelimits::take(&db, &both, Uuid::from_u128(1), 10)
            .await
            .unwrap();
        assert_eq!(
            refused,
            Taken::No {
                limit: 1,
                retry_after_ms: 1_000
            }
        );
        for n in 2..=3 {
            let wide = ratelimits::take(&db, &both[..1], Uuid::from_u128(n), 10)
                .await
                .unwrap();
            assert_eq!(wide, Taken::Yes);
        }
    });
}

#[test]
fn a_hundred_requests_at_once_are_counted_exactly() {
    check(|db| async move {
        let requests = (0..100_u128).map(|n| {
            let db = db.clone();
            // Half of them name the limits in the other order: nobody may wait for each other for ever.
            let mut limits = vec![limit("phone", 1_000, 1_000), limit("ip", 10, 1_000)];
            if n % 2 == 0 {
                limits.reverse();
            }
            tokio::spawn(async move {
                ratelimits::take(&db, &limits, Uuid::from_u128(n), 10)
                    .await
                    .unwrap()
            })
        });
        let mut taken = 0;
        for request in requests.collect::<Vec<_>>() {
            taken += usize::from(request.await.unwrap() == Taken::Yes);
        }
        assert_eq!(taken, 10);
    });
}

#[test]
fn old_counts_are_forgotten() {
    check(|db| async move {
        let limits = [limit("a", 1, 100)];
        ratelimits::take(&db, &limits, Uuid::from_u128(1), 10)
            .await
            .unwrap();
        ratelimits::take(&db, &[limit("b", 1, 100)], Uuid::from_u128(2), 200)
            .await
            .unwrap();
        assert_eq!(ratelimits::sweep(&db, 100).await.unwrap(), 1);
        assert_eq!(
            ratelimits::take(&db, &limits, Uuid::from_u128(3), 20)
                .await
                .unwrap(),
            Taken::Yes
        );
    });
}

#[test]
fn every_field_of_a_blocklist_entry_that_is_set_must_match() {
    check(|db| async move {
        let entry = |n, phone: Option<&str>, network: Option<&str>, prefix: Option<&str>, expires_at| Entry {
            id: id(n),
            phone_hash: phone.map(str::to_owned),
            network: network.map(str::to_owned),
            prefix: prefix.map(str::to_owned),
            reason: String::new(),
            expires_at,
            hits: 0,
            created_at: 1,
        };
        for row in [
            entry(1, Some("aa"), None, None, None),
            entry(2, None, Some("192.0.2.0/24"), None, None),
            entry(3, None, Some("2001:db8::7"), None, None),
            entry(4, None, None, Some("+1900"), None),
            entry(5, Some("bb"), Some("198.51.100.0/24"), None, None),
            entry(6, Some("cc"), None, None, Some(100)),
            entry(7, None, None, None, None),
            entry(8, Some("of the campaign"), Some("198.51.100.77"), None, None),
        ] {
            blocklist::create(&db, &row).await.unwrap();
        }
        let hit = async |phone: &str, hash: &str, ip: Option<&str>, now| {
            let ip = ip.map(|ip| ip.parse().unwrap());
            blocklist::hit(&db, phone, [hash, "of the campaign"], ip, now)
                .await
                .unwrap()
                .map(|e| e.id)
        };
        assert_eq!(hit("+12025550123", "aa", None, 1).await, Some(id(1)));
        assert_eq!(hit("+12025550123", "zz", Some("192.0.2.9"), 1).await, Some(id(2)));
        assert_eq!(
            hit("+12025550123", "zz", Some("2001:db8::7"), 1).await,
            Some(id(3))
        );
        assert_eq!(hit("+19005550123", "zz", None, 1).await, Some(id(4)));
        assert_eq!(hit("+12025550123", "bb", None, 1).await, None);
        assert_eq!(hit("+12025550123", "bb", Some("203.0.113.1"), 1).await, None);
        assert_eq!(
            hit("+12025550123", "bb", Some("198.51.100.1"), 1).await,
            Some(id(5))
        );
        assert_eq!(
            hit("+12025550123", "zz", Some("198.51.100.77"), 1).await,
            Some(id(8)),
            "a reference as a session has it"
        );
        assert_eq!(hit("+12025550123", "cc", None, 99).await, Some(id(6)));
        assert_eq!(hit("+12025550123", "cc", None, 100).await, None);
        assert_eq!(
            hit("+12025550123", "zz", Some("203.0.113.1"), 1).await,
            None,
            "an empty entry blocks nobody"
        );
        hit("+12025550123", "aa", None, 2).await;
        assert_eq!(blocklist::get(&db, &id(1)).await.unwrap().hits, 2);
        blocklist::delete(&db, &id(1)).await.unwrap();
        assert!(matches!(
            blocklist::delete(&db, &id(1)).await,
            Err(StoreError::NotFound)
        ));
        assert_eq!(
            blocklist::list(&db, &Page::first(2)).await.unwrap().next,
            Some(id(3))
        );
    });
}

#[test]
fn the_first_request_with_a_key_does_the_work() {
    check(|db| async move {
        let begin =
            async |owner: &str, hash: &str| idempotency::begin(&db, owner, "k", hash, 10).await.unwrap();
        assert_eq!(begin("a", "h").await, Begun::First);
        assert_eq!(begin("a", "h").await, Begun::Running);
        assert_eq!(begin("a", "other").await, Begun::Different);
        assert_eq!(begin("b", "h").await, Begun::First);
        idempotency::finish(&db, "a", "k", 201, "{}").await.unwrap();
        assert_eq!(
            begin("a", "h").await,
            Begun::Done {
                status: 201,
                body: "{}".to_owned()
            }
        );
        idempotency::forget(&db, "b", "k").await.unwrap();
        assert_eq!(begin("b", "h").await, Begun::First);
        assert_eq!(idempotency::sweep(&db, 11).await.unwrap(), 2);
        assert_eq!(begin("a", "h").await, Begun::First);
    });
}
