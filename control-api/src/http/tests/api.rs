//! A running API without sockets: the router over a fresh database, a gateway that notes its orders, and a key of every scope.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode, header};
use tower::ServiceExt as _;
use trunkline_gateway::command::Command;
use trunkline_prompts::files::Files;
use trunkline_prompts::tone::default_tone;
use trunkline_prompts::tts::{Saying, Spoken, Tts, TtsError};

use super::super::extract::auth::SCOPES;
use crate::campaign::Script;
use crate::clock::Clock;
use crate::config::Config;
use crate::privacy::{Keys, secret_hash};
use crate::runtime::{App, Gateway, GatewayError, GatewayStatus, Parts};
use crate::store::Db;
use crate::store::keys::{self, ApiKey};

/// When every test begins: 2026-11-21T04:05:00Z.
pub(super) const START_MS: i64 = 1_795_233_900_000;

/// The peer of every request, unless it says otherwise.
const PEER: &str = "198.51.100.7";

/// An API.
pub(super) struct Api {
    pub(super) app: App,
    pub(super) line: Arc<Line>,
    router: Router,
    keys: HashMap<&'static str, String>,
    _folder: tempfile::TempDir,
}

/// A gateway that notes what it is told.
#[derive(Default)]
pub(super) struct Line {
    pub(super) orders: Mutex<Vec<String>>,
    pub(super) status: Mutex<GatewayStatus>,
}

impl Gateway for Line {
    fn send(&self, command: Command) -> Result<(), GatewayError> {
        let order = if let Command::Swap(snapshot) = command {
            format!(
                "swap: {} trunks, {} routes, {} numbers",
                snapshot.trunks.len(),
                snapshot.routes.len(),
                snapshot.numbers.len()
            )
        } else if let Command::HangUp { .. } = command {
            "hang up".to_owned()
        } else {
            "something else".to_owned()
        };
        self.orders.lock().unwrap().push(order);
        Ok(())
    }

    fn status(&self) -> GatewayStatus {
        self.status.lock().unwrap().clone()
    }
}

/// Speaks every text as the same tone.
struct Tone;

impl Tts for Tone {
    fn speak(&self, _: Saying<'_>) -> Result<Spoken, TtsError> {
        Ok(default_tone().into())
    }
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("the body is text")
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }
}

impl Api {
    /// Over an empty database.
    pub(super) async fn new(db: Db) -> Api {
        let folder = tempfile::tempdir().unwrap();
        let config = "[http]\ntrusted_proxies = [\"10.0.0.0/8\"]\n";
        let config = Config::parse(Some((Path::new("test.toml"), config)), []).unwrap();
        let line = Arc::new(Line::default());
        let app = App::new(Parts {
            db,
            keys: Keys::new([1; 32], [2; 32]),
            clock: Clock::moving(START_MS, 1),
            gateway: Arc::clone(&line) as Arc<dyn Gateway>,
            script: Script::new(Files::open(folder.path()).unwrap(), Box::new(Tone)),
            config: Arc::new(config),
            seed: 1,
        });
        let mut made = HashMap::new();
        for (n, (scope, _)) in (0_u128..).zip(SCOPES) {
            let secret = format!("tl_{scope}");
            let key = ApiKey {
                id: uuid::Uuid::from_u128(n).to_string(),
                name: scope.to_owned(),
                hash: secret_hash(&secret),
                scopes: vec![scope.to_owned()],
                created_at: 0,
                expires_at: None,
                revoked_at: None,
                confined: false,
                last_used_at: None,
            };
            keys::create(app.db(), &key).await.unwrap();
            made.insert(scope, secret);
        }
        Api {
            router: super::super::router(app.clone()),
            app,
            line,
            keys: made,
            _folder: folder,
        }
    }

    /// The secret of a scope's key.
    pub(super) fn key(&self, scope: &str) -> &str {
        &self.keys[scope]
    }

    /// Sends a request as it is, from a peer.
    pub(super) async fn send_from(&self, peer: &str, mut request: Request<Body>) -> Answer {
        let ip: IpAddr = peer.parse().unwrap();
        request
            .extensions_mut()
            .insert(ConnectInfo(SocketAddr::new(ip, 4711)));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: to_bytes(body, 64 * 1024 * 1024).await.unwrap().to_vec(),
        }
    }

    /// Sends a request as it is.
    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        self.send_from(PEER, request).await
    }

    /// Sends JSON (or nothing, when it is empty) with the key of a scope.
    pub(super) async fn json(&self, scope: &str, method: &str, path: &str, body: &str) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key(scope)))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_owned()))
            .unwrap();
        self.send(request).await
    }

    /// POST as admin, which must succeed; answers the body.
    pub(super) async fn made(&self, path: &str, body: serde_json::Value) -> serde_json::Value {
        let answer = self.json("admin", "POST", path, &body.to_string()).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text());
        answer.json()
    }

    /// A trunk, a route for every number, one number of ours, two targets and a live campaign of them. Answers the campaign's id.
    pub(super) async fn world(&self) -> String {
        use serde_json::json;
        let trunk = self
            .made("/v1/trunks", json!({"name": "carrier", "host": "192.0.2.10"}))
            .await;
        let trunk = trunk["id"].as_str().unwrap();
        self.made(
            "/v1/routes",
            json!({"name": "all", "prefixes": ["+"], "trunks": [{"trunk_id": trunk}]}),
        )
        .await;
        self.made("/v1/numbers", json!({"e164": "+12025550100", "trunk_id": trunk}))
            .await;
        for (key, name, phone) in [
            ("custom:one", "Ada Lovelace", "+12025550111"),
            ("custom:two", "Mary O'Rourke", "+12025550112"),
        ] {
            self.made(
                "/v1/targets",
                json!({"key": key, "title": "Senator", "name": name, "phone": phone}),
            )
            .await;
        }
        let campaign = self
            .made(
                "/v1/campaigns",
                json!({"name": "library", "script": "Say please.", "redirect": "https://www.example.org/thanks"}),
            )
            .await;
        let id = campaign["id"].as_str().unwrap().to_owned();
        let body = json!({"target_ids": ["custom:one", "custom:two"]});
        self.made(&format!("/v1/campaigns/{id}/targets"), body).await;
        self.made(&format!("/v1/campaigns/{id}/launch"), json!({})).await;
        id
    }
}
