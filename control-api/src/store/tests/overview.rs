//! The dashboard's figures, and that no statement behind them reads a whole table.

use trunkline_gateway::flow::{CallStatus, Outcome};

use super::super::testing::check;
use super::super::{Db, Page, calls, cdrs, nodes, overview, sessions};
use super::rows::{beat, call, cdr, dialling, id, live_campaign, session};

/// What the engine says about how it would read, in one text.
async fn plan(db: &Db, sql: &str) -> String {
    let sql = sql.replace("trunk = $1", "trunk = 'x'");
    let sql = sql.replace("$1", "0").replace("$2", "0").replace("$3", "1");
    match db {
        Db::Sqlite(sqlite) => {
            let explain = sqlx::AssertSqlSafe(format!("explain query plan {sql}"));
            let steps: Vec<(i64, i64, i64, String)> =
                sqlx::query_as(explain).fetch_all(&sqlite.read).await.unwrap();
            steps
                .into_iter()
                .map(|step| step.3)
                .collect::<Vec<_>>()
                .join("; ")
        }
        Db::Postgres(pool) => {
            let mut connection = pool.acquire().await.unwrap();
            // Small tables are read whole by whoever may: what is asked here is whether it has to.
            sqlx::query("set enable_seqscan = off")
                .execute(&mut *connection)
                .await
                .unwrap();
            let explain = sqlx::AssertSqlSafe(format!("explain {sql}"));
            let steps: Vec<String> = sqlx::query_scalar(explain)
                .fetch_all(&mut *connection)
                .await
                .unwrap();
            sqlx::query("reset enable_seqscan")
                .execute(&mut *connection)
                .await
                .unwrap();
            steps.join("; ")
        }
    }
}

/// Passes when a statement is read by one of these indexes, which hold no row but those that it wants.
async fn reads_by(db: &Db, sql: &str, indexes: &[&str]) {
    let plan = plan(db, sql).await;
    assert!(indexes.iter().any(|index| plan.contains(index)), "{sql}\n{plan}");
    assert!(!plan.contains("Seq Scan"), "{sql}\n{plan}");
}

#[test]
fn a_dashboard_reads_no_table_whole() {
    check(|db| async move {
        let open = ["sessions_open", "sessions_under_way"];
        let wanted: [&[&str]; 7] = [
            &open,
            &["calls_open"],
            &open,
            &["stats_sessions_times"],
            &["stats_calls_times"],
            &["stats_sessions_times"],
            &["cdrs_trunk"],
        ];
        for (sql, indexes) in overview::statements().into_iter().zip(wanted) {
            reads_by(&db, sql, indexes).await;
        }
        let under_way = sessions::Filter {
            under_way: true,
            ..sessions::Filter::default()
        };
        let live = sessions::Filter {
            state: Some(sessions::SessionState::Live),
            ..sessions::Filter::default()
        };
        for filter in [under_way, live] {
            let sql = sessions::list_for_plan(&filter).replace("state = $1", "state = 'live'");
            reads_by(&db, &sql, &open).await;
        }
    });
}

#[test]
fn a_moment_is_told() {
    check(|db| async move {
        let campaign = live_campaign(&db, 1).await;
        let day = 20_000 * super::super::stats::DAY_MS;
        let talks = dialling(&db, 11, &campaign, "gw1", day + 1_000).await;
        let over = dialling(&db, 12, &campaign, "gw1", day + 3_000).await;
        sessions::create(&db, &session(13, &campaign, day + 4_000))
            .await
            .unwrap();
        calls::start(&db, &call(21, &talks)).await.unwrap();
        let done = calls::Call {
            started_at: day + 4_000,
            ..call(22, &over)
        };
        calls::start(&db, &done).await.unwrap();
        calls::end(
            &db,
            &id(22),
            CallStatus::Busy,
            Outcome::Busy,
            0,
            day + 5_000,
            None,
        )
        .await
        .unwrap();
        sessions::end(&db, &id(12), CallStatus::Completed, "done 1", day + 6_000, None)
            .await
            .unwrap();
        let moment = overview::read(&db, day + 9_000).await.unwrap();
        let shown = |counts: &[overview::Count]| -> String {
            let mut counts: Vec<String> = counts.iter().map(|c| format!("{} {}", c.word, c.n)).collect();
            counts.sort();
            counts.join(", ")
        };
        assert_eq!(shown(&moment.sessions), "dialling 1, queued 1");
        assert_eq!(shown(&moment.calls), "ringing 1");
        assert_eq!(shown(&moment.calls_today), "busy 1");
        assert_eq!(shown(&moment.sessions_today), "completed 1");
        assert_eq!((moment.today, moment.delay_ms), (day, Some(10)));
        let next_day = overview::read(&db, day + 86_400_000).await.unwrap();
        assert_eq!((next_day.calls_today, next_day.delay_ms), (vec![], None));
    });
}

