//! CallPower's read API, byte for byte: the fields, their order and their types are what its clients rely on.

use axum::body::Body;
use axum::http::Request;

use super::api::Api;
use super::history;
use crate::store::{targets, testing};

/// Each path with what it answers; `CAMPAIGN` stands for the campaign's id.
const GOLDEN: [(&str, &str); 17] = [
    (
        "/api/campaign/CAMPAIGN/count.json",
        r#"{"completed":4,"last_24h":0,"last_week":4,"referral_codes":{"newsletter":3}}"#,
    ),
    (
        "/api/campaign/CAMPAIGN/stats.json?api_key=tl_read",
        r#"{"id":"CAMPAIGN","name":"library","sessions_started":6,"queue_avg_seconds":1.5,"sessions_completed":3,"calls_per_session":{"avg":"1.33","med":1.0},"calls_completed":4,"date_start":"2026-11-19","date_end":"2026-11-21"}"#,
    ),
    (
        "/api/campaign/library/date_calls.json?api_key=tl_read",
        r#"{"objects":{"2026-11-19":{"busy":1,"completed":1},"2026-11-20":{"completed":3},"2026-11-21":{"no-answer":1}}}"#,
    ),
    (
        "/api/campaign/library/date_calls.json?api_key=tl_read&start=2026-11-20&end=2026-11-20",
        r#"{"objects":{"2026-11-20":{"completed":3}}}"#,
    ),
    (
        "/api/campaign/library/date_calls.json?api_key=tl_read&timespan=minute&start=2026-11-19T10:05&end=2026-11-19T10:07",
        r#"{"objects":{"2026-11-19 10:05":{"completed":1},"2026-11-19 10:06":{"busy":1}}}"#,
    ),
    (
        "/api/campaign/library/date_calls.json?api_key=tl_read&timespan=hour&start=2026-11-20",
        r#"{"objects":{"2026-11-20 02:00":{"completed":3},"2026-11-21 04:00":{"no-answer":1}}}"#,
    ),
    (
        "/api/campaign/library/date_calls.json?api_key=tl_read&timespan=month",
        r#"{"objects":{"2026-11":{"busy":1,"completed":4,"no-answer":1}}}"#,
    ),
    (
        "/api/campaign/library/date_calls.json?api_key=tl_read&timespan=year&end=2026-11-20",
        r#"{"objects":{"2026":{"busy":1,"completed":1}}}"#,
    ),
    (
        "/api/campaign/library/date_calls.json?api_key=tl_read&start=2027-01-01",
        r#"{"objects":{}}"#,
    ),
    (
        "/api/campaign/date_calls.json?api_key=tl_read",
        r#"{"meta":{"calls_completed":4},"objects":{"2026-11-19":{"CAMPAIGN":2},"2026-11-20":{"CAMPAIGN":3},"2026-11-21":{"CAMPAIGN":1}}}"#,
    ),
    (
        "/api/campaign/CAMPAIGN/target_calls.json?api_key=tl_read",
        r#"{"objects":{"custom:gone":{"title":"","name":"custom:gone","district":"","no-answer":1},"custom:one":{"title":"Senator","name":"Ada Lovelace","district":"","completed":3},"custom:two":{"title":"Senator","name":"Mary O'Rourke","district":"","busy":1,"completed":1}}}"#,
    ),
    (
        "/api/campaign/library/target_calls.json?api_key=tl_read&start=2026-11-19T10:06&end=2026-11-21",
        r#"{"objects":{"custom:one":{"title":"Senator","name":"Ada Lovelace","district":"","completed":2},"custom:two":{"title":"Senator","name":"Mary O'Rourke","district":"","busy":1,"completed":1}}}"#,
    ),
    (
        "/api/campaigns.json?api_key=tl_read",
        r#"{"count":1,"objects":{"CAMPAIGN":"library"}}"#,
    ),
    (
        "/api/call?api_key=tl_read&q=%7B%22filters%22:%5B%7B%22name%22:%22outcome%22,%22op%22:%22eq%22,%22val%22:%22skipped%22%7D%5D%7D",
        r#"{"num_results":1,"page":1,"total_pages":1,"objects":[{"id":"ca110000-0000-0000-0000-000000000021","timestamp":"2026-11-20T02:05:20.000Z","campaign_id":"CAMPAIGN","target_id":"TARGET","call_id":"ca110000-0000-0000-0000-000000000021","status":"completed","duration":5,"target_display":"Senator Ada Lovelace","target_key":"custom:one","session_id":"ca110000-0000-0000-0000-000000000020","outcome":"skipped"}]}"#,
    ),
    (
        "/api/schedule?api_key=tl_read",
        r#"{"num_results":0,"page":1,"total_pages":0,"objects":[]}"#,
    ),
    (
        "/api/campaign/nobody/stats.json?api_key=tl_read",
        r#"{"status":404,"error":"Not Found","description":"there is no campaign of this id or name"}"#,
    ),
    (
        "/api/campaign/library/date_calls.json?api_key=tl_read&timespan=week",
        r#"{"status":400,"error":"Bad Request","description":"timespan should be one of minute,hour,day,month,year"}"#,
    ),
];

#[test]
fn answers_are_what_callpowers_clients_read() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let campaign = api.world().await;
        history::write(&api, &campaign).await;
        let target = targets::get_by_key(api.app.db(), "custom:one").await.unwrap();
        for (path, golden) in GOLDEN {
            let path = path.replace("CAMPAIGN", &campaign);
            let golden = golden
                .replace("CAMPAIGN", &campaign)
                .replace("TARGET", &target.id);
            let answer = api.send(Request::get(&path).body(Body::empty()).unwrap()).await;
            assert_eq!(answer.text(), golden, "{path}");
        }
    });
}

/// Before the first call there is nothing to divide by.
#[test]
fn an_empty_campaign_has_figures() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let campaign = api.world().await;
        let answer = async |path: &str| {
            let path = format!("/api/campaign/{campaign}/{path}?api_key=tl_read");
            let answer = api.send(Request::get(&path).body(Body::empty()).unwrap()).await;
            answer.text().replace(&campaign, "CAMPAIGN")
        };
        assert_eq!(
            answer("stats.json").await,
            r#"{"id":"CAMPAIGN","name":"library","sessions_started":0,"queue_avg_seconds":"","sessions_completed":0,"calls_per_session":{"avg":"0.00","med":"?"},"calls_completed":0}"#
        );
        assert_eq!(
            answer("count.json").await,
            r#"{"completed":0,"last_24h":0,"last_week":0,"referral_codes":{}}"#
        );
        assert_eq!(answer("date_calls.json").await, r#"{"objects":{}}"#);
        assert_eq!(answer("target_calls.json").await, r#"{"objects":{}}"#);
    });
}
