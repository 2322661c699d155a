//! Calls, records and events: told twice or late, they are written once.

use serde_json::json;
use trunkline_gateway::cdr::{CallDirection, EndedBy};
use trunkline_gateway::flow::{CallStatus, Outcome};

use super::super::events::{self, Event};
use super::super::testing::check;
use super::super::{Page, StoreError, calls, cdrs, traces};
use super::rows::{call, cdr, dialling, id, live_campaign, trace};

#[test]
fn a_call_told_twice_is_one_row_and_ends_once() {
    check(|db| async move {
        let campaign = live_campaign(&db, 1).await;
        let session = dialling(&db, 2, &campaign, "gw1", 50).await;
        let row = call(11, &session);
        calls::start(&db, &row).await.unwrap();
        calls::start(&db, &row).await.unwrap();
        assert_eq!(calls::get(&db, &row.id).await.unwrap(), row);
        calls::set_status(&db, &row.id, CallStatus::InProgress)
            .await
            .unwrap();
        let end = |status, outcome| calls::end(&db, &row.id, status, outcome, 900, 1_100, None);
        assert!(end(CallStatus::NoAnswer, Outcome::NoAnswer).await.unwrap());
        assert!(!end(CallStatus::Completed, Outcome::Talked).await.unwrap());
        calls::set_status(&db, &row.id, CallStatus::Ringing)
            .await
            .unwrap();
        calls::start(&db, &row).await.unwrap();
        let over = calls::get(&db, &row.id).await.unwrap();
        assert_eq!(
            (over.status.as_str(), over.outcome.as_deref()),
            ("no-answer", Some("no_answer"))
        );
        assert_eq!((over.ended_at, over.duration_ms), (Some(1_100), Some(900)));
        assert_eq!(calls::of_session(&db, &session.id).await.unwrap(), [over]);
    });
}

#[test]
fn a_list_of_calls_is_narrowed() {
    check(|db| async move {
        let campaign = live_campaign(&db, 1).await;
        let session = dialling(&db, 2, &campaign, "gw1", 50).await;
        for n in 11..=13 {
            calls::start(
                &db,
                &calls::Call {
                    started_at: i64::try_from(n).unwrap(),
                    ..call(n, &session)
                },
            )
            .await
            .unwrap();
        }
        calls::set_status(&db, &id(12), CallStatus::InProgress)
            .await
            .unwrap();
        let list = async |filter: calls::Filter| {
            let paged = calls::list(&db, &filter, &Page::default()).await.unwrap();
            paged.items.into_iter().map(|c| c.id).collect::<Vec<_>>()
        };
        assert_eq!(list(calls::Filter::default()).await, [id(13), id(12), id(11)]);
        let since = calls::Filter {
            since: Some(12),
            until: Some(13),
            ..Default::default()
        };
        assert_eq!(list(since).await, [id(12)]);
        let busy = calls::Filter {
            status: Some("in-progress".to_owned()),
            ..Default::default()
        };
        assert_eq!(list(busy).await, [id(12)]);
        let elsewhere = calls::Filter {
            session_id: Some(id(99)),
            ..Default::default()
        };
        assert_eq!(list(elsewhere).await, Vec::<String>::new());
    });
}

#[test]
fn a_record_comes_back_as_it_went_and_is_never_two() {
    check(|db| async move {
        let full = cdr(1);
        let mut bare = cdr(2);
        bare.call_id = None;
        (bare.ringing_at, bare.answered_at, bare.pdd_ms) = (None, None, None);
        (bare.sip_status, bare.q850_cause, bare.codec, bare.mos) = (None, None, None, None);
        bare.rtp_lost = u64::try_from(i64::MAX).unwrap();
        cdrs::upsert_all(&db, &[full.clone(), bare.clone(), full.clone()])
            .await
            .unwrap();
        cdrs::upsert(&db, &full).await.unwrap();
        assert_eq!(cdrs::get(&db, &id(1)).await.unwrap(), full);
        assert_eq!(
            cdrs::of_session(&db, &id(1)).await.unwrap(),
            [full.clone(), bare.clone()]
        );
        let all = cdrs::list(&db, &cdrs::Filter::default(), &Page::default())
            .await
            .unwrap();
        assert_eq!(all.items, [bare, full]);
        assert!(matches!(cdrs::get(&db, &id(9)).await, Err(StoreError::NotFound)));
    });
}

#[test]
fn what_was_said_comes_back_as_it_was_told_first() {
    check(|db| async move {
        let (early, mut late) = (cdr(2), cdr(1));
        late.created_at += 60;
        let told = [trace(&early), trace(&late)];
        cdrs::keep(&db, &[late.clone(), early], &[told[1].clone(), told[0].clone()])
            .await
            .unwrap();
        let mut again = trace(&late);
        again.messages.clear();
        cdrs::keep(&db, &[], &[again]).await.unwrap();
        assert_eq!(traces::of_session(&db, &id(1)).await.unwrap(), told);
        assert_eq!(traces::of_session(&db, &id(2)).await.unwrap(), []);
    });
}

