//! From the end of a session to what stands in the CRM: schedules, failures, nodes that die, callers who are forgotten.

use super::super::deliver::{Tested, test};
use super::server::{NATIONAL, NUMBER, Stage};
use crate::jobs::MAX_ATTEMPTS;
use crate::retention;
use crate::store::campaigns::{self, CampaignStatus};
use crate::store::crm::{self, CrmKind, KIND, Schedule};
use crate::store::{jobs, sessions, testing};
use trunkline_gateway::flow::CallStatus;

#[test]
fn a_session_with_a_completed_call_is_told_once_as_it_ends() {
    testing::check(|db| async move {
        let stage = Stage::new(db).await;
        stage.session(1).await;
        stage.tells(|_| {}).await;
        let second = stage.session(2).await;
        let nobody_reached = stage.open(3).await;
        stage.call(3, &nobody_reached, CallStatus::Busy).await;
        stage.end(&nobody_reached).await;
        // A late second word about an end makes no second record.
        stage.end(&second).await;
        stage.look().await;
        stage.look().await;
        assert_eq!(
            stage.server.posted(),
            [second],
            "not the one from before, nor the one without a call"
        );
        assert_eq!(stage.states().await, ["done 1"]);
        let crm = stage.crm().await;
        assert_eq!((crm.sent, crm.failures), (1, 0));
        assert_eq!(crm.last_sent_at, Some(stage.app.clock().now_ms()));
        assert!(stage.server.text().contains(NATIONAL));
        // Those from before are brought in when somebody asks for them.
        let now = stage.app.clock().now_ms();
        assert_eq!(
            crm::gather(stage.app.db(), &stage.campaign.id, now - 1, now)
                .await
                .unwrap(),
            1
        );
        stage.look().await;
        assert_eq!(stage.states().await, ["done 1", "done 1"]);
    });
}

/// What a campaign that does not say so gives away of numbers: nothing, in any kind of CRM.
#[test]
fn the_number_is_absent_unless_the_campaign_says_so() {
    testing::check(|db| async move {
        let stage = Stage::new(db).await;
        stage
            .tells(|c| {
                c.send_phone = false;
                c.options.unknown_email = "callers@example.org".to_owned();
                for word in super::super::record::WORDS {
                    c.options.fields.insert(format!("action_{word}"), word.to_owned());
                }
            })
            .await;
        stage.session(1).await;
        stage.look().await;
        stage
            .tells(|c| {
                c.send_phone = false;
                c.kind = CrmKind::MobileCommons;
            })
            .await;
        stage.session(2).await;
        stage.look().await;
        assert_eq!(
            stage.states().await,
            [
                "done 1",
                "dead 1 the caller's number is not kept any more, and Mobile Commons knows callers by it",
            ]
        );
        let text = stage.server.text();
        assert!(text.contains("callers@example.org"), "{text}");
        assert!(!text.contains(NATIONAL), "{text}");
    });
}

#[test]
fn a_job_holds_no_number_and_after_forgetting_none_is_sent() {
    testing::check(|db| async move {
        let stage = Stage::new(db).await;
        stage
            .tells(|c| {
                c.schedule = Schedule::Nightly;
                c.options.unknown_email = "callers@example.org".to_owned();
            })
            .await;
        stage.session(1).await;
        let waiting = format!("{:?}", stage.jobs().await);
        assert!(
            !waiting.contains(NATIONAL) && !waiting.contains(NUMBER),
            "{waiting}"
        );
        campaigns::set_status(stage.app.db(), &stage.campaign.id, CampaignStatus::Archived, 1)
            .await
            .unwrap();
        retention::forget(&stage.app, &stage.campaign.id).await.unwrap();
        stage.pass(86_400);
        stage.look().await;
        assert_eq!(stage.states().await, ["done 1"], "counted, for nobody");
        assert!(!stage.server.text().contains(NATIONAL), "{}", stage.server.text());
    });
}

