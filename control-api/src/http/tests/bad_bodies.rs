//! Bodies that are wrong in forty ways: each is refused with a pointer or a reason, none with a mistake of the server.

use axum::body::Body;
use axum::http::Request;

use super::api::Api;
use crate::store::testing;

/// Path, body, and a part of the answer: the pointer where there is one.
const BAD: [(&str, &str, &str); 52] = [
    ("/v1/trunks", "", "the body is empty"),
    ("/v1/trunks", "null", "\"#\""),
    ("/v1/trunks", "true", "\"#\""),
    ("/v1/trunks", "\"trunk\"", "\"#\""),
    ("/v1/trunks", "[]", "\"#"),
    ("/v1/trunks", "{", "not JSON"),
    ("/v1/trunks", "{\"name\":\"a\",}", "not JSON"),
    ("/v1/trunks", "{\"name\":\"\u{fffd}", "not JSON"),
    ("/v1/trunks", "{}", "#/name"),
    ("/v1/trunks", r#"{"name":"a"}"#, "#/host"),
    ("/v1/trunks", r#"{"name":null,"host":"a"}"#, "#/name"),
    ("/v1/trunks", r#"{"name":"a","host":"a","port":"5060"}"#, "#/port"),
    ("/v1/trunks", r#"{"name":"a","host":"a","port":5060.5}"#, "#/port"),
    (
        "/v1/trunks",
        r#"{"name":"a","host":"a","port":99999999999999999999}"#,
        "#/port",
    ),
    ("/v1/trunks", r#"{"name":"a","host":"a\r\nVia: x"}"#, "#/host"),
    ("/v1/trunks", r#"{"name":"a","host":"a;lr"}"#, "#/host"),
    ("/v1/trunks", r#"{"name":"a\u0000","host":"a"}"#, "#/name"),
    ("/v1/trunks", r#"{"name":"a\nb","host":"a"}"#, "#/name"),
    (
        "/v1/trunks",
        r#"{"name":"a","host":"a","username":"a\r\nb"}"#,
        "#/username",
    ),
    (
        "/v1/trunks",
        r#"{"name":"a","host":"a","max_cps":-1}"#,
        "#/max_cps",
    ),
    (
        "/v1/trunks",
        r#"{"name":"a","host":"a","codecs":"PCMU"}"#,
        "#/codecs",
    ),
    ("/v1/trunks", r#"{"name":"a","host":"a","codecs":[]}"#, "#/codecs"),
    (
        "/v1/trunks",
        r#"{"name":"a","host":"a","allow":["0.0.0.0/33"]}"#,
        "#/allow/0",
    ),
    (
        "/v1/trunks",
        r#"{"name":"a","host":"a","enabled":"yes"}"#,
        "#/enabled",
    ),
    (
        "/v1/trunks",
        r#"{"name":"a","host":"a","Password":"x"}"#,
        "#/Password",
    ),
    (
        "/v1/routes",
        r#"{"name":"a","prefixes":"+","trunks":[]}"#,
        "#/prefixes",
    ),
    (
        "/v1/routes",
        r#"{"name":"a","prefixes":["+"],"trunks":[{}]}"#,
        "#/trunks/0",
    ),
    (
        "/v1/routes",
        r#"{"name":"a","prefixes":["+"],"trunks":[{"trunk_id":"x' or 1=1"}]}"#,
        "#/trunks/0/trunk_id",
    ),
    (
        "/v1/routes",
        r#"{"name":"a","prefixes":["+"],"trunks":[{"trunk_id":"a","wieght":1}]}"#,
        "#/trunks/0/wieght",
    ),
    ("/v1/routes/test", r#"{"number":12025550123}"#, "#/number"),
    (
        "/v1/routes/test",
        r#"{"number":"+1;phone-context=x"}"#,
        "#/number",
    ),
    ("/v1/numbers", r#"{"e164":"+1","trunk_id":""}"#, "#/e164"),
    ("/v1/targets", r#"{"name":"a","phone":"+1202555012a"}"#, "#/phone"),
    ("/v1/targets", r#"{"name":"a","extension":"1;2"}"#, "#/extension"),
    (
        "/v1/targets",
        r#"{"name":"a","offices":[{"name":"no uid"}]}"#,
        "#/offices/0/uid",
    ),
    (
        "/v1/targets",
        r#"{"name":"a","offices":[{"uid":"a","lat":1e400}]}"#,
        "not JSON",
    ),
    ("/v1/campaigns", "[]", "\"#\""),
    ("/v1/campaigns", r#"{"name":7}"#, "#/name"),
    (
        "/v1/campaigns",
        r#"{"name":"a","call_maximum":4294967296}"#,
        "#/call_maximum",
    ),
    ("/v1/campaigns", r#"{"name":"a","limits":[]}"#, "#/limits"),
    (
        "/v1/campaigns",
        r#"{"name":"a","limits":{"phone_per_hour":0}}"#,
        "#/limits/phone_per_hour",
    ),
    (
        "/v1/campaigns",
        r#"{"name":"a","target_ordering":"random"}"#,
        "#/target_ordering",
    ),
    (
        "/v1/campaigns",
        r#"{"name":"a","origins":["example.org"]}"#,
        "#/origins/0",
    ),
    ("/v1/campaigns", r#"{"name":"a","status":"live"}"#, "#/status"),
    (
        "/v1/sessions",
        r#"{"campaign_id":"x","phone":""}"#,
        "#/campaign_id",
    ),
    ("/v1/sessions", r#"{"phone":"+12025550123"}"#, "#/campaign_id"),
    (
        "/v1/sessions",
        r#"{"campaign_id":"x","phone":"1","ref":["a"]}"#,
        "#/ref",
    ),
    (
        "/v1/sessions",
        r#"{"campaign_id":"x","phone":"1","ip":"home"}"#,
        "#/ip",
    ),
    ("/v1/keys", r#"{"name":"a","scopes":"admin"}"#, "#/scopes"),
    ("/v1/keys", r#"{"name":"a","scopes":["Admin"]}"#, "#/scopes/0"),
    ("/v1/blocklist", r#"{}"#, "\"#\""),
    (
        "/v1/blocklist",
        r#"{"phone":"+12025550123","expires_at":1}"#,
        "#/expires_at",
    ),
];

#[test]
fn bad_bodies_are_told_what_is_wrong() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        for (path, body, part) in BAD {
            let answer = api.json("admin", "POST", path, body).await;
            let text = answer.text();
            assert!(
                matches!(answer.status.as_u16(), 400 | 422) && text.contains(part),
                "{path} {body}: {} {text}",
                answer.status
            );
            let problem = answer.json();
            assert!(
                !problem["detail"].as_str().unwrap().is_empty(),
                "{path} {body}: no detail"
            );
            for rust in ["u16", "i64", "struct ", "enum ", "variant"] {
                assert!(
                    !text.contains(rust),
                    "{path} {body}: {rust:?} is no word for a client: {text}"
                );
            }
        }
    });
}

#[test]
fn a_body_that_is_too_long_is_refused() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let body = format!(r#"{{"name":"{}"}}"#, "a".repeat(super::super::MAX_BODY_BYTES));
        let answer = api.json("admin", "POST", "/v1/targets", &body).await;
        assert_eq!(answer.status.as_u16(), 413, "{}", answer.text());
        let request = Request::post("/call/create")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap();
        let answer = api.send(request).await;
        assert_eq!(answer.status.as_u16(), 413, "{}", answer.text());
    });
}

/// Deeply nested JSON must not end the process.
#[test]
fn a_deep_body_is_refused() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let body = "[".repeat(100_000);
        for path in ["/v1/targets", "/call/create"] {
            let answer = api.json("admin", "POST", path, &body).await;
            assert_eq!(answer.status.as_u16(), 400, "{}", answer.text());
        }
    });
}
