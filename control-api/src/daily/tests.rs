//! Daily calls over real databases and a clock that is moved by hand: both changes of the clocks, restarts, jumps, two nodes at once.

use std::time::Duration;

use super::stage::{Stage, at};
use super::*;
use crate::store::campaigns::{self, CampaignStatus};
use crate::store::schedules::{self, EndedWhy, How, ScheduleStatus};
use crate::store::{Page, blocklist, testing};

const MINUTE: Duration = Duration::from_secs(60);

/// Moves the clock through some days by steps of ten minutes and answers when calls were queued, in UTC.
async fn calls(stage: &Stage, days: u32) -> Vec<String> {
    let mut job = stage.job();
    let mut calls = Vec::new();
    for _ in 0..days * 24 * 6 {
        if job.look().await.unwrap() > 0 {
            calls.push(stage.now());
        }
        stage.app.clock().advance(10 * MINUTE);
    }
    calls
}

#[test]
fn every_weekday_at_the_local_time_whatever_the_clocks_do() {
    for (zone, from, expected) in [
        // Forward on Sunday, 8 March 2026; back on Sunday, 1 November.
        (
            "America/New_York",
            "2026-03-06T12:00:00Z",
            [
                "2026-03-06T14:00:00Z",
                "2026-03-09T13:00:00Z",
                "2026-03-10T13:00:00Z",
            ],
        ),
        (
            "America/New_York",
            "2026-10-30T12:00:00Z",
            [
                "2026-10-30T13:00:00Z",
                "2026-11-02T14:00:00Z",
                "2026-11-03T14:00:00Z",
            ],
        ),
        (
            "Europe/Berlin",
            "2026-03-27T00:00:00Z",
            [
                "2026-03-27T08:00:00Z",
                "2026-03-30T07:00:00Z",
                "2026-03-31T07:00:00Z",
            ],
        ),
        (
            "America/Phoenix",
            "2026-10-30T00:00:00Z",
            [
                "2026-10-30T16:00:00Z",
                "2026-11-02T16:00:00Z",
                "2026-11-03T16:00:00Z",
            ],
        ),
    ] {
        testing::check(|db| async move {
            let stage = Stage::new(db, from).await;
            stage.subscribe("+12025550123", zone, 9 * 60).await;
            assert_eq!(calls(&stage, 5).await, expected, "{zone} {from}");
        });
    }
}

/// Cairo changes its clocks at midnight before a Friday and on a Thursday: the time itself is missing, and comes twice.
#[test]
fn a_time_that_is_missing_or_comes_twice_is_one_call() {
    testing::check(|db| async move {
        let stage = Stage::new(db, "2026-04-22T12:00:00Z").await;
        stage.subscribe("+12025550123", "Africa/Cairo", 30).await;
        assert_eq!(
            calls(&stage, 3).await,
            ["2026-04-22T22:30:00Z", "2026-04-23T22:30:00Z"]
        );
    });
    testing::check(|db| async move {
        let stage = Stage::new(db, "2026-10-29T12:00:00Z").await;
        stage
            .subscribe("+12025550123", "Africa/Cairo", 23 * 60 + 30)
            .await;
        assert_eq!(
            calls(&stage, 2).await,
            ["2026-10-29T20:30:00Z", "2026-10-30T21:30:00Z"]
        );
    });
}

#[test]
fn a_missed_minute_is_made_up_for_half_an_hour() {
    testing::check(|db| async move {
        let stage = Stage::new(db, "2026-06-02T12:00:00Z").await;
        let id = stage.subscribe("+12025550123", "America/New_York", 9 * 60).await;
        // 13:00 UTC is its minute. The node is down from before to 29 minutes after.
        stage.job().look().await.unwrap();
        stage.app.clock().advance(89 * MINUTE);
        assert_eq!(stage.job().look().await.unwrap(), 1);
        assert_eq!(stage.sessions().await, 1);
        let row = schedules::get(stage.app.db(), &id).await.unwrap();
        assert_eq!(row.last_called_on.as_deref(), Some("2026-06-02"));
        assert_eq!(row.next_at, at("2026-06-03T13:00:00Z"));

        // The next day it is down for a minute more than that.
        stage.app.clock().advance(Duration::from_millis(
            u64::try_from(at("2026-06-03T13:31:00Z") - at(&stage.now())).unwrap(),
        ));
        assert_eq!(stage.job().look().await.unwrap(), 0);
        let row = schedules::get(stage.app.db(), &id).await.unwrap();
        assert_eq!(row.last_called_on.as_deref(), Some("2026-06-02"));
        assert_eq!(row.next_at, at("2026-06-04T13:00:00Z"));
    });
}

