//! Deliveries to a receiver on loopback: signed, tried again, laid aside, replayed; on both databases.

use std::path::Path;
use std::sync::Mutex as StdMutex;
use std::sync::atomic::{AtomicU16, Ordering};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use trunkline_prompts::files::Files;
use trunkline_prompts::tts::{Speech, SpeechConfig};

use super::*;
use crate::campaign::Script;
use crate::clock::Clock;
use crate::config::Config;
use crate::privacy::Keys;
use crate::runtime::{NoGateway, Parts};
use crate::store::jobs::JobState;
use crate::store::tests::rows;
use crate::store::{Db, Page, campaigns, sessions, testing};

fn app(db: Db, folder: &Path) -> App {
    let config = "[outbound]\nallow = [\"127.0.0.1/32\"]\n";
    App::new(Parts {
        db,
        keys: Keys::new([1; 32], [2; 32]),
        clock: Clock::moving(1_795_233_900_000, 1),
        gateway: Arc::new(NoGateway),
        script: Script::new(
            Files::open(folder).unwrap(),
            Box::new(Speech::new(SpeechConfig::default())),
        ),
        config: Arc::new(Config::parse(Some((Path::new("t.toml"), config)), []).unwrap()),
        seed: 1,
    })
}

#[derive(Clone, Default)]
struct Receiver {
    answer: Arc<AtomicU16>,
    got: Arc<StdMutex<Vec<(HeaderMap, String)>>>,
}

impl Receiver {
    async fn url(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let own = self.clone();
        let app = Router::new().route(
            "/hook",
            post(move |headers: HeaderMap, body: String| async move {
                own.got.lock().unwrap().push((headers, body));
                StatusCode::from_u16(own.answer.load(Ordering::SeqCst)).unwrap()
            }),
        );
        tokio::spawn(async move { axum::serve(listener, app).await });
        url
    }
}

async fn hook(app: &App, url: String, events: &[&str]) -> Webhook {
    let id = app.clock().new_id().to_string();
    let webhook = Webhook {
        secret_enc: app
            .keys()
            .encrypt("a secret of ours", &secret_context(&id))
            .unwrap(),
        id,
        url,
        events: events.iter().map(|e| (*e).to_owned()).collect(),
        campaign_id: None,
        enabled: true,
        created_at: 0,
        updated_at: 0,
    };
    webhooks::create(app.db(), &webhook).await.unwrap();
    webhook
}

fn event(app: &App, kind: &str) -> Event {
    Event {
        id: app.clock().new_id().to_string(),
        at: app.clock().now_ms(),
        kind: kind.to_owned(),
        session_id: None,
        data: json!({"status": "completed"}),
    }
}

async fn states(app: &App, webhook: &Webhook) -> Vec<(JobState, i64)> {
    let all = jobs::list(app.db(), KIND, &webhook.id, None, &Page::default())
        .await
        .unwrap();
    all.items.iter().map(|j| (j.state, j.attempts)).collect()
}

#[test]
fn an_event_is_delivered_signed_and_once_however_often_it_is_written() {
    testing::check(|db| async move {
        let folder = tempfile::tempdir().unwrap();
        let app = app(db, folder.path());
        let receiver = Receiver::default();
        receiver.answer.store(204, Ordering::SeqCst);
        let webhook = hook(&app, receiver.url().await, &["session.*", "call.ended"]).await;
        let told = [
            event(&app, "session.ended"),
            event(&app, "call.started"),
            event(&app, "call.ended"),
        ];
        events::append(app.db(), &told).await.unwrap();
        events::append(app.db(), &told).await.unwrap();
        serve(&app, &webhook.id).await.unwrap();
        assert_eq!(
            states(&app, &webhook).await,
            [(JobState::Done, 1), (JobState::Done, 1)]
        );
        let got = receiver.got.lock().unwrap().clone();
        assert_eq!(got.len(), 2);
        for (headers, body) in got {
            let signed = headers["trunkline-signature"].to_str().unwrap();
            let seconds = app.clock().now_ms() / 1_000;
            assert_eq!(signed, signature("a secret of ours", seconds, body.as_bytes()));
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(body["id"], headers["trunkline-event-id"].to_str().unwrap());
            assert_eq!(body["data"]["status"], "completed");
        }
    });
}

