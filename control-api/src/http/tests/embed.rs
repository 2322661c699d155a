//! The scripts and pages that others' pages load: who may, what the browser is told about them, and whose settings are in them.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use super::api::{Answer, Api};
use crate::store::testing;

async fn get(api: &Api, path: &str) -> Answer {
    api.send(Request::get(path).body(Body::empty()).unwrap()).await
}

fn headers(answer: &Answer, names: &[&str]) -> Vec<String> {
    let shown = |name: &&str| {
        let value = answer.headers.get(*name).map(|value| value.to_str().unwrap());
        format!("{name}: {}", value.unwrap_or("-"))
    };
    names.iter().map(shown).collect()
}

const LOADED: [&str; 4] = [
    "content-type",
    "access-control-allow-origin",
    "cross-origin-resource-policy",
    "cache-control",
];

#[test]
fn a_script_may_be_loaded_by_any_page() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let campaign = api.world().await;
        for file in ["embed.js", "CallPowerForm.js"] {
            for name in [campaign.as_str(), "library"] {
                let script = get(&api, &format!("/api/campaign/{name}/{file}")).await;
                assert_eq!(script.status.as_u16(), 200);
                let expected = [
                    "content-type: text/javascript; charset=utf-8",
                    "access-control-allow-origin: *",
                    "cross-origin-resource-policy: cross-origin",
                    "cache-control: public, max-age=300",
                ];
                assert_eq!(headers(&script, &LOADED), expected);
                let keyed = format!("return callPower({{\"id\":\"{campaign}\",");
                assert!(script.text().contains(&keyed));
            }
        }
    });
}

/// The page for a frame is shown by the campaign's origins alone, and runs one script: an admin's code never comes to the console's origin.
#[test]
fn a_frame_is_shown_by_the_campaigns_pages() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let campaign = api.world().await;
        let change = json!({
            "origins": ["https://www.example.org"],
            "embed": { "customJS": "thank()", "customOnload": "greet()", "customCSS": "https://www.example.org/call.css" },
        });
        let path = format!("/v1/campaigns/{campaign}");
        let changed = api.json("campaigns", "PATCH", &path, &change.to_string()).await;
        assert_eq!(changed.status.as_u16(), 200, "{}", changed.text());
        let page = get(&api, &format!("/api/campaign/{campaign}/embed_iframe.html")).await;
        let policy = headers(&page, &["content-security-policy"]).remove(0);
        let script = format!("http://127.0.0.1:8080/api/campaign/{campaign}/CallPowerForm.js");
        for part in [
            format!("script-src {script};"),
            "frame-ancestors https://www.example.org".to_owned(),
            "style-src 'unsafe-inline' https://www.example.org/call.css;".to_owned(),
        ] {
            assert!(policy.contains(&part), "{part}: {policy}");
        }
        assert!(page.text().contains(&format!("<script src=\"{script}\"")));
        let whole = get(&api, "/api/campaign/library/embed.js").await.text();
        let class = get(&api, "/api/campaign/library/CallPowerForm.js").await.text();
        assert!(whole.contains("thank()") && whole.contains("greet()"));
        assert!(!class.contains("thank()") && !class.contains("greet()"));
        // The form in the frame asks from our own origin.
        let request = Request::post("/call/create")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", "http://127.0.0.1:8080")
            .body(Body::from("campaignId=library&userPhone=2025550123"));
        let answer = api.send(request.unwrap()).await;
        assert_eq!(answer.json()["call"], "queued", "{}", answer.text());
    });
}
