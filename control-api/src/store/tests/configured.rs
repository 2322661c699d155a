//! What operators and organisers configure: campaigns, targets, trunks, numbers, routes, prompts, keys, settings.

use serde_json::json;

use super::super::campaigns::{self, CampaignStatus, Ordering, Settings};
use super::super::grants::Reach;
use super::super::keys::{self, ApiKey};
use super::super::numbers::{self, Number};
use super::super::prompts::{self, INSTALLATION, Prompt, Selection};
use super::super::routes::{self, Route, RouteTrunk};
use super::super::targets::{self, Office, OfficeKind};
use super::super::testing::check;
use super::super::{Db, Page, StoreError, settings, trunks};
use super::rows::{campaign, id, live_campaign, session, target, trunk};

#[test]
fn a_campaign_comes_back_as_it_went() {
    check(|db| async move {
        let mut row = campaign(1, "Save the bees");
        row.settings.target_ordering = Ordering::UpperFirst;
        row.settings.origins = vec!["https://example.org".to_owned()];
        campaigns::create(&db, &row).await.unwrap();
        assert_eq!(campaigns::get(&db, &id(1)).await.unwrap(), row);
        assert_eq!(campaigns::find(&db, "Save the bees").await.unwrap(), row);
        assert_eq!(campaigns::find(&db, &id(1)).await.unwrap(), row);
        row.name = "Save the wasps".to_owned();
        row.updated_at = 5;
        campaigns::update(&db, &row).await.unwrap();
        assert_eq!(campaigns::get(&db, &id(1)).await.unwrap(), row);
    });
}

#[test]
fn a_campaign_is_found_by_the_id_it_had_elsewhere() {
    check(|db| async move {
        for (n, name) in [(1, "Save the bees"), (2, "7")] {
            campaigns::create(&db, &campaign(n, name)).await.unwrap();
        }
        assert_eq!(campaigns::find(&db, "7").await.unwrap().id, id(2), "by its name");
        campaigns::set_legacy_id(&db, &id(1), "7").await.unwrap();
        assert_eq!(
            campaigns::find(&db, "7").await.unwrap().id,
            id(1),
            "forms out there come first"
        );
        let taken = campaigns::set_legacy_id(&db, &id(2), "7").await;
        assert!(matches!(taken, Err(StoreError::Conflict { .. })), "{taken:?}");
        let nobody = campaigns::set_legacy_id(&db, &id(9), "9").await;
        assert!(matches!(nobody, Err(StoreError::NotFound)), "{nobody:?}");
    });
}

#[test]
fn settings_that_are_not_written_have_their_defaults() {
    let empty: Settings = serde_json::from_value(json!({})).unwrap();
    assert_eq!(empty, Settings::default());
    let some: Settings =
        serde_json::from_value(json!({"timers": {"talk_ms": 5}, "of_a_later_version": 1})).unwrap();
    assert_eq!((some.timers.talk_ms, some.timers.confirm_ms), (5, 10_000));
}

#[test]
fn a_campaign_is_launched_paused_and_archived_for_good() {
    check(|db| async move {
        campaigns::create(&db, &campaign(1, "a")).await.unwrap();
        let live = campaigns::set_status(&db, &id(1), CampaignStatus::Live, 10)
            .await
            .unwrap();
        assert_eq!((live.status, live.launched_at), (CampaignStatus::Live, Some(10)));
        campaigns::set_status(&db, &id(1), CampaignStatus::Paused, 20)
            .await
            .unwrap();
        let again = campaigns::set_status(&db, &id(1), CampaignStatus::Live, 30)
            .await
            .unwrap();
        assert_eq!((again.launched_at, again.updated_at), (Some(10), 30));
        let over = campaigns::set_status(&db, &id(1), CampaignStatus::Archived, 40)
            .await
            .unwrap();
        assert_eq!(over.archived_at, Some(40));
        let live = campaigns::set_status(&db, &id(1), CampaignStatus::Live, 50).await;
        assert!(matches!(live, Err(StoreError::NotFound)));
    });
}