#[test]
fn a_receiver_that_fails_is_tried_again_until_it_is_laid_aside_and_replayed() {
    testing::check(|db| async move {
        let folder = tempfile::tempdir().unwrap();
        let app = app(db, folder.path());
        let receiver = Receiver::default();
        receiver.answer.store(500, Ordering::SeqCst);
        let webhook = hook(&app, receiver.url().await, &["*"]).await;
        events::append(app.db(), &[event(&app, "session.ended")])
            .await
            .unwrap();
        for attempts in 1..crate::jobs::MAX_ATTEMPTS {
            serve(&app, &webhook.id).await.unwrap();
            assert_eq!(states(&app, &webhook).await, [(JobState::Waiting, attempts)]);
            app.clock().advance(Duration::from_secs(5_400));
        }
        serve(&app, &webhook.id).await.unwrap();
        assert_eq!(
            states(&app, &webhook).await,
            [(JobState::Dead, crate::jobs::MAX_ATTEMPTS)]
        );
        receiver.answer.store(200, Ordering::SeqCst);
        let now = app.clock().now_ms();
        assert_eq!(
            jobs::replay_dead(app.db(), KIND, &webhook.id, now).await.unwrap(),
            1
        );
        serve(&app, &webhook.id).await.unwrap();
        assert_eq!(states(&app, &webhook).await, [(JobState::Done, 1)]);
    });
}

#[test]
fn what_a_dead_node_claimed_is_due_again_and_its_late_word_changes_nothing() {
    testing::check(|db| async move {
        let folder = tempfile::tempdir().unwrap();
        let app = app(db, folder.path());
        let webhook = hook(&app, "http://127.0.0.1:1/".to_owned(), &["*"]).await;
        events::append(app.db(), &[event(&app, "session.ended")])
            .await
            .unwrap();
        let claim = async |now| {
            jobs::claim(app.db(), KIND, &webhook.id, 8, now + 60_000, now)
                .await
                .unwrap()
        };
        let now = app.clock().now_ms();
        let first = claim(now).await;
        assert_eq!((first.len(), claim(now + 59_999).await.len()), (1, 0));
        let second = claim(now + 60_000).await;
        assert_eq!(second.len(), 1);
        let done = judge(&first[0], End::Done(200), now, &mut app.rng());
        assert!(!jobs::finish(app.db(), &first[0], &done, now).await.unwrap());
        assert!(jobs::finish(app.db(), &second[0], &done, now).await.unwrap());
    });
}

