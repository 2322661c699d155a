//! Transcripts: a file of requests, each followed by the answer it must get. `TRUNKLINE_UPDATE=1` writes the answers
//! into the file; read the
//! difference before you keep it.
//!
//! ```text
//! # what is shown
//! > POST /v1/trunks as ops          `as none` sends no key; without `as` it is admin's
//! > Idempotency-Key: 1              headers, when there are any
//! > {"name": "carrier", …}          the body; ids of answers before are <1>, <2>, …
//! 201
//! {…}
//!
//! @ world                           sets up a campaign that can call; it is <campaign>
//! @ 3600000                         so many milliseconds pass
//! @ node                            the node gw.1 says that it lives
//! @ trace                           the record of a leg of the first session of that history, and what was said on it
//! @ places                          officials and postal codes of a small country
//! @ history                         three days of calls of <campaign>
//! @ orders                          what the gateway was told since the last time
//! ```

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::Value;

use super::api::{Answer, Api};
use crate::store::testing;

/// Answers' headers that are shown.
const SHOWN: [header::HeaderName; 6] = [
    header::ALLOW,
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::RETRY_AFTER,
    header::WWW_AUTHENTICATE,
    header::CONTENT_DISPOSITION,
    header::HeaderName::from_static("idempotency-replayed"),
];

/// Plays the transcript of that name on both databases.
pub(super) fn check(name: &str) {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("src/http/tests/transcripts/{name}.txt"));
    let wanted = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    testing::check(|db| {
        let (wanted, path) = (wanted.clone(), path.clone());
        async move {
            let played = play(&Api::new(db).await, &wanted).await;
            if played == wanted {
                return;
            }
            if std::env::var_os("TRUNKLINE_UPDATE").is_some() {
                std::fs::write(&path, played).unwrap();
                return;
            }
            let differs = played.lines().zip(wanted.lines()).position(|(a, b)| a != b);
            let at = differs.unwrap_or(0);
            let around = |text: &str| {
                text.lines()
                    .skip(at.saturating_sub(6))
                    .take(16)
                    .collect::<Vec<_>>()
                    .join("\n")
            };
            panic!(
                "{name}.txt, line {}: wanted\n{}\n\ngot\n{}",
                at + 1,
                around(&wanted),
                around(&played)
            );
        }
    });
}

async fn play(api: &Api, script: &str) -> String {
    let mut ids = Ids::default();
    let mut blocks = Vec::new();
    for block in script.split("\n\n") {
        let given: Vec<&str> = block
            .lines()
            .filter(|line| line.starts_with(['#', '>', '@']))
            .collect();
        let mut out = given.join("\n");
        let request: Vec<&str> = given.iter().filter_map(|line| line.strip_prefix("> ")).collect();
        if let Some(order) = given.iter().find_map(|line| line.strip_prefix("@ ")) {
            out.push_str(&command(api, order, &mut ids).await);
        } else if !request.is_empty() {
            let answer = send(api, &request, &ids).await;
            write!(out, "\n{}", shown(&answer, &mut ids)).unwrap();
        }
        blocks.push(out);
    }
    let mut played = blocks.join("\n\n");
    played.truncate(played.trim_end().len());
    played.push('\n');
    played
}

async fn command(api: &Api, order: &str, ids: &mut Ids) -> String {
    match order {
        "world" => {
            ids.campaign = api.world().await;
            api.line.orders.lock().unwrap().clear();
            String::new()
        }
        "history" => {
            super::history::write(api, &ids.campaign).await;
            String::new()
        }
        "node" => {
            node(api).await;
            String::new()
        }
        "trace" => {
            super::history::trace(api).await;
            String::new()
        }
        "places" => {
            crate::places::testing::small(api.app.db()).await;
            String::new()
        }
        "orders" => {
            let orders: Vec<String> = api.line.orders.lock().unwrap().drain(..).collect();
            format!("\n{}", orders.join("\n"))
        }
        "drain" => {
            api.line.status.lock().unwrap().draining = true;
            String::new()
        }
        ms => {
            let ms = ms.parse().unwrap_or_else(|_| panic!("{ms} is no order"));
            api.app.clock().advance(Duration::from_millis(ms));
            String::new()
        }
    }
}

/// The node gw.1 says that it lives.
pub(super) async fn node(api: &Api) {
    let beat = crate::store::tests::rows::beat("gw.1");
    let now = api.app.clock().now_ms();
    crate::store::nodes::beat(api.app.db(), &beat, now).await.unwrap();
}