#[test]
fn names_are_unique_and_missing_rows_are_said_to_be_missing() {
    check(|db| async move {
        campaigns::create(&db, &campaign(1, "a")).await.unwrap();
        match campaigns::create(&db, &campaign(2, "a")).await {
            Err(StoreError::Conflict { what }) => assert!(what.contains("name"), "{what}"),
            other => panic!("{other:?}"),
        }
        assert!(matches!(
            campaigns::get(&db, &id(9)).await,
            Err(StoreError::NotFound)
        ));
        assert!(matches!(
            campaigns::update(&db, &campaign(9, "z")).await,
            Err(StoreError::NotFound)
        ));
        assert!(matches!(
            campaigns::delete(&db, &id(9)).await,
            Err(StoreError::NotFound)
        ));
    });
}

#[test]
fn lists_are_paged_by_cursor() {
    check(|db| async move {
        for n in 1..=5 {
            campaigns::create(&db, &campaign(n, &format!("c{n}")))
                .await
                .unwrap();
        }
        campaigns::set_status(&db, &id(4), CampaignStatus::Live, 1)
            .await
            .unwrap();
        let mut page = Page::first(2);
        let mut seen = Vec::new();
        loop {
            let paged = campaigns::list(&db, None, &Reach::Everything, &page)
                .await
                .unwrap();
            seen.push(
                paged
                    .items
                    .iter()
                    .map(|c| c.name.clone())
                    .collect::<Vec<_>>()
                    .join(" "),
            );
            match paged.next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, ["c1 c2", "c3 c4", "c5"]);
        let exactly = campaigns::list(&db, None, &Reach::Everything, &Page::first(5))
            .await
            .unwrap();
        assert_eq!((exactly.items.len(), exactly.next), (5, None));
        let live = campaigns::list(
            &db,
            Some(CampaignStatus::Live),
            &Reach::Everything,
            &Page::default(),
        )
        .await
        .unwrap();
        assert_eq!(live.items.len(), 1);
    });
}

#[test]
fn targets_keep_their_order_in_a_campaign() {
    check(|db| async move {
        campaigns::create(&db, &campaign(1, "a")).await.unwrap();
        for (n, key) in [(11, "custom:a"), (12, "custom:b"), (13, "custom:c")] {
            targets::create(&db, &target(n, key)).await.unwrap();
        }
        let order = [id(13), id(11)];
        campaigns::set_targets(&db, &id(1), &order).await.unwrap();
        assert_eq!(campaigns::target_ids(&db, &id(1)).await.unwrap(), order);
        let rows = targets::of_campaign(&db, &id(1)).await.unwrap();
        assert_eq!(rows, [target(13, "custom:c"), target(11, "custom:a")]);

        let unknown = campaigns::set_targets(&db, &id(1), &[id(12), id(99)]).await;
        assert!(matches!(unknown, Err(StoreError::Reference)), "{unknown:?}");
        let twice = campaigns::set_targets(&db, &id(1), &[id(12), id(12)]).await;
        assert!(matches!(twice, Err(StoreError::Conflict { .. })), "{twice:?}");
        assert_eq!(
            campaigns::target_ids(&db, &id(1)).await.unwrap(),
            order,
            "a refused list leaves the old one"
        );

        assert!(matches!(
            targets::delete(&db, &id(13)).await,
            Err(StoreError::Reference)
        ));
        targets::delete(&db, &id(12)).await.unwrap();
        assert!(matches!(
            targets::get_by_key(&db, "custom:b").await,
            Err(StoreError::NotFound)
        ));
    });
}

#[test]
fn offices_belong_to_their_target_and_go_with_it() {
    check(|db| async move {
        let mut row = target(1, "custom:a");
        targets::create(&db, &row).await.unwrap();
        row.phone = None;
        targets::update(&db, &row).await.unwrap();
        assert_eq!(targets::get(&db, &id(1)).await.unwrap(), row);
        let office = |uid: &str| Office {
            target_id: id(1),
            uid: uid.to_owned(),
            name: "Albany".to_owned(),
            kind: OfficeKind::District,
            address: "1 Main St".to_owned(),
            lat: Some(42.65),
            lon: Some(-73.75),
            phone: Some("+15185550100".to_owned()),
            extension: ",,12".to_owned(),
            hours: json!({"mon": ["09:00-17:00"]}),
            time_zone: "America/New_York".to_owned(),
        };
        targets::set_offices(&db, &id(1), &[office("b"), office("a")])
            .await
            .unwrap();
        assert_eq!(
            targets::offices(&db, &id(1)).await.unwrap(),
            [office("b"), office("a")]
        );
        assert!(matches!(
            targets::set_offices(&db, &id(9), &[]).await,
            Err(StoreError::NotFound)
        ));
        targets::delete(&db, &id(1)).await.unwrap();
        assert_eq!(targets::offices(&db, &id(1)).await.unwrap(), []);
    });
}

