//! The queue of sessions: at most one node dials one, at most once, in order; and what a dead node leaves behind.

use trunkline_gateway::flow::{CallStatus, Outcome};

use super::super::campaigns::{self, CampaignStatus};
use super::super::sessions::{self, Filter, SessionState, SessionTarget};
use super::super::testing::check;
use super::super::webhooks::{self, Webhook};
use super::super::{Db, Page, StoreError, calls, events, jobs, nodes};
use super::rows::{beat, call, dialling, id, live_campaign, new_event_id, session};

fn ids(sessions: &[sessions::Session]) -> Vec<String> {
    sessions.iter().map(|s| s.id.clone()).collect()
}

#[test]
fn a_session_comes_back_as_it_went() {
    check(|db| async move {
        let campaign = live_campaign(&db, 1).await;
        let mut row = session(2, &campaign, 5);
        sessions::create(&db, &row).await.unwrap();
        row.targets = vec![SessionTarget {
            key: "custom:1".to_owned(),
            title: "Mayor".to_owned(),
            name: "Zoë".to_owned(),
            pronunciation: String::new(),
            district: String::new(),
            location: "Ghent".to_owned(),
            offices: Vec::new(),
        }];
        row.location = "9000".to_owned();
        sessions::set_targets(&db, &row.id, "9000", &row.targets)
            .await
            .unwrap();
        assert_eq!(sessions::get(&db, &row.id).await.unwrap(), row);
        let stranger = sessions::Session {
            campaign_id: id(99),
            ..session(3, &campaign, 5)
        };
        assert!(matches!(
            sessions::create(&db, &stranger).await,
            Err(StoreError::Reference)
        ));
    });
}

#[test]
fn sessions_are_claimed_in_order_and_never_twice() {
    check(|db| async move {
        let campaign = live_campaign(&db, 1).await;
        for (n, queued_at) in [(11, 30), (12, 10), (13, 20)] {
            sessions::create(&db, &session(n, &campaign, queued_at))
                .await
                .unwrap();
        }
        assert_eq!(sessions::queue_length(&db).await.unwrap(), (3, Some(10)));
        assert_eq!(sessions::queue_place(&db, &id(11)).await.unwrap(), 2);
        let first = sessions::claim(&db, "gw1", 2, 100, 50).await.unwrap();
        assert_eq!(ids(&first), [id(12), id(13)]);
        assert!(
            first
                .iter()
                .all(|s| s.state == SessionState::Claimed && s.node.as_deref() == Some("gw1"))
        );
        assert_eq!(
            ids(&sessions::claim(&db, "gw2", 2, 100, 50).await.unwrap()),
            [id(11)]
        );
        assert_eq!(sessions::claim(&db, "gw2", 2, 100, 50).await.unwrap(), []);
    });
}

#[test]
fn only_live_campaigns_are_dialled() {
    check(|db| async move {
        let campaign = live_campaign(&db, 1).await;
        sessions::create(&db, &session(2, &campaign, 5)).await.unwrap();
        campaigns::set_status(&db, &campaign.id, CampaignStatus::Paused, 6)
            .await
            .unwrap();
        assert_eq!(sessions::claim(&db, "gw1", 9, 100, 50).await.unwrap(), []);
        campaigns::set_status(&db, &campaign.id, CampaignStatus::Live, 7)
            .await
            .unwrap();
        assert_eq!(sessions::claim(&db, "gw1", 9, 100, 50).await.unwrap().len(), 1);
    });
}

#[test]
fn the_guard_lets_one_invite_leave() {
    check(|db| async move {
        let campaign = live_campaign(&db, 1).await;
        sessions::create(&db, &session(2, &campaign, 5)).await.unwrap();
        let refused = async |node: &str, now| {
            let answer = sessions::start_dialling(&db, &id(2), node, now).await;
            assert!(matches!(answer, Err(StoreError::NotFound)), "{answer:?}");
        };
        refused("gw1", 50).await;
        sessions::claim(&db, "gw1", 1, 100, 50).await.unwrap();
        refused("gw2", 60).await;
        refused("gw1", 100).await;
        let row = sessions::start_dialling(&db, &id(2), "gw1", 99).await.unwrap();
        assert_eq!(
            (row.state, row.status.as_str(), row.attempts),
            (SessionState::Dialling, "ringing", 1)
        );
        assert_eq!((row.started_at, row.queue_delay_ms), (Some(99), Some(94)));
        refused("gw1", 99).await;
        assert_eq!(sessions::claim(&db, "gw2", 9, 1_000, 500).await.unwrap(), []);
        assert!(!sessions::cancel_queued(&db, &id(2), 101, None).await.unwrap());
    });
}