#[test]
fn a_lost_record_gives_way_to_a_true_one_but_not_the_other_way_round() {
    check(|db| async move {
        let lost = trunkline_gateway::cdr::Cdr {
            ended_by: EndedBy::NodeLost,
            ..cdr(1)
        };
        cdrs::upsert(&db, &lost).await.unwrap();
        assert_eq!(cdrs::get(&db, &id(1)).await.unwrap().ended_by, EndedBy::NodeLost);
        cdrs::upsert(&db, &cdr(1)).await.unwrap();
        cdrs::upsert(&db, &lost).await.unwrap();
        assert_eq!(cdrs::get(&db, &id(1)).await.unwrap(), cdr(1));
    });
}

#[test]
fn a_list_of_records_is_narrowed_and_paged() {
    check(|db| async move {
        for n in 1..=5 {
            let at = i64::try_from(n).unwrap();
            cdrs::upsert(
                &db,
                &trunkline_gateway::cdr::Cdr {
                    created_at: at,
                    ..cdr(n)
                },
            )
            .await
            .unwrap();
        }
        let filter = cdrs::Filter {
            since: Some(2),
            trunk: Some(id(3)),
            session_id: Some(id(1)),
            until: Some(5),
            ..cdrs::Filter::default()
        };
        let first = cdrs::list(&db, &filter, &Page::first(2)).await.unwrap();
        assert_eq!(
            first.items.iter().map(|c| c.created_at).collect::<Vec<_>>(),
            [4, 3]
        );
        let rest = cdrs::list(
            &db,
            &filter,
            &Page {
                after: first.next,
                limit: 2,
            },
        )
        .await
        .unwrap();
        assert_eq!(rest.items.iter().map(|c| c.created_at).collect::<Vec<_>>(), [2]);
        assert_eq!(rest.next, None);
    });
}

#[test]
fn events_go_on_after_the_last_one_seen() {
    check(|db| async move {
        let event = |n, session: Option<String>| Event {
            id: id(n),
            at: i64::try_from(n).unwrap(),
            kind: "session.step".to_owned(),
            session_id: session,
            data: json!({"step": n.to_string()}),
        };
        let all = [event(1, Some(id(7))), event(2, None), event(3, Some(id(7)))];
        events::append(&db, &all).await.unwrap();
        events::append(&db, &all[1..]).await.unwrap();
        assert_eq!(events::after(&db, "", 2).await.unwrap(), all[..2]);
        assert_eq!(events::after(&db, &id(2), 9).await.unwrap(), all[2..]);
        assert_eq!(
            events::of_session(&db, &id(7)).await.unwrap(),
            [all[0].clone(), all[2].clone()]
        );
        assert_eq!(events::sweep(&db, 3).await.unwrap(), 2);
        assert_eq!(events::after(&db, "", 9).await.unwrap(), all[2..]);
    });
}

#[test]
fn an_export_goes_on_where_the_page_before_ended() {
    check(|db| async move {
        for (n, at) in [(4, 10), (2, 20), (3, 20), (1, 30), (5, 40)] {
            cdrs::upsert(
                &db,
                &trunkline_gateway::cdr::Cdr {
                    created_at: at,
                    ..cdr(n)
                },
            )
            .await
            .unwrap();
        }
        let filter = cdrs::Filter {
            since: Some(20),
            until: Some(40),
            ..Default::default()
        };
        let mut after = None;
        let mut seen = Vec::new();
        loop {
            let page = cdrs::oldest_first(&db, &filter, after, 1).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some((last.created_at, last.id.to_string()));
            seen.extend(page.into_iter().map(|c| c.id.to_string()));
        }
        assert_eq!(seen, [id(2), id(3), id(1)]);

        let campaign = live_campaign(&db, 1).await;
        let session = dialling(&db, 2, &campaign, "gw1", 50).await;
        for (n, at) in [(12, 10), (11, 20), (13, 20)] {
            calls::start(
                &db,
                &calls::Call {
                    started_at: at,
                    ..call(n, &session)
                },
            )
            .await
            .unwrap();
        }
        let rest = calls::oldest_first(&db, &calls::Filter::default(), Some((10, id(12))), 9)
            .await
            .unwrap();
        assert_eq!(
            rest.into_iter().map(|c| c.id).collect::<Vec<_>>(),
            [id(11), id(13)]
        );
    });
}

#[test]
fn the_figures_of_a_trunk_are_of_the_legs_that_we_dialled_since() {
    check(|db| async move {
        let base = |n| trunkline_gateway::cdr::Cdr {
            created_at: 100,
            ..cdr(n)
        };
        let rows = [
            trunkline_gateway::cdr::Cdr {
                pdd_ms: Some(100),
                ..base(1)
            },
            trunkline_gateway::cdr::Cdr {
                pdd_ms: Some(301),
                answered_at: None,
                ..base(2)
            },
            trunkline_gateway::cdr::Cdr {
                direction: CallDirection::Inbound,
                ..base(3)
            },
            trunkline_gateway::cdr::Cdr {
                created_at: 99,
                ..base(4)
            },
        ];
        cdrs::upsert_all(&db, &rows).await.unwrap();
        let figures = cdrs::trunk_figures(&db, &id(3), 100).await.unwrap();
        assert_eq!(
            (figures.attempts, figures.answered, figures.pdd_ms),
            (2, 1, Some(200.5))
        );
        let none = cdrs::trunk_figures(&db, &id(9), 100).await.unwrap();
        assert_eq!((none.attempts, none.answered, none.pdd_ms), (0, 0, None));
    });
}