#[test]
fn a_trunk_comes_back_as_it_went() {
    check(|db| async move {
        let mut row = trunk(1, "carrier");
        trunks::create(&db, &row).await.unwrap();
        trunks::create(&db, &trunk(2, "spare")).await.unwrap();
        row.port = None;
        row.enabled = false;
        trunks::update(&db, &row).await.unwrap();
        assert_eq!(trunks::get(&db, &id(1)).await.unwrap(), row);
        assert_eq!(trunks::get_by_name(&db, "carrier").await.unwrap(), row);
        assert_eq!(trunks::all(&db).await.unwrap().len(), 2);
        assert_eq!(
            trunks::list(&db, &Page::first(1)).await.unwrap().next,
            Some(id(1))
        );
        trunks::delete(&db, &id(1)).await.unwrap();
        assert!(matches!(
            trunks::update(&db, &row).await,
            Err(StoreError::NotFound)
        ));
    });
}

#[test]
fn a_campaign_shows_its_own_numbers_or_else_those_of_nobody() {
    check(|db| async move {
        trunks::create(&db, &trunk(1, "carrier")).await.unwrap();
        campaigns::create(&db, &campaign(5, "a")).await.unwrap();
        let number = |n, campaign_id| Number {
            id: id(n),
            e164: format!("+120255501{n}"),
            trunk_id: id(1),
            campaign_id,
            created_at: 1,
        };
        let shown = async || {
            let numbers = numbers::for_campaign(&db, &id(5)).await.unwrap();
            numbers.into_iter().map(|n| n.e164).collect::<Vec<_>>()
        };
        let (general, own) = (number(21, None), number(22, Some(id(5))));
        numbers::create(&db, &general).await.unwrap();
        assert_eq!(shown().await, ["+12025550121"]);
        numbers::create(&db, &own).await.unwrap();
        assert_eq!(shown().await, ["+12025550122"]);
        assert_eq!(numbers::all(&db).await.unwrap(), [general.clone(), own.clone()]);

        let stranger = Number {
            trunk_id: id(99),
            ..number(23, None)
        };
        assert!(matches!(
            numbers::create(&db, &stranger).await,
            Err(StoreError::Reference)
        ));
        assert!(matches!(
            trunks::delete(&db, &id(1)).await,
            Err(StoreError::Reference)
        ));
        numbers::update(
            &db,
            &Number {
                campaign_id: None,
                ..own
            },
        )
        .await
        .unwrap();
        numbers::delete(&db, &id(21)).await.unwrap();
        assert_eq!(shown().await, ["+12025550122"]);
        assert_eq!(numbers::get(&db, &id(22)).await.unwrap().campaign_id, None);
        assert_eq!(numbers::list(&db, &Page::default()).await.unwrap().items.len(), 1);
    });
}

#[test]
fn a_route_keeps_its_trunks_in_order() {
    check(|db| async move {
        for (n, name) in [(1, "carrier"), (2, "spare")] {
            trunks::create(&db, &trunk(n, name)).await.unwrap();
        }
        campaigns::create(&db, &campaign(5, "a")).await.unwrap();
        let by_two = Route {
            id: id(31),
            name: "north".to_owned(),
            prefixes: vec!["+1".to_owned()],
            campaign_id: Some(id(5)),
            conditions: Default::default(),
            stop_codes: vec![486, 603],
            created_at: 1,
            updated_at: 1,
            trunks: vec![
                RouteTrunk {
                    trunk_id: id(2),
                    priority: 1,
                    cost: 0,
                    weight: 10,
                },
                RouteTrunk {
                    trunk_id: id(1),
                    priority: 2,
                    cost: 0,
                    weight: 0,
                },
            ],
        };
        routes::create(&db, &by_two).await.unwrap();
        let mut plain = Route {
            id: id(32),
            name: "all".to_owned(),
            campaign_id: None,
            trunks: Vec::new(),
            ..by_two.clone()
        };
        routes::create(&db, &plain).await.unwrap();
        assert_eq!(routes::get(&db, &id(31)).await.unwrap(), by_two);
        assert_eq!(routes::all(&db).await.unwrap(), [by_two.clone(), plain.clone()]);
        plain.trunks = vec![RouteTrunk {
            trunk_id: id(2),
            priority: 1,
            cost: 0,
            weight: 1,
        }];
        routes::update(&db, &plain).await.unwrap();
        assert_eq!(
            routes::list(&db, &Page::default()).await.unwrap().items,
            [by_two, plain]
        );
        assert!(matches!(
            trunks::delete(&db, &id(2)).await,
            Err(StoreError::Reference)
        ));
        routes::delete(&db, &id(31)).await.unwrap();
        routes::delete(&db, &id(32)).await.unwrap();
        trunks::delete(&db, &id(2)).await.unwrap();
    });
}