#[test]
fn a_lease_that_ends_gives_the_session_to_another_node() {
    check(|db| async move {
        let campaign = live_campaign(&db, 1).await;
        sessions::create(&db, &session(2, &campaign, 5)).await.unwrap();
        sessions::claim(&db, "gw1", 1, 100, 50).await.unwrap();
        assert_eq!(sessions::claim(&db, "gw2", 1, 200, 99).await.unwrap(), []);
        assert_eq!(
            ids(&sessions::claim(&db, "gw2", 1, 200, 100).await.unwrap()),
            [id(2)]
        );
        let late = sessions::start_dialling(&db, &id(2), "gw1", 101).await;
        assert!(matches!(late, Err(StoreError::NotFound)));
        sessions::release(&db, &id(2), "gw1", 0).await.unwrap();
        assert_eq!(
            sessions::get(&db, &id(2)).await.unwrap().state,
            SessionState::Claimed,
            "not gw1's to release"
        );
        sessions::release(&db, &id(2), "gw2", 150).await.unwrap();
        assert_eq!(sessions::claim(&db, "gw1", 1, 300, 149).await.unwrap(), []);
        assert_eq!(sessions::claim(&db, "gw1", 1, 300, 150).await.unwrap().len(), 1);
        assert!(sessions::cancel_queued(&db, &id(2), 151, None).await.unwrap());
        assert!(matches!(
            sessions::queue_place(&db, &id(2)).await,
            Err(StoreError::NotFound)
        ));
    });
}

#[test]
fn nodes_that_claim_at_once_share_the_queue_without_overlap() {
    const SESSIONS: u128 = 60;
    check(|db| async move {
        let campaign = live_campaign(&db, 1).await;
        for n in 0..SESSIONS {
            sessions::create(&db, &session(100 + n, &campaign, 5))
                .await
                .unwrap();
        }
        let nodes = (0..6).map(|n| {
            let db = db.clone();
            tokio::spawn(async move {
                let node = format!("gw{n}");
                let mut dialled = Vec::new();
                loop {
                    let claimed = sessions::claim(&db, &node, 4, 100, 50).await.unwrap();
                    if claimed.is_empty() {
                        return dialled;
                    }
                    for s in claimed {
                        dialled.push(sessions::start_dialling(&db, &s.id, &node, 60).await.unwrap().id);
                    }
                }
            })
        });
        let mut all = Vec::new();
        for node in nodes.collect::<Vec<_>>() {
            all.extend(node.await.unwrap());
        }
        all.sort();
        let expected: Vec<String> = (0..SESSIONS).map(|n| id(100 + n)).collect();
        assert_eq!(all, expected);
    });
}

#[test]
fn a_session_goes_through_its_steps_and_ends_once() {
    check(|db| async move {
        let campaign = live_campaign(&db, 1).await;
        dialling(&db, 2, &campaign, "gw1", 1_000).await;
        sessions::set_step(&db, &id(2), CallStatus::Ringing, "ring caller", 1_001)
            .await
            .unwrap();
        sessions::set_step(&db, &id(2), CallStatus::InProgress, "confirm", 1_500)
            .await
            .unwrap();
        sessions::set_step(&db, &id(2), CallStatus::InProgress, "calls", 1_900)
            .await
            .unwrap();
        let row = sessions::get(&db, &id(2)).await.unwrap();
        assert_eq!(
            (row.state, row.step.as_str(), row.answered_at),
            (SessionState::Live, "calls", Some(1_500))
        );
        assert!(
            sessions::end(&db, &id(2), CallStatus::Completed, "target 1", 4_000, None)
                .await
                .unwrap()
        );
        assert!(
            !sessions::end(&db, &id(2), CallStatus::Failed, "late", 5_000, None)
                .await
                .unwrap()
        );
        sessions::set_step(&db, &id(2), CallStatus::InProgress, "late", 5_000)
            .await
            .unwrap();
        let row = sessions::get(&db, &id(2)).await.unwrap();
        assert_eq!(
            (row.status.as_str(), row.step.as_str()),
            ("completed", "target 1")
        );
        assert_eq!((row.ended_at, row.duration_ms), (Some(4_000), Some(3_000)));
    });
}

#[test]
fn a_clock_set_back_makes_no_duration_negative() {
    check(|db| async move {
        let campaign = live_campaign(&db, 1).await;
        dialling(&db, 2, &campaign, "gw1", 10_000).await;
        sessions::end(&db, &id(2), CallStatus::Busy, "ring caller", 4_000, None)
            .await
            .unwrap();
        assert_eq!(sessions::get(&db, &id(2)).await.unwrap().duration_ms, Some(0));
    });
}