/// A receiver that says when a delivery has come, and answers when it is told to; returns its URL.
async fn slow(came: mpsc::UnboundedSender<()>, go: Arc<Notify>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let app = Router::new().route(
        "/hook",
        post(move || async move {
            came.send(()).unwrap();
            go.notified().await;
            StatusCode::NO_CONTENT
        }),
    );
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

#[test]
fn a_slow_receiver_holds_up_no_other() {
    testing::check(|db| async move {
        let folder = tempfile::tempdir().unwrap();
        let app = app(db, folder.path());
        let (slow_came, mut slow_comes) = mpsc::unbounded_channel();
        let (fast_came, mut fast_comes) = mpsc::unbounded_channel();
        let (go, at_once) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let slow = hook(&app, slow(slow_came, Arc::clone(&go)).await, &["*"]).await;
        let fast_url = self::slow(fast_came, Arc::clone(&at_once)).await;
        let fast = hook(&app, fast_url, &["*"]).await;
        let busy = Arc::new(Mutex::new(HashSet::new()));
        for kind in ["call.started", "call.ended", "session.ended"] {
            events::append(app.db(), &[event(&app, kind)]).await.unwrap();
            at_once.notify_one();
            look(&app, &busy).await.unwrap();
            fast_comes.recv().await.unwrap();
            // Its lane is free again when its task has written how it went.
            while busy.lock().await.contains(&fast.id) {
                tokio::task::yield_now().await;
            }
        }
        assert_eq!(states(&app, &fast).await, [(JobState::Done, 1); 3]);
        // The slow one has been asked once, and has the rest before it.
        slow_comes.recv().await.unwrap();
        assert!(slow_comes.try_recv().is_err());
        let waiting = states(&app, &slow).await;
        assert_eq!(
            waiting,
            [
                (JobState::Waiting, 0),
                (JobState::Waiting, 0),
                (JobState::Waiting, 1)
            ]
        );
        // One is answered, and the two others are sent together.
        go.notify_one();
        for _ in 0..2 {
            slow_comes.recv().await.unwrap();
        }
        assert_eq!(states(&app, &slow).await[2], (JobState::Done, 1));
    });
}

#[test]
fn two_nodes_deliver_each_event_once() {
    const EVENTS: usize = 60;
    testing::check(|db| async move {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (app(db.clone(), folder.path()), app(db, folder.path()));
        let receiver = Receiver::default();
        receiver.answer.store(204, Ordering::SeqCst);
        let webhook = hook(&one, receiver.url().await, &["*"]).await;
        let told: Vec<Event> = (0..EVENTS).map(|_| event(&one, "session.ended")).collect();
        events::append(one.db(), &told).await.unwrap();
        let (a, b) = tokio::join!(serve(&one, &webhook.id), serve(&other, &webhook.id));
        a.and(b).unwrap();
        let got = receiver.got.lock().unwrap().clone();
        let ids: HashSet<String> = got
            .iter()
            .map(|(headers, _)| headers["trunkline-event-id"].to_str().unwrap().to_owned())
            .collect();
        assert_eq!((got.len(), ids.len()), (EVENTS, EVENTS));
        assert_eq!(states(&one, &webhook).await, [(JobState::Done, 1); EVENTS]);
    });
}

#[test]
fn a_campaigns_webhook_hears_of_its_sessions_alone() {
    testing::check(|db| async move {
        let folder = tempfile::tempdir().unwrap();
        let app = app(db, folder.path());
        let receiver = Receiver::default();
        receiver.answer.store(204, Ordering::SeqCst);
        let mut own = hook(&app, receiver.url().await, &["*"]).await;
        let mut told = Vec::new();
        for (n, name) in [(1, "own"), (2, "other")] {
            let campaign = rows::campaign(n, name);
            campaigns::create(app.db(), &campaign).await.unwrap();
            let session = rows::session(n + 10, &campaign, 1);
            sessions::create(app.db(), &session).await.unwrap();
            told.push(Event {
                session_id: Some(session.id),
                ..event(&app, "session.ended")
            });
            if n == 1 {
                own.campaign_id = Some(campaign.id);
                webhooks::update(app.db(), &own).await.unwrap();
            }
        }
        told.push(event(&app, "trunk.down"));
        events::append(app.db(), &told).await.unwrap();
        serve(&app, &own.id).await.unwrap();
        let got = receiver.got.lock().unwrap().clone();
        assert_eq!(got.len(), 1);
        let body: Value = serde_json::from_str(&got[0].1).unwrap();
        assert_eq!(
            (&body["campaign_id"], &body["session_id"]),
            (&json!(own.campaign_id), &json!(told[0].session_id))
        );
    });
}

/// Killed between the POST and the note that it was made: the receiver gets it again, under the same id.
#[test]
fn what_a_killed_node_was_delivering_is_delivered_when_its_lease_is_over() {
    testing::check(|db| async move {
        let folder = tempfile::tempdir().unwrap();
        let app = app(db, folder.path());
        let receiver = Receiver::default();
        receiver.answer.store(204, Ordering::SeqCst);
        let webhook = hook(&app, receiver.url().await, &["*"]).await;
        events::append(app.db(), &[event(&app, "session.ended")])
            .await
            .unwrap();
        let now = app.clock().now_ms();
        let claimed = jobs::claim(app.db(), KIND, &webhook.id, AT_ONCE, now + LEASE_MS, now)
            .await
            .unwrap();
        let event = events::get(app.db(), &claimed[0].key).await.unwrap();
        let request = signed(&app, &webhook, &event, &body(&event, None)).unwrap();
        app.outbound().send(request).await.unwrap();
        serve(&app, &webhook.id).await.unwrap();
        assert_eq!(receiver.got.lock().unwrap().len(), 1, "not while the lease lasts");
        app.clock().advance(Duration::from_secs(61));
        serve(&app, &webhook.id).await.unwrap();
        let got = receiver.got.lock().unwrap().clone();
        assert_eq!(got.len(), 2);
        assert_eq!(got[0].0["trunkline-event-id"], got[1].0["trunkline-event-id"]);
        assert_eq!(states(&app, &webhook).await, [(JobState::Done, 2)]);
    });
}