async fn send(api: &Api, lines: &[&str], ids: &Ids) -> Answer {
    let (head, scope) = lines[0].rsplit_once(" as ").unwrap_or((lines[0], "admin"));
    let (method, path) = head.split_once(' ').expect("METHOD PATH");
    let mut request = Request::builder()
        .method(method)
        .uri(ids.put_in(path).replace('"', "%22"));
    if scope != "none" {
        request = request.header(header::AUTHORIZATION, format!("Bearer {}", api.key(scope)));
    }
    let headers = lines[1..]
        .iter()
        .take_while(|line| !line.starts_with(['{', '[', '=']))
        .filter_map(|line| line.split_once(": "));
    let mut count = 1;
    let mut typed = false;
    let mut peer = "198.51.100.7".to_owned();
    for (name, value) in headers {
        count += 1;
        if name == "Peer" {
            value.clone_into(&mut peer);
            continue;
        }
        typed |= name.eq_ignore_ascii_case("content-type");
        request = request.header(name, value);
    }
    let body = lines[count..].join("\n");
    if !typed && body.starts_with(['{', '[']) {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    // `=` begins a body that is no JSON.
    let body = ids.put_in(body.strip_prefix('=').unwrap_or(&body));
    api.send_from(&peer, request.body(Body::from(body)).unwrap())
        .await
}

fn shown(answer: &Answer, ids: &mut Ids) -> String {
    let mut out = answer.status.as_str().to_owned();
    for name in SHOWN {
        for value in answer.headers.get_all(&name) {
            write!(out, "\n{name}: {}", value.to_str().unwrap()).unwrap();
        }
    }
    let content_type = answer
        .headers
        .get(header::CONTENT_TYPE)
        .map(|v| v.to_str().unwrap());
    match content_type {
        None => {}
        Some("application/json" | "application/problem+json") => {
            write!(out, "\n{}", ids.take_out(&pretty(&answer.json(), 0))).unwrap();
        }
        Some(other) => {
            let text = answer.text().replace("\r\n", "\n");
            write!(out, "\n({other})\n{}", ids.take_out(text.trim_end())).unwrap();
        }
    }
    out
}

/// JSON with one field a line; what holds no objects stands on one line.
fn pretty(value: &Value, depth: usize) -> String {
    const LINE_CHARS: usize = 120;
    let flat = value.to_string();
    let nested = match value {
        Value::Array(items) => items.iter().any(Value::is_object),
        Value::Object(fields) => depth == 0 || fields.values().any(Value::is_object),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    let inner = "  ".repeat(depth + 1);
    let end = "  ".repeat(depth);
    match value {
        Value::Array(items) if nested || flat.len() > LINE_CHARS => {
            let items: Vec<String> = items
                .iter()
                .map(|v| format!("{inner}{}", pretty(v, depth + 1)))
                .collect();
            format!("[\n{}\n{end}]", items.join(",\n"))
        }
        Value::Object(fields) if nested || flat.len() > LINE_CHARS => {
            let field = |(name, v): (&String, &Value)| format!("{inner}\"{name}\": {}", pretty(v, depth + 1));
            let fields: Vec<String> = fields.iter().map(field).collect();
            format!("{{\n{}\n{end}}}", fields.join(",\n"))
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => flat,
    }
}

/// Ids as they came, by the number that stands for them in the transcript.
#[derive(Default)]
struct Ids {
    campaign: String,
    seen: Vec<String>,
}

impl Ids {
    /// `<1>` becomes the first id.
    fn put_in(&self, text: &str) -> String {
        let mut text = text.replace("<campaign>", &self.campaign);
        for (n, id) in self.seen.iter().enumerate() {
            text = text.replace(&format!("<{}>", n + 1), id);
        }
        text
    }

    /// The first id becomes `<1>`; the secret of a new key becomes `tl_…`.
    fn take_out(&mut self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, id, after)) = next_id(rest) {
            out.push_str(before);
            if id == self.campaign {
                out.push_str("<campaign>");
            } else {
                let n = match self.seen.iter().position(|seen| seen == id) {
                    Some(n) => n,
                    None => {
                        self.seen.push(id.to_owned());
                        self.seen.len() - 1
                    }
                };
                write!(out, "<{}>", n + 1).unwrap();
            }
            rest = after;
        }
        out.push_str(rest);
        hide_secret(&out)
    }
}

/// The next UUID of a text, with what stands before and after it.
fn next_id(text: &str) -> Option<(&str, &str, &str)> {
    const CHARS: usize = 36;
    (0..text.len().saturating_sub(CHARS - 1)).find_map(|at| {
        let id = text.get(at..at + CHARS)?;
        uuid::Uuid::try_parse(id).ok()?;
        Some((&text[..at], id, &text[at + CHARS..]))
    })
}

fn hide_secret(text: &str) -> String {
    let mut out = text.to_owned();
    for (start, shown) in [
        ("\"tl_", "\"tl_…"),
        ("\"password\": \"", "\"password\": \"…"),
        ("\"follow\": \"", "\"follow\": \"…"),
        ("\"follow\":\"", "\"follow\":\"…"),
    ] {
        if let Some(at) = out.find(start) {
            let value = at + start.len();
            let end = out[value..].find('"').map_or(out.len(), |n| value + n);
            out = format!("{}{shown}{}", &out[..at], &out[end..]);
        }
    }
    out
}