#[test]
fn a_list_of_sessions_is_newest_first_and_narrowed() {
    check(|db| async move {
        let (one, two) = (live_campaign(&db, 1).await, live_campaign(&db, 2).await);
        for n in 11..=14 {
            sessions::create(
                &db,
                &session(n, if n < 13 { &one } else { &two }, i64::try_from(n).unwrap()),
            )
            .await
            .unwrap();
        }
        let list = async |filter: Filter, page: Page| {
            let paged = sessions::list(&db, &filter, &page).await.unwrap();
            (ids(&paged.items), paged.next)
        };
        let (first, next) = list(Filter::default(), Page::first(3)).await;
        assert_eq!(first, [id(14), id(13), id(12)]);
        assert_eq!(
            list(
                Filter::default(),
                Page {
                    after: next,
                    limit: 3
                }
            )
            .await,
            (vec![id(11)], None)
        );
        let of_one = Filter {
            campaign_id: Some(one.id.clone()),
            ..Filter::default()
        };
        assert_eq!(list(of_one, Page::default()).await.0, [id(12), id(11)]);
        let then = Filter {
            since: Some(12),
            until: Some(14),
            ..Filter::default()
        };
        assert_eq!(list(then, Page::default()).await.0, [id(13), id(12)]);
        let queued = Filter {
            state: Some(SessionState::Queued),
            status: Some("queued".to_owned()),
            ..Filter::default()
        };
        assert_eq!(list(queued, Page::default()).await.0.len(), 4);
        let nobody = Filter {
            phone_hashes: Some(vec!["00".to_owned()]),
            ..Filter::default()
        };
        assert_eq!(list(nobody, Page::default()).await.0, Vec::<String>::new());
        assert_eq!(sessions::count_since(&db, &one.id, 12).await.unwrap(), 1);
    });
}

#[test]
fn a_node_that_starts_anew_closes_what_it_lost() {
    check(|db| async move {
        let campaign = live_campaign(&db, 1).await;
        let lost = dialling(&db, 11, &campaign, "gw1", 1_000).await;
        calls::start(&db, &call(21, &lost)).await.unwrap();
        calls::start(&db, &call(22, &lost)).await.unwrap();
        calls::end(
            &db,
            &id(22),
            CallStatus::Completed,
            Outcome::Talked,
            7,
            1_200,
            None,
        )
        .await
        .unwrap();
        let other = dialling(&db, 12, &campaign, "gw2", 1_000).await;
        sessions::create(&db, &session(13, &campaign, 5)).await.unwrap();
        sessions::claim(&db, "gw1", 1, 9_999, 1_000).await.unwrap();

        let closed = sessions::close_lost(&db, "gw1", 5_000, &new_event_id)
            .await
            .unwrap();
        assert_eq!(closed.iter().map(|l| l.id.clone()).collect::<Vec<_>>(), [id(11)]);
        let row = sessions::get(&db, &id(11)).await.unwrap();
        assert_eq!(
            (row.state, row.status.as_str(), row.duration_ms),
            (SessionState::Ended, "unknown", Some(4_000))
        );
        let open = calls::get(&db, &id(21)).await.unwrap();
        assert_eq!(
            (open.status.as_str(), open.outcome.as_deref()),
            ("unknown", Some("node_lost"))
        );
        assert_eq!(
            calls::get(&db, &id(22)).await.unwrap().outcome.as_deref(),
            Some("talked")
        );
        assert_eq!(sessions::get(&db, &other.id).await.unwrap(), other);
        assert_eq!(
            sessions::get(&db, &id(13)).await.unwrap().state,
            SessionState::Queued
        );
        assert_eq!(
            sessions::close_lost(&db, "gw1", 6_000, &new_event_id)
                .await
                .unwrap(),
            []
        );
    });
}