#[test]
fn a_node_hears_that_it_shall_rest() {
    check(|db| async move {
        assert!(!nodes::beat(&db, &beat("gw.1"), 1_000).await.unwrap());
        nodes::ask_to_drain(&db, "gw.1", true).await.unwrap();
        let resting = nodes::Beat {
            draining: true,
            ..beat("gw.1")
        };
        assert!(nodes::beat(&db, &resting, 2_000).await.unwrap());
        let node = nodes::get(&db, "gw.1").await.unwrap();
        assert_eq!(
            (
                node.seen_at,
                node.version.as_str(),
                node.draining,
                node.drain_asked,
                node.sessions
            ),
            (2_000, "1.0.0", true, true, 2)
        );
        nodes::ask_to_drain(&db, "gw.1", false).await.unwrap();
        assert!(!nodes::beat(&db, &resting, 3_000).await.unwrap());
        assert!(nodes::ask_to_drain(&db, "gw2", true).await.is_err());
        // Who went in good order and comes back takes calls.
        nodes::ask_to_drain(&db, "gw.1", true).await.unwrap();
        nodes::leave(&db, "gw.1").await.unwrap();
        assert!(!nodes::beat(&db, &beat("gw.1"), 4_000).await.unwrap());
    });
}

#[test]
fn what_a_node_has_claimed_is_counted() {
    check(|db| async move {
        let campaign = live_campaign(&db, 1).await;
        for n in 11..14 {
            sessions::create(&db, &session(n, &campaign, 5)).await.unwrap();
        }
        sessions::claim(&db, "gw1", 2, 1_000, 10).await.unwrap();
        assert_eq!(
            sessions::claimed_by_node(&db).await.unwrap(),
            [("gw1".to_owned(), 2)]
        );
    });
}

#[test]
fn sessions_are_found_by_what_became_of_them() {
    check(|db| async move {
        let campaign = live_campaign(&db, 1).await;
        let talked = dialling(&db, 11, &campaign, "gw1", 1_000).await;
        dialling(&db, 12, &campaign, "gw1", 1_000).await;
        calls::start(&db, &call(21, &talked)).await.unwrap();
        calls::end(
            &db,
            &id(21),
            CallStatus::Completed,
            Outcome::Talked,
            5,
            1_100,
            None,
        )
        .await
        .unwrap();
        let mut leg = cdr(31);
        leg.session_id = trunkline_gateway::ids::SessionId(uuid::Uuid::from_u128(11));
        cdrs::upsert(&db, &leg).await.unwrap();
        sessions::end(&db, &id(11), CallStatus::Completed, "done 1", 1_200, None)
            .await
            .unwrap();
        let found = async |filter: sessions::Filter| {
            let page = sessions::list(&db, &filter, &Page::default()).await.unwrap();
            page.items.into_iter().map(|s| s.id).collect::<Vec<_>>()
        };
        let all = sessions::Filter::default;
        let under_way = sessions::Filter {
            under_way: true,
            ..all()
        };
        assert_eq!(found(under_way).await, [id(12)]);
        let step = sessions::Filter {
            step: Some("done 1".into()),
            ..all()
        };
        assert_eq!(found(step).await, [id(11)]);
        let outcome = sessions::Filter {
            outcome: Some("talked".into()),
            ..all()
        };
        assert_eq!(found(outcome).await, [id(11)]);
        let trunk = sessions::Filter {
            trunk: Some(id(3)),
            ..all()
        };
        assert_eq!(found(trunk).await, [id(11)]);
        let hashes = |hash: &str| sessions::Filter {
            phone_hashes: Some(vec!["x".into(), hash.into()]),
            ..all()
        };
        assert_eq!(found(hashes(&"ab".repeat(32))).await, [id(12), id(11)]);
        assert_eq!(found(hashes("cd")).await, Vec::<String>::new());
        let nobody = sessions::Filter {
            phone_hashes: Some(vec![]),
            ..all()
        };
        assert_eq!(found(nobody).await, Vec::<String>::new());
    });
}

#[test]
fn records_are_found_by_what_is_wrong_with_them() {
    check(|db| async move {
        let good = cdr(1);
        let bad = trunkline_gateway::cdr::Cdr {
            sip_status: Some(488),
            cause: "Not Acceptable Here".into(),
            one_way: true,
            ended_by: trunkline_gateway::cdr::EndedBy::Trunk,
            side: trunkline_gateway::cdr::Side::Caller,
            answered_at: None,
            ..cdr(2)
        };
        cdrs::upsert_all(&db, &[good, bad]).await.unwrap();
        let all = cdrs::Filter::default;
        let filters = [
            cdrs::Filter {
                sip_status: Some(488),
                ..all()
            },
            cdrs::Filter {
                cause: Some("Not Acceptable Here".into()),
                ..all()
            },
            cdrs::Filter {
                one_way: Some(true),
                ..all()
            },
            cdrs::Filter {
                ended_by: Some("trunk".into()),
                ..all()
            },
            cdrs::Filter {
                side: Some("caller".into()),
                ..all()
            },
        ];
        for filter in filters {
            let page = cdrs::list(&db, &filter, &Page::default()).await.unwrap();
            let found: Vec<String> = page.items.iter().map(|c| c.id.to_string()).collect();
            assert_eq!(found, [id(2)], "{filter:?}");
        }
        let fine = cdrs::Filter {
            one_way: Some(false),
            direction: Some("outbound".into()),
            ..all()
        };
        assert_eq!(
            cdrs::list(&db, &fine, &Page::default())
                .await
                .unwrap()
                .items
                .len(),
            1
        );
        let figures = cdrs::trunk_figures(&db, &id(3), 0).await.unwrap();
        assert_eq!(
            (
                figures.attempts,
                figures.answered,
                figures.acd_ms,
                figures.one_way
            ),
            (2, 1, Some(3_500.0), 1)
        );
        assert_eq!((figures.packets, figures.lost, figures.mos), (350, 2, Some(4.4)));
    });
}
