//! What is kept of callers, and what goes: campaigns' keys, retention, forgetting.

use trunkline_gateway::flow::CallStatus;

use super::super::ratelimits::{self, Limit};
use super::super::testing::check;
use super::super::{StoreError, campaign_keys, campaigns, cdrs, events, retention, sessions, traces};
use super::rows::{campaign, cdr, dialling, id, live_campaign, session, trace};

#[test]
fn a_campaign_has_one_key_until_it_is_destroyed_for_good() {
    check(|db| async move {
        campaigns::create(&db, &campaign(1, "one")).await.unwrap();
        campaigns::create(&db, &campaign(2, "two")).await.unwrap();
        assert_eq!(campaign_keys::get(&db, &id(1)).await.unwrap(), None);
        let first = campaign_keys::get_or_set(&db, &id(1), "aa", 10).await.unwrap();
        let second = campaign_keys::get_or_set(&db, &id(1), "bb", 20).await.unwrap();
        assert_eq!(first.wrapped.as_deref(), Some("aa"));
        assert_eq!(first, second, "the first of two nodes wins");
        assert_eq!(campaign_keys::all(&db).await.unwrap(), [first]);

        assert!(campaign_keys::destroy(&db, &id(1), 30).await.unwrap());
        assert!(!campaign_keys::destroy(&db, &id(1), 40).await.unwrap());
        let gone = campaign_keys::get_or_set(&db, &id(1), "cc", 50).await.unwrap();
        assert_eq!((gone.wrapped, gone.destroyed_at), (None, Some(30)));

        // One that never had a key gets none later.
        assert!(campaign_keys::destroy(&db, &id(2), 60).await.unwrap());
        let none = campaign_keys::get_or_set(&db, &id(2), "dd", 70).await.unwrap();
        assert_eq!(none.wrapped, None);
        assert_eq!(campaign_keys::all(&db).await.unwrap(), []);

        let nobody = campaign_keys::get_or_set(&db, &id(9), "ee", 80).await;
        assert!(matches!(nobody, Err(StoreError::Reference)));
        campaigns::delete(&db, &id(1)).await.unwrap();
        assert_eq!(campaign_keys::get(&db, &id(1)).await.unwrap(), None);
    });
}

#[test]
fn callers_are_forgotten_after_the_retention_time_and_their_sessions_are_not() {
    check(|db| async move {
        let campaign = live_campaign(&db, 1).await;
        dialling(&db, 11, &campaign, "gw1", 1_000).await;
        sessions::end(&db, &id(11), CallStatus::Completed, "", 2_000, None)
            .await
            .unwrap();
        sessions::create(&db, &session(12, &campaign, 5)).await.unwrap();
        let mut record = cdr(21);
        record.session_id = trunkline_gateway::ids::SessionId(uuid::Uuid::from_u128(11));
        let said = trace(&record);
        cdrs::keep(&db, &[record], std::slice::from_ref(&said))
            .await
            .unwrap();
        assert_eq!(traces::of_session(&db, &id(11)).await.unwrap(), [said]);
        let told = |n, of: u128| events::Event {
            id: id(n),
            at: 1,
            kind: "session.step".to_owned(),
            session_id: Some(id(of)),
            data: serde_json::Value::Null,
        };
        events::append(&db, &[told(31, 11), told(32, 12)]).await.unwrap();

        assert_eq!(retention::expire(&db, &campaign.id, 2_000).await.unwrap(), 0);
        assert_eq!(retention::expire(&db, &campaign.id, 2_001).await.unwrap(), 1);
        assert_eq!(retention::expire(&db, &campaign.id, 2_001).await.unwrap(), 0);
        let gone = sessions::get(&db, &id(11)).await.unwrap();
        assert_eq!(
            (gone.phone_enc, gone.phone_last2, gone.location),
            (None, String::new(), String::new())
        );
        assert_eq!(gone.status, "completed");
        assert!(events::of_session(&db, &id(11)).await.unwrap().is_empty());
        assert!(traces::of_session(&db, &id(11)).await.unwrap().is_empty());
        assert_eq!(cdrs::of_session(&db, &id(11)).await.unwrap()[0].digits, "");
        let kept = sessions::get(&db, &id(12)).await.unwrap();
        assert!(kept.phone_enc.is_some() && kept.location == "10001");
        assert_eq!(events::of_session(&db, &id(12)).await.unwrap().len(), 1);
    });
}

#[test]
fn a_destroyed_campaign_leaves_nobody_in_the_rate_limits() {
    check(|db| async move {
        let campaign = live_campaign(&db, 1).await;
        let limit = |key: String| Limit {
            key,
            limit: 9,
            window_ms: 1_000,
        };
        let all = [
            limit(format!("phone:{}:aa", campaign.id)),
            limit("phone:aa".to_owned()),
            limit("phone:bb".to_owned()),
            limit("ip:cc".to_owned()),
        ];
        ratelimits::take(&db, &all, uuid::Uuid::from_u128(1), 10)
            .await
            .unwrap();
        retention::destroy(&db, &campaign.id, &["phone:aa".to_owned()], 20)
            .await
            .unwrap();
        retention::wipe(&db).await.unwrap();
        assert_eq!(retention::rate_keys(&db).await.unwrap(), ["ip:cc", "phone:bb"]);
        retention::sweep(&db, 1_000).await.unwrap();
        assert!(retention::rate_keys(&db).await.unwrap().is_empty());
    });
}
