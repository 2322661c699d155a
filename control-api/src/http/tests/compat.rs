//! A page that posts as CallPower's embed script does, and what that script looks at.

use axum::body::Body;
use axum::http::Request;

use super::api::Api;
use crate::store::sessions::{self, Filter};
use crate::store::{Page, testing};

/// The script serialises its form, posts it, and goes on only when `campaign` is `live` and `call` is `queued`.
#[test]
fn callpowers_embed_goes_on() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let campaign = api.world().await;
        let form = format!("campaignId={campaign}&userPhone=2025550123&userCountry=US&userLocation=&ref=");
        let request = Request::post("/call/create")
            .header("content-type", "application/x-www-form-urlencoded; charset=UTF-8")
            .header("x-requested-with", "XMLHttpRequest")
            .header("origin", "https://www.example.org")
            .body(Body::from(form))
            .unwrap();
        let answer = api.send(request).await;
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
        let json = answer.json();
        assert_eq!(
            (&json["campaign"], &json["call"]),
            (&"live".into(), &"queued".into()),
            "{json}"
        );
        assert_eq!(json["script"], "Say please.");
        assert_eq!(json["targets"]["segment"], "custom");
        assert_eq!(json["targets"]["objects"][1]["name"], "Mary O'Rourke");
        // The fields stand in the order in which CallPower writes them.
        assert!(
            answer
                .text()
                .starts_with(r#"{"campaign":"live","call":"queued","script":"#)
        );
        let queued = sessions::list(api.app.db(), &Filter::default(), &Page::default())
            .await
            .unwrap();
        assert_eq!(queued.items.len(), 1);
        assert_eq!(queued.items[0].state.as_str(), "queued");
    });
}

/// An error has CallPower's form, in its order.
#[test]
fn an_error_has_callpowers_form() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let request = Request::get("/call/create?userPhone=2025550123")
            .body(Body::empty())
            .unwrap();
        let answer = api.send(request).await;
        assert_eq!(
            answer.text(),
            r#"{"status":400,"error":"Bad Request","description":"campaignId is required"}"#
        );
    });
}

/// `userIPAddress` is believed from a proxy of ours and from a key, and from nobody else.
#[test]
fn an_address_is_believed_from_those_we_trust() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        api.world().await;
        api.made("/v1/blocklist", serde_json::json!({"network": "203.0.113.0/24"}))
            .await;
        let status = async |peer: &str, query: &str, forwarded: Option<&str>| {
            let uri = format!("/call/create?campaignId=library&userPhone=2025550123{query}");
            let mut request = Request::get(uri);
            if let Some(forwarded) = forwarded {
                request = request.header("x-forwarded-for", forwarded);
            }
            let answer = api.send_from(peer, request.body(Body::empty()).unwrap()).await;
            (answer.status.as_u16(), answer.text())
        };
        let blocked = |(status, text): (u16, String)| status == 429 && text.contains("blocked");
        // The blocked network itself, and behind our proxy.
        assert!(blocked(status("203.0.113.9", "", None).await));
        assert!(blocked(status("10.0.0.1", "", Some("203.0.113.9")).await));
        assert!(blocked(
            status("10.0.0.1", "&userIPAddress=203.0.113.9", None).await
        ));
        assert!(blocked(
            status(
                "198.51.100.7",
                "&userIPAddress=203.0.113.9&api_key=tl_calls",
                None
            )
            .await
        ));
        // Anybody may write a header or a field: it does not get a stranger blocked, nor a blocked one through.
        assert!(!blocked(
            status("198.51.100.7", "&userIPAddress=203.0.113.9", None).await
        ));
        assert!(blocked(
            status("203.0.113.9", "&userIPAddress=198.51.100.7", Some("198.51.100.7")).await
        ));
    });
}

/// Ten an hour from one address, whatever telephones are named.
#[test]
fn an_address_has_its_limit() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        api.world().await;
        for n in 0..11 {
            let uri = format!("/call/create?campaignId=library&userPhone=20255501{n:02}");
            let answer = api.send(Request::get(uri).body(Body::empty()).unwrap()).await;
            if n < 10 {
                assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
            } else {
                assert_eq!(answer.json()["description"], "10 per 1 hour");
            }
        }
    });
}

/// A page that sends its form twice under one key is called once, and both times gets the answer in the form its script reads.
#[test]
fn a_form_that_is_sent_twice_rings_once() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        api.world().await;
        let send = async |phone: &str| {
            let request = Request::post("/call/create")
                .header("content-type", "application/x-www-form-urlencoded")
                .header("origin", "https://www.example.org")
                .header("idempotency-key", "6e1c2f7a-3b0f-4a55-8c52-0d1f6f1c9a01")
                .body(Body::from(format!("campaignId=library&userPhone={phone}")));
            api.send(request.unwrap()).await
        };
        let (first, again) = (send("2025550123").await, send("2025550123").await);
        assert_eq!((first.status.as_u16(), again.status.as_u16()), (200, 200));
        assert_eq!(first.json(), again.json());
        for name in ["access-control-allow-origin", "content-type"] {
            assert_eq!(first.headers.get(name), again.headers.get(name), "{name}");
        }
        let sessions = api.json("read", "GET", "/v1/sessions", "").await.json();
        assert_eq!(sessions["items"].as_array().map(Vec::len), Some(1));
        let other = send("2025550124").await;
        assert_eq!(other.status.as_u16(), 422, "{}", other.text());
        assert_eq!(other.json()["error"], "Unprocessable Entity");
        assert!(other.headers.contains_key("access-control-allow-origin"));
    });
}

/// An entry made of what a record shows for the caller holds for them.
#[test]
fn a_caller_is_blocked_by_what_a_record_shows() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let campaign = api.world().await;
        let ask = format!("{{\"campaign_id\": \"{campaign}\", \"phone\": \"+12025550123\"}}");
        let session = api.json("calls", "POST", "/v1/sessions", &ask).await.json();
        // What the records of its legs have in `to_ref`.
        let row = sessions::get(api.app.db(), session["id"].as_str().unwrap()).await;
        let hash = row.unwrap().phone_hash;
        api.made("/v1/blocklist", serde_json::json!({"phone_hash": hash}))
            .await;
        let refused = api.json("calls", "POST", "/v1/sessions", &ask).await;
        assert!(refused.text().contains("blocklist"), "{}", refused.text());
        let other = ask.replace("0123", "0124");
        assert_eq!(
            api.json("calls", "POST", "/v1/sessions", &other)
                .await
                .status
                .as_u16(),
            201
        );
    });
}

/// Whoever waits in the queue of a campaign that is archived is not called any more, and stands before nobody.
#[test]
fn archiving_empties_the_queue() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let campaign = api.world().await;
        let ask = format!("{{\"campaign_id\": \"{campaign}\", \"phone\": \"+12025550123\"}}");
        let session = api.json("calls", "POST", "/v1/sessions", &ask).await.json();
        let path = format!("/v1/campaigns/{campaign}/archive");
        assert_eq!(
            api.json("campaigns", "POST", &path, "").await.status.as_u16(),
            200
        );
        let path = format!("/v1/sessions/{}", session["id"].as_str().unwrap());
        let after = api.json("read", "GET", &path, "").await.json();
        assert_eq!(
            (&after["state"], &after["status"]),
            (&"ended".into(), &"canceled".into())
        );
    });
}
