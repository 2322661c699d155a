//! Route by role: `roles.txt` has a line for every guarded operation of the OpenAPI document, and the routes do what it says.
//!
//! A new route without a line fails; `TRUNKLINE_UPDATE=1` writes the file as the routes behave. Read the difference before you keep it.

use std::fmt::Write as _;
use std::path::PathBuf;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};

use super::api::{Answer, Api};
use super::document::operations;
use crate::clock::Clock;
use crate::privacy::{password, secret_hash};
use crate::store::tests::rows;
use crate::store::user_sessions::{self, NewSession};
use crate::store::users::{self, Role, User};
use crate::store::{calls, campaigns, cdrs, grants, sessions, testing};

/// Adds somebody who is logged in; answers their cookie.
pub(super) async fn somebody(api: &Api, name: &str, role: Role, campaigns: &[String]) -> String {
    let clock: &Clock = api.app.clock();
    let id = clock.new_id().to_string();
    let user = User {
        id: id.clone(),
        name: name.to_owned(),
        email: String::new(),
        role,
        enabled: true,
        password_once: false,
        created_at: 0,
        updated_at: 0,
        last_login_at: None,
    };
    let hash = password::hash("correct horse battery").await.unwrap();
    users::create(api.app.db(), &user, &hash, campaigns)
        .await
        .unwrap();
    let secret = format!("cookie-of-{name}");
    let session = NewSession {
        id: clock.new_id().to_string(),
        hash: secret_hash(&secret),
        user_id: id,
        created_at: clock.now_ms(),
        expires_at: clock.now_ms() + 3_600_000,
    };
    user_sessions::create(api.app.db(), &session).await.unwrap();
    secret
}

/// Somebody who is confined to campaigns.
enum Confined {
    /// A partner, by cookie.
    Partner(String),
    /// A program, by API key.
    Key(String),
}

impl Confined {
    async fn send(&self, api: &Api, method: &str, path: &str) -> Answer {
        let secret = match self {
            Confined::Partner(cookie) => return by_cookie(api, cookie, method, path, "").await,
            Confined::Key(secret) => secret,
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {secret}"))
            .body(Body::empty())
            .unwrap();
        api.send(request).await
    }
}

/// Sends JSON as somebody logged in.
pub(super) async fn by_cookie(api: &Api, cookie: &str, method: &str, path: &str, body: &str) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::COOKIE, format!("trunkline_session={cookie}"))
        .header("trunkline-csrf", "1")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_owned()))
        .unwrap();
    api.send(request).await
}

/// Ids of one campaign's things, by the first word of a route's path.
struct Things {
    campaign: String,
    session: String,
    call: String,
    record: String,
    prompt: String,
    target: String,
    schedule: String,
}

impl Things {
    /// A campaign with one of each.
    async fn new(api: &Api, n: u8) -> Things {
        let campaign = api
            .made("/v1/campaigns", json!({"name": format!("campaign {n}")}))
            .await;
        let campaign = text(&campaign, "id");
        let target = api
            .made(
                "/v1/targets",
                json!({"key": format!("custom:{n}"), "name": format!("Ada {n}"), "phone": "+12025550111"}),
            )
            .await;
        let listed = json!({"target_ids": [target["id"]]});
        api.made(&format!("/v1/campaigns/{campaign}/targets"), listed)
            .await;
        let schedule = json!({"campaign_id": campaign, "phone": "+12025550123", "consent_text": "Call me."});
        let schedule = api.made("/v1/schedules", schedule).await;
        let row = campaigns::get(api.app.db(), &campaign).await.unwrap();
        let session = rows::session(u128::from(n) + 100, &row, 1);
        sessions::create(api.app.db(), &session).await.unwrap();
        let call = rows::call(u128::from(n) + 200, &session);
        calls::start(api.app.db(), &call).await.unwrap();
        let mut record = rows::cdr(u128::from(n) + 300);
        record.session_id = trunkline_gateway::ids::SessionId(session.id.parse().unwrap());
        cdrs::upsert(api.app.db(), &record).await.unwrap();
        let form = format!(
            "--b\r\ncontent-disposition: form-data; name=\"key\"\r\n\r\nmsg_intro\r\n--b\r\ncontent-disposition: form-data; \
             name=\"campaign_id\"\r\n\r\n{campaign}\r\n--b\r\ncontent-disposition: form-data; name=\"text\"\r\n\r\nHello.\r\n--b--\r\n"
        );
        let request = Request::post("/v1/prompts")
            .header(header::AUTHORIZATION, format!("Bearer {}", api.key("admin")))
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b")
            .body(Body::from(form))
            .unwrap();
        let prompt = api.send(request).await;
        assert_eq!(prompt.status, StatusCode::CREATED, "{}", prompt.text());
        Things {
            campaign,
            session: session.id,
            call: call.id,
            record: record.id.to_string(),
            prompt: text(&prompt.json(), "id"),
            target: text(&target, "id"),
            schedule: text(&schedule, "id"),
        }
    }

    fn id(&self, path: &str) -> &str {
        match path.split('/').nth(2).unwrap_or_default() {
            "campaigns" | "campaign" => &self.campaign,
            "sessions" => &self.session,
            "calls" | "call" => &self.call,
            "cdrs" => &self.record,
            "prompts" | "audiorecording" => &self.prompt,
            "targets" | "target" => &self.target,
            "schedules" | "schedule" => &self.schedule,
            _ => "00000000-0000-0000-0000-00000000ffff",
        }
    }