#[test]
fn a_night_is_gathered_and_sent_at_its_hour_in_order() {
    testing::check(|db| async move {
        let stage = Stage::new(db).await;
        stage.tells(|c| c.schedule = Schedule::Nightly).await;
        let mut ended = Vec::new();
        for n in [3, 1, 2] {
            ended.push(stage.session(n).await);
            stage.pass(60);
        }
        ended.sort();
        stage.look().await;
        assert!(stage.server.posted().is_empty(), "the night has not come");
        // 03:00 in New York is 08:00 UTC; it was 04:05 and three minutes.
        stage.pass(3 * 3_600 + 52 * 60);
        stage.look().await;
        assert_eq!(stage.server.posted(), ended);
        let crm = stage.crm().await;
        assert_eq!(crm.next_run_at - crm.last_run_at.unwrap(), 86_400_000);
        // The next one waits for the next night.
        stage.session(4).await;
        stage.look().await;
        assert_eq!(stage.server.posted().len(), 3);
        stage.pass(86_400);
        stage.look().await;
        assert_eq!(stage.server.posted().len(), 4);
    });
}

#[test]
fn a_schedule_that_is_changed_holds_for_what_waits() {
    testing::check(|db| async move {
        let stage = Stage::new(db).await;
        stage.tells(|c| c.schedule = Schedule::Nightly).await;
        stage.session(1).await;
        stage.tells(|c| c.schedule = Schedule::Hourly).await;
        stage.session(2).await;
        stage.tells(|c| c.paused = true).await;
        stage.pass(60);
        stage.look().await;
        assert!(stage.server.posted().is_empty(), "paused");
        stage.tells(|_| {}).await;
        stage.look().await;
        assert_eq!(stage.server.posted().len(), 2);
        // Whoever takes the settings away takes away what waits.
        stage.session(3).await;
        assert!(crm::delete(stage.app.db(), &stage.campaign.id).await.unwrap());
        stage.session(4).await;
        assert_eq!(stage.jobs().await, []);
    });
}

#[test]
fn who_asks_us_to_wait_is_not_asked_for_every_record() {
    testing::check(|db| async move {
        let stage = Stage::new(db).await;
        stage.tells(|_| {}).await;
        for n in 1..=5 {
            stage.session(n).await;
        }
        stage.server.next(429, "", Some(120));
        stage.look().await;
        stage.look().await;
        assert_eq!(
            stage.server.posted().len(),
            1,
            "one record, and no other after it"
        );
        let crm = stage.crm().await;
        assert_eq!(crm.error, "ActionKit asks us to come later");
        assert_eq!(crm.hold_until - stage.app.clock().now_ms(), 120_000);
        stage.pass(119);
        stage.look().await;
        assert_eq!(stage.server.posted().len(), 1);
        stage.pass(1);
        stage.server.next(500, "<h1>", None);
        stage.look().await;
        assert_eq!(stage.server.posted().len(), 2);
        stage.pass(60);
        stage.look().await;
        assert_eq!(stage.server.posted().len(), 2 + 5);
        let crm = stage.crm().await;
        assert_eq!((crm.sent, crm.failures, crm.error.as_str()), (5, 0, ""));
    });
}

#[test]
fn a_wrong_login_loses_nothing() {
    testing::check(|db| async move {
        let stage = Stage::new(db).await;
        let wrong = stage.sealed("wrong");
        stage.tells(|c| c.secret_enc = Some(wrong)).await;
        stage.session(1).await;
        stage.session(2).await;
        stage.look().await;
        let refused = test(&stage.app, &stage.crm().await).await;
        assert_eq!(
            refused,
            Tested {
                status: Some(401),
                fault: Some("ActionKit refuses the login".to_owned())
            }
        );
        assert_eq!(stage.crm().await.error, "ActionKit refuses the login");
        stage.tells(|_| {}).await;
        assert_eq!(test(&stage.app, &stage.crm().await).await.fault, None);
        stage.pass(10);
        stage.look().await;
        assert_eq!(stage.crm().await.sent, 2);
    });
}

