//! The engine as an HTTP service: a little server on loopback that speaks, refuses, hangs, or never stops talking.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use trunkline_prompts::pcm::wav;
use trunkline_prompts::tts::{Ask as _, AskError, Engine, Request, Saying, Tts as _, Voices};

use super::ask::Http;
use super::speech;
use crate::config::Tts;

/// Two tenths of a second of a WAV file (PCM, 16 bit, 8 kHz), a rectangle of 400 Hz.
fn rectangle() -> Vec<u8> {
    let high = |n: i32| n / 10 % 2 == 0;
    let samples: Vec<i16> = (0..1_600).map(|n| if high(n) { 8_000 } else { -8_000 }).collect();
    wav(&samples, 8_000)
}

/// Where the server listens, and what it was sent: `type body`.
async fn server() -> (String, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&seen);
    let speaks = post(move |headers: HeaderMap, body: Bytes| async move {
        let kind = headers["content-type"].to_str().unwrap().to_owned();
        note.lock()
            .await
            .push(format!("{kind} {}", String::from_utf8_lossy(&body)));
        rectangle()
    });
    let router = Router::new()
        .route("/", speaks)
        .route(
            "/refuses",
            post(|| async { (StatusCode::BAD_REQUEST, "no such\nvoice") }),
        )
        .route("/large", post(|| async { vec![0_u8; 2_000] }))
        .route(
            "/moved",
            post(|| async { (StatusCode::FOUND, [("location", "/")]) }),
        )
        .route("/hangs", post(std::future::pending::<()>));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, seen)
}

fn config(engine: &str) -> Tts {
    Tts {
        engine: Engine::parse(engine),
        voices: Voices::parse("es=mls").unwrap(),
    }
}

async fn say(engine: &str, language: &'static str) -> bool {
    let speech = speech(&config(engine), None);
    let spoken = tokio::task::spawn_blocking(move || {
        let saying = Saying {
            text: "¡Hola!",
            language,
            voice: "",
        };
        speech.speak(saying).unwrap()
    });
    let spoken = spoken.await.unwrap();
    !spoken.stand_in && spoken.pcm.duration() == Duration::from_millis(200)
}

#[tokio::test]
async fn texts_are_posted_as_json_or_plain() {
    let (url, seen) = server().await;
    assert!(say(&url, "es-MX").await);
    assert!(say(&url, "fr").await);
    assert!(say(&format!("{url}/ plain"), "es").await);
    assert_eq!(
        *seen.lock().await,
        [
            r#"application/json {"language":"es-MX","text":"¡Hola!","voice":"mls"}"#,
            r#"application/json {"language":"fr","text":"¡Hola!"}"#,
            "text/plain; charset=utf-8 ¡Hola!",
        ]
    );
}

#[tokio::test]
async fn what_a_service_gets_wrong_is_said() {
    let (url, _) = server().await;
    let http = Arc::new(Http::new().unwrap());
    for (path, expected) in [
        (
            "/refuses",
            AskError::Refused("it answers 400 no suchvoice".to_owned()),
        ),
        ("/large", AskError::Refused("its answer is too large".to_owned())),
        ("/moved", AskError::Refused("it answers 302".to_owned())),
        ("/hangs", AskError::TimedOut),
    ] {
        let (http, url) = (Arc::clone(&http), format!("{url}{path}"));
        let asked = tokio::task::spawn_blocking(move || {
            http.ask(&Request {
                url: &url,
                plain: false,
                text: "Hello",
                language: "en",
                voice: "",
                limit: Duration::from_millis(300),
                max_bytes: 1_000,
            })
        });
        assert_eq!(asked.await.unwrap(), Err(expected), "{path}");
    }
}
