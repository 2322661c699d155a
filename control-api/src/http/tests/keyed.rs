//! Locations that callers key: from the keys to the targets of the session, and when a flow asks for them at all.

use serde_json::json;

use super::api::Api;
use crate::campaign;
use crate::store::campaigns::{self, Campaign};
use crate::store::sessions::{self, Session};
use crate::store::testing;

/// A live campaign and a session of it that came without a location.
async fn begun(api: &Api, fields: serde_json::Value) -> (Campaign, Session) {
    api.world().await;
    crate::places::testing::small(api.app.db()).await;
    let made = api.made("/v1/campaigns", fields).await;
    let id = made["id"].as_str().unwrap();
    api.made(&format!("/v1/campaigns/{id}/launch"), json!({})).await;
    let body = json!({"campaign_id": id, "phone": "+12025550123", "country": "us"});
    let session = api.made("/v1/sessions", body).await;
    let session = sessions::get(api.app.db(), session["id"].as_str().unwrap())
        .await
        .unwrap();
    assert!(session.targets.is_empty());
    (campaigns::get(api.app.db(), id).await.unwrap(), session)
}

/// What keys lead to: the place, and the names in order.
async fn check(api: &Api, campaign: &Campaign, session: &Session, keys: &str, expect: Option<(&str, &str)>) {
    let located = campaign::locate(&api.app, campaign, session, keys).await.unwrap();
    let located = located.map(|(place, targets)| {
        let names: Vec<String> = targets.into_iter().map(|t| t.name).collect();
        (place, names.join(" "))
    });
    let located = located
        .as_ref()
        .map(|(place, names)| (place.as_str(), names.as_str()));
    assert_eq!(located, expect, "{keys}");
}

#[test]
fn zips() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let fields = json!({"name": "congress", "type": "congress", "segment_by": "location", "locate_by": "postal",
            "target_shuffle_chamber": false});
        let (campaign, session) = begun(&api, fields).await;
        check(&api, &campaign, &session, "10001", Some(("10001", "Cem Ann"))).await;
        check(
            &api,
            &campaign,
            &session,
            "10002",
            Some(("10002", "Cem Dee Eve Ann Bob")),
        )
        .await;
        for keys in ["99999", "1000", "1", ""] {
            check(&api, &campaign, &session, keys, None).await;
        }
    });
}

#[test]
fn canadian_codes() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let fields = json!({"name": "commons", "type": "parliament", "country": "ca", "segment_by": "location",
            "locate_by": "postal", "allowed_countries": ["us"]});
        let (campaign, session) = begun(&api, fields).await;
        // V6B 4Y8 with one press, two keys and as many presses as the letter's place.
        for keys in ["862498", "8362249 38", "888622499 98"] {
            let keys = keys.replace(' ', "");
            check(&api, &campaign, &session, &keys, Some(("V6B4Y8", "Max"))).await;
        }
        // 512021 may be K1A 0B1 or J1A 0B1: both exist, and in the same district.
        check(&api, &campaign, &session, "512021", Some(("J1A0B1", "Lea"))).await;
        // Only the area of V5T 1A1 is known.
        check(&api, &campaign, &session, "858121", Some(("V5T", "Max"))).await;
        check(&api, &campaign, &session, "462222", None).await;
    });
}

/// Targets that the page asked for are called although the place came later.
#[test]
fn the_targets_that_were_asked_for() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        api.world().await;
        crate::places::testing::small(api.app.db()).await;
        let fields = json!({"name": "both", "type": "congress", "segment_by": "location", "locate_by": "postal",
            "target_shuffle_chamber": false, "include_special": "after"});
        let made = api.made("/v1/campaigns", fields).await;
        let id = made["id"].as_str().unwrap();
        let list = json!({"target_ids": ["custom:one", "custom:two"]});
        api.made(&format!("/v1/campaigns/{id}/targets"), list).await;
        api.made(&format!("/v1/campaigns/{id}/launch"), json!({})).await;
        let campaign = campaigns::get(api.app.db(), id).await.unwrap();
        for (keys, expect) in [
            (json!(["custom:two"]), "Cem Ann Mary O'Rourke"),
            (json!(null), "Cem Ann Ada Lovelace Mary O'Rourke"),
        ] {
            let body =
                json!({"campaign_id": id, "phone": "+12025550123", "country": "us", "target_keys": keys});
            let session = api.made("/v1/sessions", body).await;
            let session = sessions::get(api.app.db(), session["id"].as_str().unwrap())
                .await
                .unwrap();
            check(&api, &campaign, &session, "10001", Some(("10001", expect))).await;
        }
    });
}
