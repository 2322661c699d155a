//! Logging in by cookie: what the cookie is, how long it lives, what it needs beside it, and what it never lets through.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::json;

use super::api::{Answer, Api};
use super::roles::{by_cookie, somebody};
use crate::store::testing;
use crate::store::users::Role;

const PASSWORD: &str = "correct horse battery";

async fn login(api: &Api, name: &str, password: &str) -> Answer {
    let body = json!({"name": name, "password": password}).to_string();
    let request = Request::post("/v1/login")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body))
        .unwrap();
    api.send(request).await
}

fn cookie(answer: &Answer) -> String {
    let line = answer.headers[header::SET_COOKIE].to_str().unwrap();
    let (_, rest) = line.split_once('=').unwrap();
    rest.split(';').next().unwrap().to_owned()
}

async fn me(api: &Api, cookie: &str) -> u16 {
    by_cookie(api, cookie, "GET", "/v1/me", "").await.status.as_u16()
}

#[test]
fn a_login_lasts_until_it_is_over() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        somebody(&api, "ada", Role::Staff, &[]).await;
        let answer = login(&api, "ada", PASSWORD).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let line = answer.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
        let first = cookie(&answer);
        assert_eq!(
            line.replace(&first, "…"),
            "trunkline_session=…; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax"
        );
        assert_eq!(me(&api, &first).await, 200);
        // Out of the two that live the oldest goes: the one of `somebody` has gone already.
        let second = cookie(&login(&api, "ada", PASSWORD).await);
        let third = cookie(&login(&api, "ada", PASSWORD).await);
        let live = [
            me(&api, &first).await,
            me(&api, &second).await,
            me(&api, &third).await,
        ];
        assert_eq!(live, [401, 200, 200]);
        let out = by_cookie(&api, &second, "POST", "/v1/logout", "").await;
        assert_eq!(out.status, StatusCode::NO_CONTENT);
        assert!(
            out.headers[header::SET_COOKIE]
                .to_str()
                .unwrap()
                .contains("Max-Age=0")
        );
        assert_eq!([me(&api, &second).await, me(&api, &third).await], [401, 200]);
        api.app.clock().advance(Duration::from_secs(12 * 3_600));
        assert_eq!(me(&api, &third).await, 401);
    });
}

#[test]
fn a_change_by_cookie_needs_the_header() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let ada = somebody(&api, "ada", Role::Staff, &[]).await;
        let send = async |csrf: Option<&str>, site: Option<&str>| {
            let mut request = Request::post("/v1/campaigns")
                .header(header::COOKIE, format!("trunkline_session={ada}"))
                .header(header::CONTENT_TYPE, "application/json");
            if let Some(value) = csrf {
                request = request.header("Trunkline-CSRF", value);
            }
            if let Some(value) = site {
                request = request.header("Sec-Fetch-Site", value);
            }
            let request = request.body(Body::from("{}")).unwrap();
            api.send(request).await.status.as_u16()
        };
        assert_eq!(send(None, None).await, 403);
        assert_eq!(send(Some("1"), Some("cross-site")).await, 403);
        assert_eq!(
            send(Some("1"), Some("same-origin")).await,
            422,
            "it arrived, without a name"
        );
    });
}

#[test]
fn a_password_that_was_made_for_somebody_must_be_changed_first() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let made = api
            .made("/v1/users", json!({"name": "ada", "role": "admin"}))
            .await;
        let password = made["password"].as_str().unwrap().to_owned();
        let ada = cookie(&login(&api, "ada", &password).await);
        let status = async |method: &str, path: &str, body: &str| {
            by_cookie(&api, &ada, method, path, body).await.status.as_u16()
        };
        assert_eq!(status("GET", "/v1/users", "").await, 403);
        assert_eq!(status("GET", "/v1/me", "").await, 200);
        let wrong = json!({"old": "wrong", "new": PASSWORD}).to_string();
        assert_eq!(status("PUT", "/v1/me/password", &wrong).await, 422);
        let right = json!({"old": password, "new": PASSWORD}).to_string();
        assert_eq!(status("PUT", "/v1/me/password", &right).await, 204);
        assert_eq!(status("GET", "/v1/users", "").await, 200, "this login goes on");
        assert_eq!(login(&api, "ada", &password).await.status.as_u16(), 401);
        let audit = api
            .json("admin", "GET", "/v1/audit?noun=users&action=password", "")
            .await;
        assert_eq!(audit.json()["items"].as_array().unwrap().len(), 1);
        assert!(!audit.text().contains(PASSWORD));
    });
}

#[test]
fn somebody_disabled_is_out_at_once_and_the_last_admin_stays() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let ada = somebody(&api, "ada", Role::Admin, &[]).await;
        let bob = somebody(&api, "bob", Role::Viewer, &[]).await;
        let id = async |cookie: &str| {
            let answer = by_cookie(&api, cookie, "GET", "/v1/me", "").await;
            answer.json()["id"].as_str().unwrap().to_owned()
        };
        let (ada_id, bob_id) = (id(&ada).await, id(&bob).await);
        let off = json!({"enabled": false}).to_string();
        let path = format!("/v1/users/{bob_id}");
        assert!(
            by_cookie(&api, &ada, "PATCH", &path, &off)
                .await
                .status
                .is_success()
        );
        assert_eq!(me(&api, &bob).await, 401);
        let path = format!("/v1/users/{ada_id}");
        for (method, body) in [("PATCH", off.as_str()), ("DELETE", "")] {
            let answer = by_cookie(&api, &ada, method, &path, body).await;
            assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text());
        }
    });
}

