//! Retention and forgetting, judged by the bytes of the database's own files.

use std::path::Path;

use crate::campaign::{phone_context, phone_of};
use crate::daily::stage::Stage;
use crate::guards::{self, Asker};
use crate::privacy::Keys;
use crate::privacy::campaign::{CampaignKeyError, keys_of};
use crate::store::campaigns::{self, CampaignStatus};
use crate::store::events::{self, Event};
use crate::store::schedules::{self, EndedWhy};
use crate::store::sessions::{self, Filter};
use crate::store::webhooks::{self, Webhook};
use crate::store::{Db, Page, campaign_keys, jobs, retention, stats, testing};
use trunkline_gateway::flow::CallStatus;
use trunkline_gateway::phone::Phone;

use super::{RECORDINGS, forget, look};

const START: &str = "2026-06-02T12:00:00Z";
const DAY: std::time::Duration = std::time::Duration::from_secs(24 * 3_600);

fn number(n: usize) -> String {
    format!("+1202555{:04}", 1_000 + n)
}

/// Thirty callers with a session that has ended, ten of them subscribed; answers the ids of the sessions.
async fn callers(stage: &Stage) -> Vec<String> {
    let (app, mut ids) = (&stage.app, Vec::new());
    for n in 0..30 {
        let phone = Phone::new(number(n)).unwrap();
        guards::count(app, &stage.campaign, Some(&phone), None, Asker::Public)
            .await
            .unwrap();
        let session = stage.queue(&number(n)).await;
        let now = app.clock().now_ms();
        sessions::end(
            app.db(),
            &session.id,
            CallStatus::Completed,
            "target 1",
            now,
            None,
        )
        .await
        .unwrap();
        let folder = app.config().node.data_dir.join(RECORDINGS).join(&session.id);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("caller.wav"), b"RIFF").unwrap();
        ids.push(session.id);
        if n < 10 {
            stage.subscribe(&number(n), "America/New_York", 9 * 60).await;
        }
    }
    ids
}

fn recordings(stage: &Stage) -> usize {
    std::fs::read_dir(stage.app.config().node.data_dir.join(RECORDINGS))
        .unwrap()
        .count()
}

/// Everything that lies in the database's files, its log as well.
fn bytes(file: &Path) -> String {
    let mut all = Vec::new();
    for end in ["", "-wal", "-shm", "-journal"] {
        all.extend(std::fs::read(format!("{}{end}", file.display())).unwrap_or_default());
    }
    String::from_utf8_lossy(&all).into_owned()
}

/// Runs a test on an SQLite file of its own, whose bytes it can read.
fn on_file<F: Future<Output = ()>>(test: impl Fn(Db, std::path::PathBuf) -> F) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("test.db");
        let db = Db::open(&format!("sqlite://{}", file.display())).await.unwrap();
        test(db.clone(), file).await;
        db.close().await;
    });
}

/// What of these callers could lead to their numbers, if somebody had the file and the installation's key.
struct Traces {
    plain: Vec<String>,
    keyed_by_the_installation: Vec<String>,
    encrypted: Vec<String>,
    wrapped_key: String,
}

async fn traces(stage: &Stage, ids: &[String]) -> Traces {
    let db = stage.app.db();
    let mut encrypted = Vec::new();
    for id in ids {
        encrypted.push(sessions::get(db, id).await.unwrap().phone_enc.unwrap());
    }
    let subscribed = schedules::list(db, &schedules::Filter::default(), &Page::first(100))
        .await
        .unwrap();
    encrypted.extend(subscribed.items.into_iter().map(|row| row.phone_enc.unwrap()));
    let key = campaign_keys::get(db, &stage.campaign.id).await.unwrap().unwrap();
    Traces {
        plain: (0..30).map(|n| number(n)[2..].to_owned()).collect(),
        keyed_by_the_installation: (0..30).map(|n| stage.app.keys().phone_ref(&number(n))).collect(),
        encrypted,
        wrapped_key: key.wrapped.unwrap(),
    }
}