/// Whoever leaves after today's call and subscribes again for a later time is called tomorrow.
#[test]
fn a_second_subscription_gives_no_second_call_on_a_day() {
    testing::check(|db| async move {
        let stage = Stage::new(db, "2026-06-02T12:59:00Z").await;
        let id = stage.subscribe("+12025550123", "America/New_York", 9 * 60).await;
        stage.app.clock().advance(MINUTE);
        assert_eq!(stage.job().look().await.unwrap(), 1);
        let ended = unsubscribe(&stage.app, &id, EndedWhy::Api, How::Api, "test").await;
        assert!(ended.unwrap());
        let row = schedules::get(stage.app.db(), &id).await.unwrap();
        assert_eq!((row.phone_last2.as_str(), row.location.as_str()), ("", ""));
        let again = stage.subscribe("+12025550123", "America/New_York", 15 * 60).await;
        let row = schedules::get(stage.app.db(), &again).await.unwrap();
        assert_eq!(row.next_at, at("2026-06-03T19:00:00Z"));
        let other = stage.subscribe("+12025550124", "America/New_York", 15 * 60).await;
        let row = schedules::get(stage.app.db(), &other).await.unwrap();
        assert_eq!(row.next_at, at("2026-06-02T19:00:00Z"));
    });
}

/// An hour forward or back while the node is up: nobody is called twice, nobody is left out.
#[test]
fn a_clock_that_jumps_by_an_hour_changes_nothing_but_the_hour() {
    testing::check(|db| async move {
        let stage = Stage::new(db, "2026-06-02T12:50:00Z").await;
        stage.subscribe("+12025550123", "America/New_York", 9 * 60).await;
        let mut job = stage.job();
        job.look().await.unwrap();
        stage.app.clock().advance(MINUTE);
        stage.app.clock().jump_ms(3_600_000);
        assert_eq!(job.look().await.unwrap(), 1, "made up although 51 minutes late");
        stage.app.clock().jump_ms(-3_600_000);
        let rest = async {
            let mut called = 0;
            for _ in 0..180 {
                stage.app.clock().advance(MINUTE);
                called += job.look().await.unwrap();
            }
            called
        };
        assert_eq!(rest.await, 0, "13:00 comes a second time");
        assert_eq!(stage.sessions().await, 1);
        stage.app.clock().advance((21 * 60 + 15) * MINUTE);
        assert_eq!(stage.job().look().await.unwrap(), 1, "the day after is as ever");
    });
}

/// Two nodes with the same database and their own jobs, looking at the same moment.
#[test]
fn two_nodes_call_everybody_once() {
    testing::check(|db| async move {
        let stage = Stage::new(db, "2026-06-02T12:59:00Z").await;
        for n in 0..40 {
            stage
                .subscribe(&format!("+1202555{:04}", 1_000 + n), "America/New_York", 9 * 60)
                .await;
        }
        let (one, two) = (stage.app.clone(), stage.node("gw2"));
        stage.app.clock().advance(MINUTE);
        let look =
            |app: crate::runtime::App| tokio::spawn(async move { job::Job::new(app).look().await.unwrap() });
        let looks = [look(one.clone()), look(two.clone()), look(one), look(two)];
        let mut called = 0;
        for look in looks {
            called += look.await.unwrap();
        }
        assert_eq!(called, 40);
        assert_eq!(stage.sessions().await, 40);
    });
}

/// A node that died with a subscription in hand: another one calls.
#[test]
fn what_a_dead_node_had_in_hand_is_called_by_another() {
    testing::check(|db| async move {
        let stage = Stage::new(db, "2026-06-02T13:00:00Z").await;
        stage.subscribe("+12025550123", "America/New_York", 9 * 60).await;
        let now = stage.app.clock().now_ms();
        let taken = schedules::claim(stage.app.db(), 10, now + 120_000, now)
            .await
            .unwrap();
        assert_eq!(taken.len(), 1);
        assert_eq!(stage.job().look().await.unwrap(), 0, "it is in hand");
        stage.app.clock().advance(3 * MINUTE);
        assert_eq!(stage.job().look().await.unwrap(), 1);
        // The dead one wakes up and goes on where it was.
        let session = stage.draft("+12025550123").await;
        let again = schedules::start(stage.app.db(), &taken[0], "2026-06-02", now + 1, &session).await;
        assert!(!again.unwrap());
        assert_eq!(stage.sessions().await, 1);
    });
}