#[test]
fn guessing_is_slow_for_a_name_that_nobody_has_too() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        somebody(&api, "ada", Role::Staff, &[]).await;
        for name in ["ada", "nobody"] {
            for _ in 0..10 {
                assert_eq!(login(&api, name, "wrong").await.status.as_u16(), 401);
            }
            let refused = login(&api, name, PASSWORD).await;
            assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(refused.headers[header::RETRY_AFTER], "900");
        }
        api.app.clock().advance(Duration::from_secs(900));
        assert_eq!(login(&api, "ada", PASSWORD).await.status, StatusCode::OK);
    });
}

#[test]
fn a_key_may_be_confined_to_campaigns() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let own = api.made("/v1/campaigns", json!({"name": "own"})).await;
        api.made("/v1/campaigns", json!({"name": "other"})).await;
        let key = json!({"name": "form", "scopes": ["read", "calls"], "campaigns": [own["id"]]});
        let key = api.made("/v1/keys", key).await;
        let get = async |path: &str| {
            let request = Request::get(path)
                .header(
                    header::AUTHORIZATION,
                    format!("Bearer {}", key["secret"].as_str().unwrap()),
                )
                .body(Body::empty())
                .unwrap();
            api.send(request).await
        };
        let campaigns = get("/v1/campaigns").await.json();
        assert_eq!(campaigns["items"].as_array().unwrap().len(), 1);
        assert_eq!(campaigns["items"][0]["name"], "own");
        assert_eq!(get("/v1/trunks").await.status, StatusCode::FORBIDDEN);
        let me = get("/v1/me").await.json();
        assert_eq!(me["campaigns"], json!([own["id"]]));
    });
}

/// CallPower's own routes: a key that is confined to a campaign starts calls and subscriptions of that one alone.
#[test]
fn a_bound_key_starts_calls_of_its_own_campaign() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let own = api.world().await;
        let other = api.made("/v1/campaigns", json!({"name": "other"})).await;
        let other = other["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/campaigns/{other}/targets");
        api.made(&path, json!({"target_ids": ["custom:one"]})).await;
        api.made(&format!("/v1/campaigns/{other}/launch"), json!({}))
            .await;
        let key = json!({"name": "form", "scopes": ["calls"], "campaigns": [own]});
        let key = api.made("/v1/keys", key).await["secret"]
            .as_str()
            .unwrap()
            .to_owned();
        let send = async |method: &str, path: String| {
            let request = Request::builder().method(method).uri(path).body(Body::empty());
            let answer = api.send(request.unwrap()).await;
            (answer.status.as_u16(), answer.text())
        };
        let create =
            |campaign: &str| format!("/call/create?campaignId={campaign}&userPhone=2025550123&api_key={key}");
        let (status, text) = send("GET", create(&own)).await;
        assert_eq!(status, 200, "{text}");
        let (status, text) = send("GET", create(&other)).await;
        assert_eq!(status, 403, "{text}");
        let subscribe = |campaign: &str| format!("/schedule/{campaign}/2025550124?api_key={key}");
        for (method, campaign, expected) in [
            ("POST", &own, 200),
            ("POST", &other, 400),
            ("GET", &own, 200),
            ("GET", &other, 400),
            ("DELETE", &other, 400),
            ("DELETE", &own, 200),
        ] {
            let (status, text) = send(method, subscribe(campaign)).await;
            assert_eq!(status, expected, "{method} {campaign}: {text}");
        }
    });
}

/// Who tried, and whose name, as far as there is one: what was typed for a name or a password may be anything.
#[test]
fn refused_logins_are_audited_without_what_was_typed() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        somebody(&api, "ada", Role::Staff, &[]).await;
        let refused = async || {
            let answer = api
                .json("admin", "GET", "/v1/audit?action=login%20refused&limit=1000", "")
                .await;
            let rows = answer.json()["items"].as_array().unwrap().clone();
            (rows, answer.text())
        };
        login(&api, "ada", "hunter2hunter2").await;
        login(&api, "my password", "x").await;
        let (rows, text) = refused().await;
        let shown: Vec<_> = rows
            .iter()
            .map(|row| {
                (
                    row["actor_kind"].clone(),
                    row["actor"].clone(),
                    row["noun_id"].is_string(),
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                (json!("nobody"), json!(""), false),
                (json!("user"), json!("ada"), true)
            ]
        );
        assert!(
            !text.contains("hunter2") && !text.contains("my password"),
            "{text}"
        );
        // However many names are tried, and from however many places, the rows are few.
        for n in 0..100 {
            let body = json!({"name": format!("name {n}"), "password": "x"}).to_string();
            let request = Request::post("/v1/login")
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body))
                .unwrap();
            let peer = format!("198.51.100.{n}");
            assert_eq!(
                api.send_from(&peer, request).await.status,
                StatusCode::UNAUTHORIZED
            );
        }
        assert_eq!(refused().await.0.len(), 61);
    });
}