fn found(file: &str, traces: &[String]) -> usize {
    traces
        .iter()
        .filter(|trace| file.contains(trace.as_str()))
        .count()
}

#[test]
fn after_a_campaign_is_forgotten_its_file_leads_to_nobody() {
    on_file(|db, file| async move {
        let stage = Stage::new(db, START).await;
        let app = &stage.app;
        let ids = callers(&stage).await;
        let traces = traces(&stage, &ids).await;
        let before = bytes(&file);
        // What this test looks for can be found; and without the key file it is worth nothing.
        assert_eq!(found(&before, &traces.plain), 0, "never in the clear");
        assert_eq!(found(&before, &traces.keyed_by_the_installation), 30);
        assert_eq!(found(&before, &traces.encrypted), 40);
        assert!(before.contains(&traces.wrapped_key));
        let other = Keys::new([3; 32], [4; 32]);
        let context = phone_context(&ids[0]);
        assert!(other.decrypt(&traces.encrypted[0], &context).is_err());
        assert!(
            keys_of(app, &stage.campaign.id)
                .await
                .unwrap()
                .decrypt(&traces.encrypted[0], &context)
                .is_ok()
        );

        let counts = stats::steps(app.db(), &stage.campaign.id).await.unwrap();
        campaigns::set_status(
            app.db(),
            &stage.campaign.id,
            CampaignStatus::Archived,
            app.clock().now_ms(),
        )
        .await
        .unwrap();
        let forgotten = forget(app, &stage.campaign.id).await.unwrap();
        assert_eq!((forgotten.sessions, forgotten.schedules), (30, 10));

        let after = bytes(&file);
        assert_eq!(found(&after, &traces.plain), 0);
        assert_eq!(found(&after, &traces.keyed_by_the_installation), 0);
        assert_eq!(found(&after, &traces.encrypted), 0);
        assert!(!after.contains(&traces.wrapped_key));
        assert!(matches!(
            keys_of(app, &stage.campaign.id).await,
            Err(CampaignKeyError::Destroyed)
        ));
        assert_eq!(recordings(&stage), 0);
        // Everything that is counted is there, callers are still told apart, and a second time changes nothing.
        assert_eq!(stats::steps(app.db(), &stage.campaign.id).await.unwrap(), counts);
        let rows = sessions::list(app.db(), &Filter::default(), &Page::first(100))
            .await
            .unwrap()
            .items;
        let different: std::collections::BTreeSet<_> = rows.iter().map(|row| &row.phone_hash).collect();
        assert_eq!((rows.len(), different.len()), (30, 30));
        let again = forget(app, &stage.campaign.id).await.unwrap();
        assert_eq!((again.at, again.sessions, again.schedules), (forgotten.at, 0, 0));
    });
}

#[test]
fn after_the_retention_time_no_number_is_kept() {
    on_file(|db, file| async move {
        let stage = Stage::new(db, START).await;
        let app = &stage.app;
        let ids = callers(&stage).await;
        let traces = traces(&stage, &ids).await;
        app.clock().advance(89 * DAY);
        look(app).await.unwrap();
        let session = sessions::get(app.db(), &ids[0]).await.unwrap();
        assert!(phone_of(app, &session).await.unwrap().is_some());
        assert_eq!(recordings(&stage), 30);
        app.clock().advance(2 * DAY);
        look(app).await.unwrap();
        let session = sessions::get(app.db(), &ids[0]).await.unwrap();
        assert_eq!(phone_of(app, &session).await.unwrap(), None);
        assert_eq!(recordings(&stage), 0);
        let after = bytes(&file);
        assert_eq!(found(&after, &traces.encrypted[..30]), 0, "of sessions");
        assert_eq!(
            found(&after, &traces.encrypted[30..]),
            10,
            "subscribers are still called"
        );
        assert_eq!(
            found(&after, &traces.keyed_by_the_installation),
            0,
            "rate limits last for a day"
        );
    });
}