/// Everybody who listens learns that a call and a session ended with their node, once, whoever closes them.
#[test]
fn what_a_node_lost_is_told_once() {
    async fn told(db: &Db, session: u128) -> Vec<String> {
        let events = events::of_session(db, &id(session)).await.unwrap();
        events.iter().map(|e| format!("{} {}", e.kind, e.data)).collect()
    }
    check(|db| async move {
        let campaign = live_campaign(&db, 1).await;
        let hook = Webhook {
            id: id(90),
            url: "https://example.org/".to_owned(),
            events: vec!["session.ended".to_owned(), "call.*".to_owned()],
            campaign_id: Some(campaign.id.clone()),
            secret_enc: String::new(),
            enabled: true,
            created_at: 1,
            updated_at: 1,
        };
        webhooks::create(&db, &hook).await.unwrap();
        nodes::beat(&db, &beat("gw2"), 1_000).await.unwrap();
        for (n, node) in [(11, "gw1"), (12, "gw2")] {
            let lost = dialling(&db, n, &campaign, node, 1_000).await;
            calls::start(&db, &call(n + 10, &lost)).await.unwrap();
        }
        let lost = sessions::close_lost(&db, "gw1", 5_000, &new_event_id)
            .await
            .unwrap();
        let peer = nodes::known(&db).await.unwrap().remove(0);
        for _ in 0..2 {
            sessions::close_lost_peer(&db, &peer, 30_000, &new_event_id)
                .await
                .unwrap();
        }
        assert_eq!(lost[0].told, events::of_session(&db, &id(11)).await.unwrap());
        for (session, call) in [(11, 21), (12, 22)] {
            let call = format!(
                r#"call.ended {{"call_id":"{}","duration_ms":0,"index":0,"outcome":"node_lost","status":"unknown"}}"#,
                id(call)
            );
            assert_eq!(
                told(&db, session).await,
                [call.as_str(), r#"session.ended {"status":"unknown","step":""}"#]
            );
        }
        let due = jobs::claim(&db, webhooks::KIND, &hook.id, 10, 99_000, 40_000)
            .await
            .unwrap();
        assert_eq!(due.len(), 4);
    });
}

#[test]
fn peers_close_what_a_dead_node_lost() {
    check(|db| async move {
        let campaign = live_campaign(&db, 1).await;
        nodes::beat(&db, &beat("gw1"), 1_000).await.unwrap();
        nodes::beat(&db, &beat("gw2"), 20_000).await.unwrap();
        dialling(&db, 11, &campaign, "gw1", 1_000).await;
        dialling(&db, 12, &campaign, "gw2", 1_000).await;
        dialling(&db, 13, &campaign, "renamed", 1_000).await;
        let known = nodes::known(&db).await.unwrap();
        let shown: Vec<String> = known.iter().map(|n| format!("{} {}", n.id, n.seen_at)).collect();
        assert_eq!(shown, ["gw1 1000", "gw2 20000", "renamed 0"]);

        let close = async |node: &nodes::Node| {
            let lost = sessions::close_lost_peer(&db, node, 30_000, &new_event_id)
                .await
                .unwrap();
            lost.into_iter().map(|l| l.id).collect::<Vec<_>>()
        };
        nodes::beat(&db, &beat("gw2"), 21_000).await.unwrap();
        assert_eq!(close(&known[0]).await, [id(11)]);
        assert_eq!(
            close(&known[0]).await,
            Vec::<String>::new(),
            "another peer was first"
        );
        assert_eq!(
            close(&known[1]).await,
            Vec::<String>::new(),
            "it has beaten since"
        );
        assert_eq!(close(&known[2]).await, [id(13)]);
        let left: Vec<String> = nodes::known(&db)
            .await
            .unwrap()
            .into_iter()
            .map(|n| n.id)
            .collect();
        assert_eq!(left, ["gw2"]);
        nodes::leave(&db, "gw2").await.unwrap();
        assert_eq!(nodes::list(&db).await.unwrap(), []);
    });
}

#[test]
fn a_node_that_was_taken_for_dead_has_the_last_word_about_its_calls() {
    check(|db| async move {
        let campaign = live_campaign(&db, 1).await;
        let session = dialling(&db, 11, &campaign, "gw1", 1_000).await;
        calls::start(&db, &call(21, &session)).await.unwrap();
        sessions::close_lost(&db, "gw1", 2_000, &new_event_id)
            .await
            .unwrap();
        let call_id = id(21);
        let end = calls::end(
            &db,
            &call_id,
            CallStatus::Completed,
            Outcome::Talked,
            900,
            3_000,
            None,
        );
        assert!(end.await.unwrap());
        assert!(
            sessions::end(&db, &id(11), CallStatus::Completed, "done", 4_000, None)
                .await
                .unwrap()
        );
        let row = sessions::get(&db, &id(11)).await.unwrap();
        assert_eq!((row.status.as_str(), row.duration_ms), ("completed", Some(3_000)));
        assert_eq!(
            calls::get(&db, &id(21)).await.unwrap().outcome.as_deref(),
            Some("talked")
        );
        assert!(
            !sessions::end(&db, &id(11), CallStatus::Failed, "late", 5_000, None)
                .await
                .unwrap()
        );
    });
}