#[test]
fn a_record_that_is_refused_is_laid_aside_and_can_be_replayed() {
    testing::check(|db| async move {
        let stage = Stage::new(db).await;
        stage.tells(|_| {}).await;
        stage
            .server
            .next(400, r#"{"errors":{"page":["Unable to find page."]}}"#, None);
        let first = stage.session(1).await;
        let second = stage.session(2).await;
        stage.look().await;
        assert_eq!(
            stage.states().await,
            [
                "dead 1 ActionKit refuses the record: page: Unable to find page.",
                "done 1",
            ]
        );
        let now = stage.app.clock().now_ms();
        let replayed = jobs::replay_dead(stage.app.db(), KIND, &stage.campaign.id, now).await;
        assert_eq!(replayed.unwrap(), 1);
        stage.look().await;
        assert_eq!(stage.server.posted(), [first.clone(), second, first]);
        assert_eq!(stage.states().await, ["done 1", "done 1"]);
    });
}

#[test]
fn mobile_commons_says_no_in_xml() {
    testing::check(|db| async move {
        let stage = Stage::new(db).await;
        stage.tells(|c| c.kind = CrmKind::MobileCommons).await;
        stage.server.next(
            200,
            r#"<response success="false"><error id="5" message="12025550123 is no mobile"/></response>"#,
            None,
        );
        stage.session(1).await;
        stage.session(2).await;
        stage.look().await;
        assert_eq!(
            stage.states().await,
            [
                "dead 1 Mobile Commons refuses the record: … is no mobile (5)",
                "done 1"
            ]
        );
        assert!(stage.server.text().contains("phone_number=%2B12025550123"));
        assert_eq!(test(&stage.app, &stage.crm().await).await.fault, None);
    });
}

/// A node claims a record, tells it, and dies before it could say so.
#[test]
fn what_a_dead_node_was_sending_is_sent_again_under_the_same_key() {
    testing::check(|db| async move {
        let stage = Stage::new(db).await;
        stage.tells(|_| {}).await;
        let id = stage.session(1).await;
        // Slower than anybody waits: aborted in the middle, as a kill would.
        stage.server.next(504, "", None);
        let dying = {
            let (app, campaign) = (stage.node(), stage.campaign.id.clone());
            tokio::spawn(async move {
                super::super::deliver::serve(&app, &campaign, std::time::Duration::ZERO).await
            })
        };
        while stage.server.posted().is_empty() {
            tokio::task::yield_now().await;
        }
        dying.abort();
        stage.look().await;
        assert_eq!(stage.server.posted().len(), 1, "its claim still holds");
        stage.pass(60);
        stage.look().await;
        assert_eq!(stage.server.posted(), [id.clone(), id]);
        assert_eq!(stage.states().await, ["done 2"]);
    });
}

#[test]
fn two_nodes_send_every_record_once() {
    testing::check(|db| async move {
        let stage = Stage::new(db).await;
        stage.tells(|c| c.schedule = Schedule::Hourly).await;
        for n in 1..=20 {
            stage.session(n).await;
        }
        stage.pass(3_600);
        let other = stage.node();
        let begun = [&stage.app, &other].map(super::super::deliver::begin);
        for begun in futures_util::future::join_all(begun).await {
            begun.unwrap();
        }
        tokio::join!(stage.serve(&stage.app), stage.serve(&other));
        let mut posted = stage.server.posted();
        posted.sort();
        posted.dedup();
        assert_eq!((posted.len(), stage.server.posted().len()), (20, 20));
        assert_eq!(stage.crm().await.sent, 20);
    });
}

#[test]
fn a_crm_that_is_away_for_long_gets_the_record_in_the_end_or_lays_it_aside() {
    testing::check(|db| async move {
        let stage = Stage::new(db).await;
        stage.tells(|c| c.url = "http://127.0.0.1:1".to_owned()).await;
        stage.session(1).await;
        for attempts in 1..MAX_ATTEMPTS {
            stage.look().await;
            assert_eq!(
                stage.states().await,
                [format!("waiting {attempts} no connection")]
            );
            stage.pass(5_400);
        }
        stage.look().await;
        assert_eq!(
            stage.states().await,
            [format!("dead {MAX_ATTEMPTS} no connection")]
        );
    });
}

/// What is closed for a node that died is told as well.
#[test]
fn sessions_that_a_node_lost_are_told_with_what_they_reached() {
    testing::check(|db| async move {
        let stage = Stage::new(db).await;
        stage.tells(|_| {}).await;
        let (db, now) = (stage.app.db(), stage.app.clock().now_ms());
        campaigns::set_status(db, &stage.campaign.id, CampaignStatus::Live, now)
            .await
            .unwrap();
        let (reached, nobody) = (stage.open(1).await, stage.open(2).await);
        let claimed = sessions::claim(db, "gw9", 8, now + 60_000, now).await.unwrap();
        assert_eq!(claimed.len(), 2);
        for id in [&reached, &nobody] {
            sessions::start_dialling(db, id, "gw9", now).await.unwrap();
        }
        stage.call(1, &reached, CallStatus::Completed).await;
        let clock = stage.app.clock();
        sessions::close_lost(db, "gw9", now, &|| clock.new_id().to_string())
            .await
            .unwrap();
        stage.look().await;
        assert_eq!(stage.server.posted(), [reached]);
    });
}
