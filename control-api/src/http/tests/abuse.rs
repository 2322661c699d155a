//! The public form under attack: however it is asked, as many calls are queued as the rules of CAMPAIGNS.md 5 allow, and no more.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use tokio::task::JoinSet;

use super::api::Api;
use crate::store::sessions::{self, Filter};
use crate::store::{Page, testing};

/// Requests under way at once.
const AT_ONCE: usize = 64;

/// Sends each request of `(peer, telephone as it is typed)`, many at once; answers how many were let through.
async fn ask(api: &Arc<Api>, asked: Vec<(String, String)>) -> usize {
    let mut passed = 0;
    let mut tasks = JoinSet::new();
    for (peer, phone) in asked {
        while tasks.len() >= AT_ONCE {
            passed += usize::from(tasks.join_next().await.unwrap().unwrap());
        }
        let api = Arc::clone(api);
        tasks.spawn(async move {
            let body = json!({"campaignId": "library", "userPhone": phone}).to_string();
            let request = Request::post("/call/create")
                .header("content-type", "application/json")
                .body(Body::from(body))
                .unwrap();
            let status = api.send_from(&peer, request).await.status.as_u16();
            assert!(matches!(status, 200 | 429), "{phone} from {peer}: {status}");
            status == 200
        });
    }
    passed + tasks.join_all().await.into_iter().filter(|one| *one).count()
}

/// What is in the queue is what was let through.
async fn check(api: &Arc<Api>, asked: Vec<(String, String)>, expected: usize) {
    let passed = ask(api, asked).await;
    let queued = sessions::list(api.app.db(), &Filter::default(), &Page::first(2_000))
        .await
        .unwrap();
    assert_eq!((passed, queued.items.len()), (expected, expected));
}

/// Numbers that exist, each another.
fn phone(n: usize) -> String {
    format!("+1202{:07}", 3_000_000 + n)
}

#[test]
fn ten_thousand_requests_from_one_address_are_ten_calls() {
    testing::check(|db| async move {
        let api = Arc::new(Api::new(db).await);
        api.world().await;
        let asked = (0..10_000)
            .map(|n| ("203.0.113.9".to_owned(), phone(n)))
            .collect();
        check(&api, asked, 10).await;
    });
}

#[test]
fn one_telephone_in_twenty_spellings_is_two_calls() {
    const SPELLINGS: [&str; 20] = [
        "2025550123",
        "12025550123",
        "+12025550123",
        "+1 202 555 0123",
        "+1-202-555-0123",
        "+1.202.555.0123",
        "+1 (202) 555-0123",
        "1 (202) 555-0123",
        "(202) 555-0123",
        "(202)5550123",
        "202-555-0123",
        "202.555.0123",
        "202 555 0123",
        " 202 555 0123 ",
        "202/555/0123",
        "0012025550123",
        "0111 2025550123",
        "tel:+12025550123",
        "+1 202 555 0123",
        "２０２５５５０１２３",
    ];
    testing::check(|db| async move {
        let api = Arc::new(Api::new(db).await);
        api.world().await;
        let asked = SPELLINGS
            .iter()
            .enumerate()
            .map(|(n, spelling)| (format!("198.51.100.{n}"), (*spelling).to_owned()));
        let (passed, refused) = count(&api, asked.collect()).await;
        assert_eq!(passed, 2, "{refused} were refused as no number");
        assert!(refused <= 3, "{refused} spellings are not understood");
    });
}

/// How many were let through, and how many were no telephone numbers to us.
async fn count(api: &Arc<Api>, asked: Vec<(String, String)>) -> (usize, usize) {
    let (mut passed, mut refused) = (0, 0);
    for (peer, phone) in asked {
        let body = json!({"campaignId": "library", "userPhone": phone}).to_string();
        let request = Request::post("/call/create")
            .header("content-type", "application/json")
            .body(Body::from(body))
            .unwrap();
        match api.send_from(&peer, request).await.status.as_u16() {
            200 => passed += 1,
            400 => refused += 1,
            429 => {}
            other => panic!("{phone}: {other}"),
        }
    }
    (passed, refused)
}

#[test]
fn a_thousand_telephones_from_one_network_are_what_its_subscribers_may() {
    testing::check(|db| async move {
        let api = Arc::new(Api::new(db).await);
        api.world().await;
        // One subscriber has a whole /64, and draws a new address for each request.
        let asked = (0..1_000).map(|n| (format!("2001:db8:1:2:{:x}:{n:x}::1", n * 7 + 1), phone(n)));
        check(&api, asked.collect(), 10).await;
    });
    testing::check(|db| async move {
        let api = Arc::new(Api::new(db).await);
        api.world().await;
        // Twenty-five subscribers of a network of IPv4: ten each.
        let asked = (0..1_000).map(|n| (format!("203.0.113.{}", n % 25), phone(n)));
        check(&api, asked.collect(), 250).await;
    });
    testing::check(|db| async move {
        let api = Arc::new(Api::new(db).await);
        api.world().await;
        api.made(
            "/v1/blocklist",
            json!({"network": "203.0.113.0/24", "reason": "flood"}),
        )
        .await;
        let asked = (0..1_000).map(|n| (format!("203.0.113.{}", n % 250), phone(n)));
        check(&api, asked.collect(), 0).await;
    });
}

#[test]
fn one_telephone_has_five_calls_a_day_over_all_campaigns() {
    testing::check(|db| async move {
        let api = Arc::new(Api::new(db).await);
        api.world().await;
        // The same telephone every hour of a day.
        let mut passed = 0;
        for hour in 0..24 {
            let asked = (0..3).map(|n| (format!("198.51.{hour}.{n}"), phone(1))).collect();
            passed += ask(&api, asked).await;
            api.app.clock().advance(std::time::Duration::from_secs(3_600));
        }
        assert_eq!(passed, 5);
    });
}
