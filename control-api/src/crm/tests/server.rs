//! A server on loopback that answers as ActionKit and Mobile Commons do, and a campaign that tells it of sessions.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, Uri};
use tokio::net::TcpListener;
use trunkline_gateway::flow::{CallStatus, Outcome};
use trunkline_prompts::files::Files;
use trunkline_prompts::tts::{Speech, SpeechConfig};

use super::super::deliver::{begin, serve};
use super::super::secret_context;
use crate::campaign::{Script, phone_context};
use crate::clock::Clock;
use crate::config::Config;
use crate::privacy::Keys;
use crate::privacy::campaign::keys_of;
use crate::runtime::{App, NoGateway, Parts};
use crate::store::campaigns::{self, Campaign};
use crate::store::crm::{self, Crm, CrmKind, KIND, Options, Schedule};
use crate::store::jobs::{self, Job};
use crate::store::tests::rows;
use crate::store::{Db, Page, calls, sessions};

/// 2026-11-21T04:05:00Z.
pub(super) const START_MS: i64 = 1_795_233_900_000;
/// Everybody's number.
pub(super) const NUMBER: &str = "+12025550123";
/// The same as ActionKit keeps it.
pub(super) const NATIONAL: &str = "2025550123";

/// A request that came.
#[derive(Clone, Debug)]
pub(super) struct Came {
    pub(super) line: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

/// Status, body, and Retry-After in seconds.
type Said = (u16, &'static str, Option<u32>);

/// What is answered to POSTs: these, one after the other, then what the CRM says to everything that is right.
#[derive(Clone, Default)]
pub(super) struct Server {
    pub(super) answers: Arc<Mutex<VecDeque<Said>>>,
    pub(super) came: Arc<Mutex<Vec<Came>>>,
}

impl Server {
    pub(super) async fn url(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(answer).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        url
    }

    pub(super) fn next(&self, status: u16, body: &'static str, retry_after: Option<u32>) {
        self.answers
            .lock()
            .unwrap()
            .push_back((status, body, retry_after));
    }

    /// The sessions of the POSTs that came, in order.
    pub(super) fn posted(&self) -> Vec<String> {
        let came = self.came.lock().unwrap();
        let posts = came.iter().filter(|c| c.line.starts_with("POST"));
        posts
            .map(|c| c.headers["idempotency-key"].to_str().unwrap().to_owned())
            .collect()
    }

    /// Everything that came, as one text.
    pub(super) fn text(&self) -> String {
        let came = self.came.lock().unwrap();
        came.iter()
            .map(|c| format!("{} {:?} {}\n", c.line, c.headers, c.body))
            .collect()
    }
}

async fn answer(
    State(server): State<Server>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    server.came.lock().unwrap().push(Came {
        line: format!("{method} {uri}"),
        headers: headers.clone(),
        body: String::from_utf8(body.to_vec()).unwrap(),
    });
    // `api:right` is the login of every test.
    let right = headers
        .get("authorization")
        .is_some_and(|v| v == "Basic YXBpOnJpZ2h0");
    let next = match method == Method::POST {
        true => server.answers.lock().unwrap().pop_front(),
        false => None,
    };
    let (status, body, retry_after) = match (right, next, uri.path()) {
        (false, _, _) => (401, "", None),
        (true, Some(next), _) => next,
        (true, None, "/rest/v1/phone/") => {
            let known = uri.query().is_some_and(|q| q.contains(NATIONAL));
            let found = match known {
                true => r#"{"objects":[{"user":"/rest/v1/user/17/"}]}"#,
                false => r#"{"objects":[]}"#,
            };
            (200, found, None)
        }
        (true, None, "/rest/v1/user/17/") => (200, r#"{"email":"ada@example.org"}"#, None),
        (true, None, "/rest/v1/page/") => (200, r#"{"objects":[{"id":3}]}"#, None),
        (true, None, "/rest/v1/action/") => (201, r#"{"action_id":21}"#, None),
        (true, None, "/api/profile_update" | "/api/campaigns") => {
            (200, r#"<response success="true"></response>"#, None)
        }
        (true, None, _) => (404, "", None),
    };
    let mut response = Response::builder().status(status);
    if let Some(seconds) = retry_after {
        response = response.header("retry-after", seconds);
    }
    if status == 504 {
        // Slower than we wait: the connection is simply not answered.
        std::future::pending::<()>().await;
    }
    response.body(Body::from(body)).unwrap()
}

/// A campaign that tells the server.
pub(super) struct Stage {
    pub(super) app: App,
    pub(super) server: Server,
    pub(super) campaign: Campaign,
    url: String,
    folder: tempfile::TempDir,
}

fn app(db: Db, folder: &Path, clock: Clock) -> App {
    let config = "[outbound]\nallow = [\"127.0.0.1/32\"]\n";
    App::new(Parts {
        db,
        keys: Keys::new([1; 32], [2; 32]),
        clock,
        gateway: Arc::new(NoGateway),
        script: Script::new(
            Files::open(folder).unwrap(),
            Box::new(Speech::new(SpeechConfig::default())),
        ),
        config: Arc::new(Config::parse(Some((Path::new("t.toml"), config)), []).unwrap()),
        seed: 1,
    })
}

impl Stage {
    pub(super) async fn new(db: Db) -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let app = app(db, folder.path(), Clock::moving(START_MS, 1));
        let campaign = rows::campaign(10, "library");
        campaigns::create(app.db(), &campaign).await.unwrap();
        let server = Server::default();
        Stage {
            url: server.url().await,
            app,
            server,
            campaign,
            folder,
        }
    }

    /// Another node on the same database.
    pub(super) fn node(&self) -> App {
        app(
            self.app.db().clone(),
            self.folder.path(),
            self.app.clock().clone(),
        )
    }

    /// Settings that are right, changed and written.
    pub(super) async fn tells(&self, change: impl FnOnce(&mut Crm)) {
        let now = self.app.clock().now_ms();
        let mut crm = Crm {
            campaign_id: self.campaign.id.clone(),
            kind: CrmKind::ActionKit,
            schedule: Schedule::Immediate,
            hour: 3,
            time_zone: "America/New_York".to_owned(),
            url: self.url.clone(),
            options: Options {
                page: "library".to_owned(),
                ..Options::default()
            },
            username: "api".to_owned(),
            secret_enc: Some(self.sealed("right")),
            send_phone: true,
            paused: false,
            next_run_at: now,
            last_run_at: None,
            last_sent_at: None,
            sent: 0,
            failures: 0,
            hold_until: 0,
            error: String::new(),
            created_at: now,
            updated_at: now,
        };
        change(&mut crm);
        crm.next_run_at = super::super::schedule::next(crm.schedule, &crm.time_zone, crm.hour, now);
        crm::put(self.app.db(), &crm).await.unwrap();
    }

    pub(super) fn sealed(&self, secret: &str) -> String {
        let context = secret_context(&self.campaign.id);
        self.app.keys().encrypt(secret, &context).unwrap()
    }

    /// A session of somebody who has talked to one target, just ended.
    pub(super) async fn session(&self, n: u128) -> String {
        let id = self.open(n).await;
        self.call(n, &id, CallStatus::Completed).await;
        self.end(&id).await;
        id
    }

    /// A session that is under way.
    pub(super) async fn open(&self, n: u128) -> String {
        let mut session = rows::session(n, &self.campaign, self.app.clock().now_ms());
        let keys = keys_of(&self.app, &self.campaign.id).await.unwrap();
        session.phone_enc = Some(keys.encrypt(NUMBER, &phone_context(&session.id)).unwrap());
        session.phone_hash = keys.phone_ref(NUMBER);
        sessions::create(self.app.db(), &session).await.unwrap();
        session.id
    }

    pub(super) async fn call(&self, n: u128, session: &str, status: CallStatus) {
        let session = sessions::get(self.app.db(), session).await.unwrap();
        let call = rows::call(n + 1_000, &session);
        calls::start(self.app.db(), &call).await.unwrap();
        let now = self.app.clock().now_ms();
        calls::end(
            self.app.db(),
            &call.id,
            status,
            Outcome::Talked,
            61_000,
            now,
            None,
        )
        .await
        .unwrap();
    }

    pub(super) async fn end(&self, session: &str) {
        let now = self.app.clock().now_ms();
        sessions::end(self.app.db(), session, CallStatus::Completed, "done", now, None)
            .await
            .unwrap();
    }

    pub(super) fn pass(&self, seconds: u64) {
        self.app.clock().advance(Duration::from_secs(seconds));
    }

    /// What one look of a node does.
    pub(super) async fn look(&self) {
        begin(&self.app).await.unwrap();
        self.serve(&self.app).await;
    }

    pub(super) async fn serve(&self, app: &App) {
        serve(app, &self.campaign.id, Duration::ZERO).await.unwrap();
    }

    pub(super) async fn crm(&self) -> Crm {
        crm::find(self.app.db(), &self.campaign.id)
            .await
            .unwrap()
            .unwrap()
    }

    pub(super) async fn jobs(&self) -> Vec<Job> {
        let page = Page::first(1_000);
        let mut all = jobs::list(self.app.db(), KIND, &self.campaign.id, None, &page)
            .await
            .unwrap()
            .items;
        all.reverse();
        all
    }

    /// State, tries and fault of every record, oldest session first.
    pub(super) async fn states(&self) -> Vec<String> {
        let jobs = self.jobs().await;
        jobs.iter()
            .map(|job| {
                format!("{} {} {}", job.state, job.attempts, job.error)
                    .trim()
                    .to_owned()
            })
            .collect()
    }
}
