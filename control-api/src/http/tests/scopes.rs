//! Which key may do what: the table below, the OpenAPI document and the routes themselves agree.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use axum::body::Body;
use axum::http::{Request, StatusCode};

use super::api::Api;
use super::document::operations;
use crate::store::testing;

const SCOPES: [&str; 5] = ["read", "calls", "campaigns", "ops", "admin"];

/// Every guarded operation, and the scopes of which one is enough beside `admin`.
const TABLE: &str = "\
DELETE /v1/blocklist/{id}: ops
DELETE /v1/campaigns/{id}: campaigns
DELETE /v1/campaigns/{id}/crm: campaigns
DELETE /v1/campaigns/{id}/targets/{target_id}: campaigns
DELETE /v1/keys/{id}:
DELETE /v1/nodes/{id}/drain: ops
DELETE /v1/numbers/{id}: ops
DELETE /v1/optouts/{id}: calls ops
DELETE /v1/prompts/{id}: campaigns
DELETE /v1/prompts/{id}/select: campaigns
DELETE /v1/routes/{id}: ops
DELETE /v1/schedules/{id}: calls
DELETE /v1/sessions/{id}: calls
DELETE /v1/targets/{id}: campaigns
DELETE /v1/trunks/{id}: ops
DELETE /v1/users/{id}:
DELETE /v1/webhooks/{id}: ops
GET /api/audiorecording: read
GET /api/audiorecording/{id}: read
GET /api/call: read
GET /api/call/{id}: read
GET /api/campaign: read
GET /api/campaign/date_calls.json: read
GET /api/campaign/{id}: read
GET /api/campaign/{id}/date_calls.json: read
GET /api/campaign/{id}/stats.json: read
GET /api/campaign/{id}/target_calls.json: read
GET /api/campaigns.json: read
GET /api/schedule: read
GET /api/schedule/{id}: read
GET /api/target: read
GET /api/target/{id}: read
GET /v1/audit:
GET /v1/blocklist: read ops
GET /v1/blocklist/{id}: read ops
GET /v1/calls: read calls
GET /v1/calls/{id}: read calls
GET /v1/campaigns: read campaigns
GET /v1/campaigns/{id}: read campaigns
GET /v1/campaigns/{id}/crm: read campaigns
GET /v1/campaigns/{id}/crm.csv: campaigns
GET /v1/campaigns/{id}/crm/deliveries: read campaigns
GET /v1/campaigns/{id}/lint: read campaigns
GET /v1/campaigns/{id}/preview: read campaigns
GET /v1/campaigns/{id}/prompts: read campaigns
GET /v1/campaigns/{id}/stats: read campaigns
GET /v1/campaigns/{id}/stats/outcomes: read campaigns
GET /v1/campaigns/{id}/stats/refs: read campaigns
GET /v1/campaigns/{id}/stats/steps: read campaigns
GET /v1/campaigns/{id}/stats/targets: read campaigns
GET /v1/campaigns/{id}/stats/times: read campaigns
GET /v1/campaigns/{id}/stats/{file}: read campaigns
GET /v1/campaigns/{id}/targets: read campaigns
GET /v1/cdrs: read calls ops
GET /v1/cdrs.csv: read calls ops
GET /v1/cdrs/{id}: read calls ops
GET /v1/events: read calls ops
GET /v1/keys:
GET /v1/me: read calls campaigns ops
GET /v1/nodes: read ops
GET /v1/nodes/{id}: read ops
GET /v1/numbers: read ops
GET /v1/numbers/{id}: read ops
GET /v1/optouts: read calls ops
GET /v1/overview: read ops
GET /v1/prompts: read campaigns
GET /v1/prompts/playing: read campaigns
GET /v1/prompts/{id}: read campaigns
GET /v1/prompts/{id}/audio: read campaigns
GET /v1/prompts/{id}/waveform: read campaigns
GET /v1/routes: read ops
GET /v1/routes/{id}: read ops
GET /v1/schedules: read calls
GET /v1/schedules/{id}: read calls
GET /v1/sessions: read calls
GET /v1/sessions/{id}: read calls
GET /v1/sessions/{id}/trace: read calls
GET /v1/targets: read campaigns
GET /v1/targets/{id}: read campaigns
GET /v1/trunks: read ops
GET /v1/trunks/{id}: read ops
GET /v1/trunks/{id}/status: read ops
GET /v1/users:
GET /v1/users/{id}:
GET /v1/webhooks: read ops
GET /v1/webhooks/{id}: read ops
GET /v1/webhooks/{id}/deliveries: read ops
PATCH /v1/campaigns/{id}: campaigns
PATCH /v1/numbers/{id}: ops
PATCH /v1/prompts/{id}: campaigns
PATCH /v1/routes/{id}: ops
PATCH /v1/schedules/{id}: calls
PATCH /v1/targets/{id}: campaigns
PATCH /v1/trunks/{id}: ops
PATCH /v1/users/{id}:
PATCH /v1/webhooks/{id}: ops
POST /v1/blocklist: ops
POST /v1/campaigns: campaigns
POST /v1/campaigns/{id}/archive: campaigns
POST /v1/campaigns/{id}/copy: campaigns
POST /v1/campaigns/{id}/crm/replay: campaigns
POST /v1/campaigns/{id}/crm/test: campaigns
POST /v1/campaigns/{id}/forget:
POST /v1/campaigns/{id}/launch: campaigns
POST /v1/campaigns/{id}/pause: campaigns
POST /v1/campaigns/{id}/targets: campaigns
POST /v1/keys:
POST /v1/logout: read calls campaigns ops
POST /v1/nodes/{id}/drain: ops
POST /v1/numbers: ops
POST /v1/optouts: calls ops
POST /v1/prompts: campaigns
POST /v1/prompts/{id}/select: campaigns
POST /v1/routes: ops
POST /v1/routes/test: read ops
POST /v1/schedules: calls
POST /v1/sessions: calls
POST /v1/targets: campaigns
POST /v1/trunks: ops
POST /v1/users:
POST /v1/users/{id}/reset_password:
POST /v1/webhooks: ops
POST /v1/webhooks/{id}/replay: ops
POST /v1/webhooks/{id}/test: ops
PUT /v1/campaigns/{id}: campaigns
PUT /v1/campaigns/{id}/crm: campaigns
PUT /v1/campaigns/{id}/targets: campaigns
PUT /v1/me/password: read calls campaigns ops
PUT /v1/numbers/{id}: ops
PUT /v1/routes/{id}: ops
PUT /v1/targets/{id}: campaigns
PUT /v1/trunks/{id}: ops
PUT /v1/webhooks/{id}: ops
";