#[test]
fn an_archived_campaign_is_forgotten_by_itself_when_its_time_is_over() {
    testing::check(|db| async move {
        let stage = Stage::new(db, START).await;
        let (app, campaign) = (&stage.app, &stage.campaign.id);
        let ids = callers(&stage).await;
        campaigns::set_status(app.db(), campaign, CampaignStatus::Archived, app.clock().now_ms())
            .await
            .unwrap();
        app.clock().advance(90 * DAY);
        look(app).await.unwrap();
        assert!(keys_of(app, campaign).await.is_ok());
        app.clock().advance(DAY);
        look(app).await.unwrap();
        assert!(matches!(
            keys_of(app, campaign).await,
            Err(CampaignKeyError::Destroyed)
        ));
        // Whoever dials the campaign's number afterwards is nobody.
        let stranger = stage.draft("+12025550199").await;
        assert_eq!(stranger.phone_enc, None);
        assert_ne!(stranger.phone_hash, stage.draft("+12025550199").await.phone_hash);
        assert!(sessions::get(app.db(), &ids[0]).await.is_ok());
    });
}

#[test]
fn forgetting_ends_subscriptions_and_what_waits_in_the_queue() {
    testing::check(|db| async move {
        let stage = Stage::new(db, START).await;
        let app = &stage.app;
        let id = stage.subscribe("+12025550123", "America/New_York", 9 * 60).await;
        stage.queue("+12025550123").await;
        forget(app, &stage.campaign.id).await.unwrap();
        let row = schedules::get(app.db(), &id).await.unwrap();
        assert_eq!((row.ended_why, row.phone_enc), (Some(EndedWhy::Forgotten), None));
        assert_eq!(
            schedules::consents(app.db(), &id).await.unwrap().len(),
            1,
            "the record of consent stays"
        );
        assert_eq!(stage.queued().await, 0);
        assert!(retention::rate_keys(app.db()).await.unwrap().is_empty());
    });
}

/// Events of trunks belong to no session, and would stay for ever; one that a webhook has not got yet is not taken from it.
#[test]
fn events_go_when_their_time_is_over_and_nobody_waits_for_them() {
    testing::check(|db| async move {
        let stage = Stage::new(db, START).await;
        let app = &stage.app;
        let event = |kind: &str| Event {
            id: app.clock().new_id().to_string(),
            at: app.clock().now_ms(),
            kind: kind.to_owned(),
            session_id: None,
            data: serde_json::Value::Null,
        };
        let hook = Webhook {
            id: app.clock().new_id().to_string(),
            url: "https://example.org/".to_owned(),
            events: vec!["trunk.down".to_owned()],
            campaign_id: None,
            secret_enc: String::new(),
            enabled: true,
            created_at: 0,
            updated_at: 0,
        };
        webhooks::create(app.db(), &hook).await.unwrap();
        let (down, up) = (event("trunk.down"), event("trunk.up"));
        events::append(app.db(), &[down.clone(), up]).await.unwrap();
        app.clock().advance(89 * DAY);
        let young = event("trunk.up");
        events::append(app.db(), std::slice::from_ref(&young))
            .await
            .unwrap();
        let left = async || -> Vec<String> {
            look(app).await.unwrap();
            let left = events::after(app.db(), "", 10).await.unwrap();
            left.into_iter().map(|event| event.id).collect()
        };
        assert_eq!(left().await.len(), 3);
        app.clock().advance(2 * DAY);
        assert_eq!(left().await, [down.id.as_str(), young.id.as_str()]);
        let now = app.clock().now_ms();
        let claimed = jobs::claim(app.db(), webhooks::KIND, &hook.id, 1, now + 1, now)
            .await
            .unwrap();
        let done = jobs::Tried {
            state: jobs::JobState::Done,
            due_at: now,
            status: Some(204),
            error: String::new(),
        };
        assert!(jobs::finish(app.db(), &claimed[0], &done, now).await.unwrap());
        assert_eq!(left().await, [young.id]);
    });
}