fn prompt(n: u128, campaign_id: &str, key: &str, language: &str) -> Prompt {
    Prompt {
        id: id(n),
        campaign_id: campaign_id.to_owned(),
        key: key.to_owned(),
        language: language.to_owned(),
        version: 0,
        text: Some("Hello {{name}}".to_owned()),
        voice: String::new(),
        audio_hash: None,
        duration_ms: None,
        description: String::new(),
        hidden: false,
        created_at: 1,
    }
}

/// What plays in the first campaign, as a line.
async fn playing(db: &Db) -> String {
    let line = |(s, p): (Selection, Prompt)| {
        let whose = if s.campaign_id.is_empty() {
            "default"
        } else {
            "own"
        };
        format!("{whose} {} {} v{}", s.key, s.language, p.version)
    };
    prompts::selected(db, &id(1))
        .await
        .unwrap()
        .into_iter()
        .map(line)
        .collect::<Vec<_>>()
        .join(", ")
}

#[test]
fn versions_of_prompts_count_up_per_campaign_and_key_and_the_newest_plays() {
    check(|db| async move {
        campaigns::create(&db, &campaign(1, "a")).await.unwrap();
        let mut versions = Vec::new();
        for row in [
            prompt(11, INSTALLATION, "msg_intro", "en"),
            prompt(12, &id(1), "msg_intro", "en"),
            prompt(13, &id(1), "msg_intro", "es"),
            prompt(14, &id(1), "msg_goodbye", "en"),
            prompt(15, &id(1), "msg_intro", "en"),
        ] {
            versions.push(prompts::create(&db, &row).await.unwrap().version);
        }
        assert_eq!(versions, [1, 1, 2, 1, 3]);
        let expected =
            "own msg_goodbye en v1, own msg_intro en v3, own msg_intro es v2, default msg_intro en v1";
        assert_eq!(playing(&db).await, expected);
    });
}

#[test]
fn a_version_is_selected_hidden_and_deleted() {
    check(|db| async move {
        campaigns::create(&db, &campaign(1, "a")).await.unwrap();
        for row in [
            prompt(12, &id(1), "msg_intro", "en"),
            prompt(13, &id(1), "msg_intro", "es"),
            Prompt {
                audio_hash: Some("00".to_owned()),
                text: None,
                ..prompt(15, &id(1), "msg_intro", "en")
            },
        ] {
            prompts::create(&db, &row).await.unwrap();
        }
        let back = Selection {
            campaign_id: id(1),
            key: "msg_intro".to_owned(),
            language: "en".to_owned(),
            prompt_id: id(12),
        };
        prompts::select(&db, &back).await.unwrap();
        prompts::change(&db, &id(12), Some(true), None).await.unwrap();
        prompts::change(&db, &id(12), None, Some("the old one"))
            .await
            .unwrap();
        let changed = prompts::get(&db, &id(12)).await.unwrap();
        assert_eq!(
            (changed.hidden, changed.description.as_str()),
            (true, "the old one")
        );
        prompts::delete(&db, &id(13)).await.unwrap();
        assert_eq!(playing(&db).await, "own msg_intro en v1");
        let unknown = Selection {
            prompt_id: id(99),
            ..back
        };
        assert!(matches!(
            prompts::select(&db, &unknown).await,
            Err(StoreError::Reference)
        ));
        for (hidden, versions) in [(Some(false), vec![3]), (Some(true), vec![1]), (None, vec![1, 3])] {
            let own = id(1);
            let filter = prompts::Filter {
                campaign_id: Some(&own),
                key: Some("msg_intro"),
                hidden,
            };
            let listed = prompts::list(&db, filter, &Reach::Everything, &Page::default())
                .await
                .unwrap();
            let listed: Vec<i64> = listed.items.iter().map(|p| p.version).collect();
            assert_eq!(listed, versions, "{hidden:?}");
        }
        assert!(prompts::uses_audio(&db, "00").await.unwrap());
        campaigns::delete(&db, &id(1)).await.unwrap();
        assert!(!prompts::uses_audio(&db, "00").await.unwrap());
        assert!(matches!(
            prompts::get(&db, &id(15)).await,
            Err(StoreError::NotFound)
        ));
    });
}