    fn all(&self) -> [&str; 7] {
        [
            &self.campaign,
            &self.session,
            &self.call,
            &self.record,
            &self.prompt,
            &self.target,
            &self.schedule,
        ]
    }
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap().to_owned()
}

/// A stream that is not refused never ends: one that asks for an impossible event does.
fn ending(path: &str) -> String {
    path.replace("/v1/events", "/v1/events?last_event_id=%20")
}

/// `yes`, or `no` when it is refused.
async fn may(api: &Api, cookie: &str, method: &str, path: &str) -> &'static str {
    let answer = by_cookie(api, cookie, method, &ending(path), "").await;
    match answer.status {
        StatusCode::FORBIDDEN => "no",
        StatusCode::UNAUTHORIZED => panic!("{method} {path}: the cookie is not good"),
        _ => "yes",
    }
}

/// `own` when a thing of the own campaign is found and the other's is not, `no` when both are refused.
async fn confined(
    api: &Api,
    who: &Confined,
    method: &str,
    path: &str,
    own: &Things,
    other: &Things,
) -> String {
    let filled = |things: &Things| {
        ending(path)
            .replace("{id}", things.id(path))
            .replace("{target_id}", &things.target)
            .replace("{file}", "targets.csv")
    };
    let foreign = who.send(api, method, &filled(other)).await;
    if foreign.status == StatusCode::FORBIDDEN {
        return "no".to_owned();
    }
    for id in other.all() {
        assert!(
            !foreign.text().contains(id) || foreign.status == StatusCode::NOT_FOUND,
            "{method} {path} shows what is another's: {}",
            foreign.text()
        );
    }
    if !path.contains("{id}") {
        return "in reach".to_owned();
    }
    assert_eq!(
        foreign.status,
        StatusCode::NOT_FOUND,
        "{method} {path} of another: {}",
        foreign.text()
    );
    // An empty body is wrong, which shows that the route was reached. Deleting is shown by the last assertion of the test.
    let method_of_own = if method == "DELETE" { "GET" } else { method };
    let mine = who.send(api, method_of_own, &filled(own)).await;
    assert!(
        !matches!(mine.status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND),
        "{method} {path} of their own: {}",
        mine.text()
    );
    "own".to_owned()
}

#[test]
fn every_route_does_what_the_table_of_roles_says() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/http/tests/roles.txt");
    let wanted = std::fs::read_to_string(&path).unwrap_or_default();
    testing::check(|db| {
        let (wanted, path) = (wanted.clone(), path.clone());
        async move {
            let table = table(&Api::new(db).await).await;
            if table == wanted {
                return;
            }
            if std::env::var_os("TRUNKLINE_UPDATE").is_some() {
                std::fs::write(&path, table).unwrap();
                return;
            }
            let lines = |of: &str, not: &str| -> Vec<String> {
                let missing = of.lines().filter(|line| !not.lines().any(|other| other == *line));
                missing.map(str::to_owned).collect()
            };
            panic!(
                "roles.txt says {:#?}, the routes do {:#?}. A new route needs a line: TRUNKLINE_UPDATE=1 writes it",
                lines(&wanted, &table),
                lines(&table, &wanted)
            );
        }
    });
}

async fn table(api: &Api) -> String {
    let own = Things::new(api, 1).await;
    let other = Things::new(api, 2).await;
    let mut cookies = Vec::new();
    for role in [Role::Admin, Role::Staff, Role::Viewer] {
        cookies.push((role, somebody(api, role.as_str(), role, &[]).await));
    }
    let campaigns = std::slice::from_ref(&own.campaign);
    let partner = somebody(api, "partner", Role::Partner, campaigns).await;
    let partner_id = text(&by_cookie(api, &partner, "GET", "/v1/me", "").await.json(), "id");
    let partner = Confined::Partner(partner);
    let key = json!({"name": "bound", "scopes": ["read"], "campaigns": [own.campaign]});
    let key = Confined::Key(text(&api.made("/v1/keys", key).await, "secret"));
    // Each made a target for themselves.
    let reach = grants::Reach::Granted(partner_id);
    grants::made_target(api.app.db(), &reach, &own.target)
        .await
        .unwrap();
    let another = grants::Reach::Granted("another".to_owned());
    grants::made_target(api.app.db(), &another, &other.target)
        .await
        .unwrap();
    let mut table = String::new();
    // Logging out comes last: the cookies are needed for the others.
    let mut guarded: Vec<_> = operations()
        .into_iter()
        .filter(|(_, path, _)| path.starts_with("/v1/") && path != "/v1/login")
        .collect();
    guarded.sort_by_key(|(method, path, _)| (path == "/v1/logout", path.clone(), method.clone()));
    for (method, path, _) in guarded {
        write!(table, "{method} {path}:").unwrap();
        let nothing = path
            .replace("{id}", "00000000-0000-0000-0000-00000000ffff")
            .replace("{target_id}", "00000000-0000-0000-0000-00000000ffff");
        for (role, cookie) in &cookies {
            if may(api, cookie, &method, &nothing).await == "yes" {
                write!(table, " {role}").unwrap();
            }
        }
        match confined(api, &partner, &method, &path, &own, &other)
            .await
            .as_str()
        {
            "no" => {}
            how => write!(table, " partner({how})").unwrap(),
        }
        table.push('\n');
    }
    // CallPower's routes know no people, only keys; one that is confined to campaigns reaches these.
    for (method, path, operation) in operations() {
        if path.starts_with("/api/") && operation["security"].is_array() {
            let how = confined(api, &key, &method, &path, &own, &other).await;
            writeln!(table, "{method} {path}: key bound key({how})").unwrap();
        }
    }
    table
}
