//! Counts are exact however many requests come at once, and an Idempotency-Key does its work once.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, header};

use super::api::Api;
use crate::store::sessions::{self, Filter};
use crate::store::{Page, testing};

#[test]
fn fifty_at_once_from_one_telephone_are_two_sessions() {
    testing::check(|db| async move {
        let api = Arc::new(Api::new(db).await);
        api.world().await;
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let api = Arc::clone(&api);
            tasks.spawn(async move {
                let request = Request::get("/call/create?campaignId=library&userPhone=2025550123");
                api.send(request.body(Body::empty()).unwrap())
                    .await
                    .status
                    .as_u16()
            });
        }
        let statuses = tasks.join_all().await;
        let passed = statuses.iter().filter(|s| **s == 200).count();
        assert_eq!(passed, 2, "{statuses:?}");
        assert!(statuses.iter().all(|s| matches!(s, 200 | 429)), "{statuses:?}");
        let queued = sessions::list(api.app.db(), &Filter::default(), &Page::default())
            .await
            .unwrap();
        assert_eq!(queued.items.len(), 2);
    });
}

#[test]
fn a_campaigns_daily_cap_is_exact_and_holds_for_keys() {
    testing::check(|db| async move {
        let api = Arc::new(Api::new(db).await);
        let campaign = api.world().await;
        let body = r#"{"limits": {"sessions_per_day": 7}}"#;
        api.json("admin", "PATCH", &format!("/v1/campaigns/{campaign}"), body)
            .await;
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..20 {
            let api = Arc::clone(&api);
            tasks.spawn(async move {
                let body = format!(r#"{{"campaign_id": "library", "phone": "20255501{n:02}"}}"#);
                api.json("calls", "POST", "/v1/sessions", &body)
                    .await
                    .status
                    .as_u16()
            });
        }
        let statuses = tasks.join_all().await;
        assert_eq!(statuses.iter().filter(|s| **s == 201).count(), 7, "{statuses:?}");
        let body = r#"{"campaign_id": "library", "phone": "2025550123"}"#;
        let refused = api.json("calls", "POST", "/v1/sessions", body).await;
        assert_eq!(refused.json()["detail"], "7 per 1 day");
        assert_eq!(refused.headers[header::RETRY_AFTER], "86400");
    });
}

#[test]
fn one_idempotency_key_is_one_session() {
    testing::check(|db| async move {
        let api = Arc::new(Api::new(db).await);
        api.world().await;
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let api = Arc::clone(&api);
            tasks.spawn(async move {
                let request = Request::post("/v1/sessions")
                    .header(header::AUTHORIZATION, "Bearer tl_calls")
                    .header(header::CONTENT_TYPE, "application/json")
                    .header("idempotency-key", "once")
                    .body(Body::from(r#"{"campaign_id": "library", "phone": "2025550123"}"#))
                    .unwrap();
                api.send(request).await.status.as_u16()
            });
        }
        let statuses = tasks.join_all().await;
        assert!(statuses.iter().all(|s| matches!(s, 201 | 409)), "{statuses:?}");
        assert!(statuses.contains(&201), "{statuses:?}");
        let queued = sessions::list(api.app.db(), &Filter::default(), &Page::default())
            .await
            .unwrap();
        assert_eq!(queued.items.len(), 1);
    });
}