#[test]
fn a_choice_is_taken_back_with_the_version_that_it_is_of() {
    check(|db| async move {
        campaigns::create(&db, &campaign(1, "a")).await.unwrap();
        for version in [12, 15] {
            let row = prompt(version, &id(1), "msg_intro", "en");
            prompts::create(&db, &row).await.unwrap();
        }
        let back = async |version: u128, language: &str| {
            let (campaign, version) = (id(1), id(version));
            prompts::deselect(&db, &campaign, "msg_intro", language, Some(&version))
                .await
                .unwrap()
        };
        assert!(!back(12, "en").await);
        assert!(back(15, "EN").await);
        assert!(!back(15, "en").await);
        assert_eq!(playing(&db).await, "");
    });
}

#[test]
fn a_campaign_that_was_used_is_not_deleted() {
    check(|db| async move {
        let used = live_campaign(&db, 1).await;
        super::super::sessions::create(&db, &session(2, &used, 5))
            .await
            .unwrap();
        assert!(matches!(
            campaigns::delete(&db, &used.id).await,
            Err(StoreError::Reference)
        ));
        assert_eq!(campaigns::get(&db, &used.id).await.unwrap(), used);
    });
}

#[test]
fn a_key_is_good_until_it_expires_or_is_revoked() {
    check(|db| async move {
        let key = |n, hash: &str, expires_at| ApiKey {
            id: id(n),
            name: "console".to_owned(),
            hash: hash.to_owned(),
            scopes: vec!["read".to_owned(), "calls".to_owned()],
            created_at: 1,
            expires_at,
            revoked_at: None,
            confined: false,
            last_used_at: None,
        };
        keys::create(&db, &key(1, "aa", None)).await.unwrap();
        keys::create(&db, &key(2, "bb", Some(100))).await.unwrap();
        assert_eq!(keys::find_valid(&db, "aa", 50).await.unwrap(), key(1, "aa", None));
        keys::find_valid(&db, "bb", 99).await.unwrap();
        assert!(matches!(
            keys::find_valid(&db, "bb", 100).await,
            Err(StoreError::NotFound)
        ));
        assert!(matches!(
            keys::find_valid(&db, "cc", 1).await,
            Err(StoreError::NotFound)
        ));

        keys::touch(&db, &id(1), 1_000).await.unwrap();
        keys::touch(&db, &id(1), 2_000).await.unwrap();
        let used = keys::list(&db, &Page::default()).await.unwrap().items;
        assert_eq!(
            used.iter().map(|k| k.last_used_at).collect::<Vec<_>>(),
            [Some(1_000), None]
        );

        keys::revoke(&db, &id(1), 60).await.unwrap();
        assert!(matches!(
            keys::find_valid(&db, "aa", 61).await,
            Err(StoreError::NotFound)
        ));
        assert!(matches!(
            keys::revoke(&db, &id(9), 60).await,
            Err(StoreError::NotFound)
        ));
    });
}

#[test]
fn nodes_agree_on_a_setting() {
    check(|db| async move {
        assert_eq!(settings::get(&db, "a").await.unwrap(), None);
        assert_eq!(settings::get_or_set(&db, "a", "1", 1).await.unwrap(), "1");
        assert_eq!(settings::get_or_set(&db, "a", "2", 2).await.unwrap(), "1");
        settings::set(&db, "a", "3", 3).await.unwrap();
        assert_eq!(settings::get(&db, "a").await.unwrap(), Some("3".to_owned()));
    });
}