#[test]
fn nobody_is_called_who_must_not_be() {
    testing::check(|db| async move {
        let stage = Stage::new(db, "2026-06-01T12:59:00Z").await;
        let blocked = stage.subscribe("+12025550123", "America/New_York", 9 * 60).await;
        let paused = stage.subscribe("+12025550124", "America/New_York", 9 * 60).await;
        let ends = stage.subscribe("+12025550125", "America/New_York", 9 * 60).await;
        let db = stage.app.db();
        let entry = blocklist::Entry {
            id: "00000000-0000-0000-0000-000000000001".to_owned(),
            phone_hash: Some(stage.app.keys().phone_ref("+12025550123")),
            network: None,
            prefix: None,
            reason: String::new(),
            expires_at: None,
            hits: 0,
            created_at: 0,
        };
        blocklist::create(db, &entry).await.unwrap();
        let mut row = schedules::get(db, &paused).await.unwrap();
        row.status = ScheduleStatus::Paused;
        schedules::update(db, &row).await.unwrap();
        let mut row = schedules::get(db, &ends).await.unwrap();
        row.end_on = Some("2026-06-02".to_owned());
        schedules::update(db, &row).await.unwrap();

        assert_eq!(
            calls(&stage, 7).await,
            ["2026-06-01T13:09:00Z", "2026-06-02T13:09:00Z"]
        );
        let row = schedules::get(db, &blocked).await.unwrap();
        assert_eq!(
            (row.status, row.last_called_on),
            (ScheduleStatus::Active, None),
            "it stands"
        );
        let row = schedules::get(db, &ends).await.unwrap();
        assert_eq!((row.ended_why, row.phone_enc), (Some(EndedWhy::EndDate), None));
        assert_eq!(blocklist::get(db, &entry.id).await.unwrap().hits, 5);
    });
}

#[test]
fn a_campaign_that_is_paused_calls_nobody_and_one_that_is_archived_ends_it() {
    testing::check(|db| async move {
        let stage = Stage::new(db, "2026-06-02T12:59:00Z").await;
        let id = stage.subscribe("+12025550123", "America/New_York", 9 * 60).await;
        let (db, campaign) = (stage.app.db(), &stage.campaign.id);
        campaigns::set_status(db, campaign, CampaignStatus::Paused, 1)
            .await
            .unwrap();
        stage.app.clock().advance(2 * MINUTE);
        assert_eq!(stage.job().look().await.unwrap(), 0);
        campaigns::set_status(db, campaign, CampaignStatus::Live, 1)
            .await
            .unwrap();
        assert_eq!(stage.job().look().await.unwrap(), 1, "within the half hour");
        campaigns::set_status(db, campaign, CampaignStatus::Archived, 1)
            .await
            .unwrap();
        stage.job().look().await.unwrap();
        let row = schedules::get(db, &id).await.unwrap();
        assert_eq!(row.status, ScheduleStatus::Ended);
        assert_eq!((row.ended_why, row.phone_enc), (Some(EndedWhy::Campaign), None));
    });
}

/// The caps hold: five calls a day to a phone over all campaigns, and the campaign's own. The hourly limit does not.
#[test]
fn caps_hold_and_the_hourly_limit_does_not() {
    testing::check(|db| async move {
        let stage = Stage::new(db, "2026-06-02T12:59:00Z").await;
        let mut campaign = stage.campaign.clone();
        campaign.settings.limits.phone_per_hour = 0;
        campaign.settings.limits.sessions_per_day = Some(3);
        campaigns::update(stage.app.db(), &campaign).await.unwrap();
        for n in 0..5 {
            stage
                .subscribe(&format!("+1202555{:04}", 1_000 + n), "America/New_York", 9 * 60)
                .await;
        }
        assert_eq!(calls(&stage, 1).await.len(), 1);
        assert_eq!(stage.sessions().await, 3);
    });
}

/// A daily call that finds no line for half an hour is not made later in the day.
#[test]
fn a_call_that_waits_for_too_long_in_the_queue_is_given_up() {
    testing::check(|db| async move {
        let stage = Stage::new(db, "2026-06-02T13:00:00Z").await;
        stage.subscribe("+12025550123", "America/New_York", 9 * 60).await;
        let mut job = stage.job();
        assert_eq!(job.look().await.unwrap(), 1);
        for _ in 0..29 {
            stage.app.clock().advance(MINUTE);
            job.look().await.unwrap();
        }
        assert_eq!(stage.queued().await, 1);
        stage.app.clock().advance(2 * MINUTE);
        job.look().await.unwrap();
        assert_eq!(stage.queued().await, 0);
    });
}

