//! What is kept of callers, and what goes: campaigns' keys, retention, forgetting.

use super::super::campaign_keys;
use super::super::testing::check;
use super::super::{StoreError, campaigns};
use super::rows::{campaign, id};

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
