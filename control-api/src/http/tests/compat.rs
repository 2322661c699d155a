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