/// What any page may read of a campaign.
const OPEN: [&str; 5] = [
    "/count.json",
    "/embed.js",
    "/CallPowerForm.js",
    "/embed_iframe.html",
    "/embed_code.html",
];

#[test]
fn the_document_says_what_the_table_says() {
    let mut table: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (method, path, operation) in operations() {
        let is_guarded = (path.starts_with("/v1/") && path != "/v1/login")
            || (path.starts_with("/api/") && !OPEN.iter().any(|end| path.ends_with(end)));
        if !is_guarded {
            assert!(
                operation.get("security").is_none(),
                "{method} {path} needs no key"
            );
            continue;
        }
        let requirements = operation["security"].as_array().unwrap();
        let scopes = requirements.iter().filter_map(|r| r["key"].as_array()).flatten();
        let scopes = scopes
            .map(|s| s.as_str().unwrap().to_owned())
            .filter(|s| s != "admin");
        table.insert(format!("{method} {path}"), scopes.collect());
    }
    let mut text = String::new();
    for (operation, scopes) in table {
        writeln!(
            text,
            "{}",
            format!("{operation}: {}", scopes.join(" ")).trim_end()
        )
        .unwrap();
    }
    assert_eq!(text, TABLE);
}

#[test]
fn the_routes_do_what_the_table_says() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        for line in TABLE.lines() {
            let (operation, scopes) = line.split_once(':').unwrap();
            let (method, path) = operation.split_once(' ').unwrap();
            let path = path
                .replace("{id}", "00000000-0000-0000-0000-00000000ffff")
                .replace("{target_id}", "00000000-0000-0000-0000-00000000ffff");
            let allowed: Vec<&str> = scopes.split_whitespace().chain(["admin"]).collect();
            for scope in SCOPES {
                // A stream never ends: it is only seen to be refused.
                if path == "/v1/events" && allowed.contains(&scope) {
                    continue;
                }
                let answer = api.json(scope, method, &path, "").await;
                let refused = answer.status == StatusCode::FORBIDDEN;
                assert_eq!(
                    refused,
                    !allowed.contains(&scope),
                    "{operation} as {scope}: {}",
                    answer.status
                );
            }
            let request = Request::builder()
                .method(method)
                .uri(&path)
                .body(Body::empty())
                .unwrap();
            assert_eq!(
                api.send(request).await.status,
                StatusCode::UNAUTHORIZED,
                "{operation} without a key"
            );
        }
    });
}

/// A key that was revoked or has expired opens nothing.
#[test]
fn a_key_ends() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let key = api
            .made(
                "/v1/keys",
                serde_json::json!({"name": "form", "scopes": ["read"], "expires_at": "2026-11-21T05:05:00Z"}),
            )
            .await;
        let secret = key["secret"].as_str().unwrap().to_owned();
        assert_eq!(secret.len(), "tl_".len() + 64);
        let status = async || {
            let request = Request::builder()
                .uri("/v1/trunks")
                .header("authorization", format!("Bearer {secret}"))
                .body(Body::empty())
                .unwrap();
            api.send(request).await.status.as_u16()
        };
        assert_eq!(status().await, 200);
        api.app.clock().advance(std::time::Duration::from_secs(3_600));
        assert_eq!(status().await, 401);
    });
}