#[test]
fn keys_subscribe_and_end_it_and_every_act_is_kept() {
    testing::check(|db| async move {
        // 22:15 in New York: too late in the day for a daily call.
        let stage = Stage::new(db, "2026-06-02T02:15:00Z").await;
        let (db, app) = (stage.app.db(), &stage.app);
        let session = stage.queue("+12025550123").await;
        let caller = trunkline_gateway::phone::Phone::new("+12025550123").unwrap();
        assert_eq!(
            offer(app, &stage.campaign, &session, &caller).await.unwrap(),
            Some(false)
        );
        let key = |on| Keyed {
            session: session.id.clone(),
            on,
            at: app.clock().now_ms(),
        };
        keyed(app, &key(true)).await.unwrap();
        keyed(app, &key(true)).await.unwrap();
        assert_eq!(
            offer(app, &stage.campaign, &session, &caller).await.unwrap(),
            Some(true)
        );
        let row = schedules::standing(db, &stage.campaign.id, &session.phone_hash)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (row.time_zone.as_str(), row.minute_of_day),
            ("America/New_York", 20 * 60 + 30)
        );
        assert_eq!(
            row.last_called_on.as_deref(),
            Some("2026-06-01"),
            "not again on the day of the call"
        );
        assert_eq!(row.next_at, at("2026-06-03T00:30:00Z"));

        app.clock().advance(MINUTE);
        keyed(app, &key(false)).await.unwrap();
        keyed(app, &key(false)).await.unwrap();
        assert_eq!(
            offer(app, &stage.campaign, &session, &caller).await.unwrap(),
            Some(false)
        );
        let over = schedules::get(db, &row.id).await.unwrap();
        assert_eq!((over.ended_why, over.phone_enc), (Some(EndedWhy::Key), None));
        let acts: Vec<(bool, How, String)> = schedules::consents(db, &row.id)
            .await
            .unwrap()
            .into_iter()
            .map(|c| (c.given, c.how, c.version))
            .collect();
        let heard = |key: &str| format!("{key} en default");
        assert_eq!(
            acts,
            [
                (true, How::Key, heard("msg_prompt_schedule")),
                (true, How::Key, heard("msg_alter_schedule")),
                (false, How::Key, String::new()),
            ]
        );
        // Agreed again: a subscription of its own, with a consent of its own.
        keyed(app, &key(true)).await.unwrap();
        let all = schedules::list(db, &schedules::Filter::default(), &Page::first(10))
            .await
            .unwrap();
        assert_eq!(all.items.len(), 2);
    });
}

#[test]
fn who_opts_out_is_never_called_daily_nor_asked() {
    testing::check(|db| async move {
        let stage = Stage::new(db, "2026-06-02T13:00:00Z").await;
        let app = &stage.app;
        let id = stage.subscribe("+12025550123", "America/New_York", 9 * 60).await;
        assert_eq!(stage.job().look().await.unwrap(), 1);
        assert_eq!(stage.queued().await, 1);
        let phone = trunkline_gateway::phone::Phone::new("+12025550123").unwrap();
        let (kept, ended) = opt_out(app, &phone, "STOP by text message", "key").await.unwrap();
        assert_eq!((kept.how.as_str(), ended), ("STOP by text message", 1));
        assert_eq!(stage.queued().await, 0, "the call in the queue is cancelled");
        let row = schedules::get(app.db(), &id).await.unwrap();
        assert_eq!(row.ended_why, Some(EndedWhy::OptOut));
        let (again, ended) = opt_out(app, &phone, "once more", "key").await.unwrap();
        assert_eq!((again, ended), (kept, 0));

        let session = stage.queue("+12025550123").await;
        assert_eq!(offer(app, &stage.campaign, &session, &phone).await.unwrap(), None);
        let refused = subscribe(app, &stage.campaign, stage.wish("+12025550123", "UTC", 0)).await;
        assert!(matches!(refused, Err(NotSubscribed::OptedOut)));
    });
}

/// Who withholds the number is known by ours: nobody subscribes our own number.
#[test]
fn a_withheld_number_is_not_offered_daily_calls() {
    testing::check(|db| async move {
        let stage = Stage::new(db, "2026-06-02T13:00:00Z").await;
        let mut session = stage.draft("+12025550123").await;
        let ours = trunkline_gateway::phone::Phone::new("+12025550100").unwrap();
        session.caller_id = Some("+12025550100".to_owned());
        assert_eq!(
            offer(&stage.app, &stage.campaign, &session, &ours).await.unwrap(),
            None
        );
    });
}

#[test]
fn an_imported_prefix_goes_before_the_built_in_table() {
    testing::check(|db| async move {
        let stage = Stage::new(db, "2026-06-02T13:00:00Z").await;
        let prefixes = [
            ("+1202".to_owned(), "America/Chicago".to_owned()),
            ("+1202555".to_owned(), "America/Denver".to_owned()),
            ("+1303".to_owned(), "Mars/Olympus".to_owned()),
        ];
        crate::store::zones::replace(stage.app.db(), &prefixes)
            .await
            .unwrap();
        for (phone, zone) in [
            ("+12025550123", "America/Denver"),
            ("+12026660123", "America/Chicago"),
            ("+13035550123", "America/Denver"),
            ("+14155550123", "America/Los_Angeles"),
        ] {
            let mut wish = stage.wish(phone, "UTC", 0);
            wish.time_zone = None;
            assert_eq!(
                subscribe(&stage.app, &stage.campaign, wish)
                    .await
                    .unwrap()
                    .time_zone,
                zone,
                "{phone}"
            );
        }
    });
}
