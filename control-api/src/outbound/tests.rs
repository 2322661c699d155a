//! Hostile URLs, a name server that changes its answer, answers without end, redirects: against servers on loopback.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::routing::get;
use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::net::TcpListener;

use super::*;

/// Names and their addresses; a name with several answers gives them one after the other, and the last for ever.
struct Names(Mutex<Vec<(&'static str, Answers)>>);

type Answers = VecDeque<Vec<&'static str>>;

impl Names {
    fn new(names: &[(&'static str, &[&[&'static str]])]) -> Arc<Names> {
        let own = |(name, answers): &(&'static str, &[&[&'static str]])| {
            (*name, answers.iter().map(|ips| ips.to_vec()).collect())
        };
        Arc::new(Names(Mutex::new(names.iter().map(own).collect())))
    }
}

impl LookUp for Names {
    fn look_up(&self, name: String) -> LookUpAnswer {
        let mut names = self.0.lock().unwrap();
        let found = names.iter_mut().find(|(known, _)| *known == name);
        let ips = found.map(|(_, answers)| match answers.len() {
            0 | 1 => answers.front().cloned().unwrap_or_default(),
            _ => answers.pop_front().unwrap(),
        });
        let answer = match ips {
            Some(ips) => Ok(ips.iter().map(|ip| ip.parse().unwrap()).collect()),
            None => Err(std::io::ErrorKind::NotFound.into()),
        };
        Box::pin(std::future::ready(answer))
    }
}

fn loopback() -> Vec<IpNet> {
    vec!["127.0.0.1/32".parse().unwrap()]
}

/// URLs that are refused as they are written.
const HOSTILE: &[(&str, Refused)] = &[
    ("", Refused::NoUrl),
    ("example.org", Refused::NoUrl),
    ("//example.org", Refused::NoUrl),
    ("https://", Refused::NoUrl),
    ("https://.", Refused::NoUrl),
    ("https://exa mple.org/", Refused::NoUrl),
    ("https://example.org\r\nHost: x/", Refused::NoUrl),
    ("https://example.org\\@10.0.0.1/", Refused::NoUrl),
    ("https://256.256.256.256/", Refused::NoUrl),
    ("https://[::1/", Refused::NoUrl),
    ("https://example.org:99999/", Refused::NoUrl),
    ("http://example.org/", Refused::Scheme),
    ("HTTP://example.org/", Refused::Scheme),
    ("ftp://example.org/", Refused::Scheme),
    ("file:///etc/passwd", Refused::Scheme),
    ("gopher://127.0.0.1:6379/_", Refused::Scheme),
    ("javascript:alert(1)", Refused::Scheme),
    ("https://user@example.org/", Refused::User),
    ("https://user:word@example.org/", Refused::User),
    ("https://example.org@10.0.0.1/", Refused::User),
    ("https://127.0.0.1/", Refused::Address),
    ("https://127.1/", Refused::Address),
    ("https://127.0.0.1./", Refused::Address),
    ("https://2130706433/", Refused::Address),
    ("https://0x7f000001/", Refused::Address),
    ("https://0x7f.0.0.1/", Refused::Address),
    ("https://017700000001/", Refused::Address),
    ("https://0177.0.0.01/", Refused::Address),
    ("https://%31%32%37.0.0.1/", Refused::Address),
    ("https://１２７.0.0.1/", Refused::Address),
    ("https://127。0。0。1/", Refused::Address),
    ("https://0/", Refused::Address),
    ("https://0.0.0.0/", Refused::Address),
    ("https://10.0.0.1/", Refused::Address),
    ("https://192.168.1.1:8443/", Refused::Address),
    ("https://172.31.0.1/", Refused::Address),
    ("https://169.254.169.254/latest/meta-data/", Refused::Address),
    ("https://0xa9fea9fe/", Refused::Address),
    ("https://100.64.0.1/", Refused::Address),
    ("https://224.0.0.1/", Refused::Address),
    ("https://255.255.255.255/", Refused::Address),
    ("https://203.0.113.7/", Refused::Address),
    ("https://[::1]/", Refused::Address),
    ("https://[::]/", Refused::Address),
    ("https://[0:0:0:0:0:0:0:1]/", Refused::Address),
    ("https://[::ffff:127.0.0.1]/", Refused::Address),
    ("https://[::ffff:7f00:1]/", Refused::Address),
    ("https://[::127.0.0.1]/", Refused::Address),
    ("https://[64:ff9b::127.0.0.1]/", Refused::Address),
    ("https://[2002:7f00:1::]/", Refused::Address),
    ("https://[fe80::1]/", Refused::Address),
    ("https://[fd00::1]/", Refused::Address),
    ("https://[ff02::1]/", Refused::Address),
    ("https://[2001:db8::1]/", Refused::Address),
];

#[test]
fn hostile_urls_are_refused_as_they_are_written() {
    let out = Outbound::with(&[], Names::new(&[]));
    for (url, refused) in HOSTILE {
        assert_eq!(out.check(url), Err(*refused), "{url:?}");
    }
    let long = format!("https://example.org/{}", "a".repeat(MAX_URL_CHARS));
    assert_eq!(out.check(&long), Err(Refused::TooLong));
    for good in [
        "https://example.org/a?b=c",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]:8443/",
    ] {
        assert!(out.check(good).is_ok(), "{good}");
    }
}

/// A server that counts who came; the second address of loopback is a machine that must not be reached.
async fn server(ip: &str, app: Router) -> (u16, Arc<AtomicUsize>) {
    let hits = Arc::new(AtomicUsize::new(0));
    let listener = TcpListener::bind((ip, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let counted = Arc::clone(&hits);
    let app = app.layer(axum::middleware::from_fn(
        move |request: axum::extract::Request, next: axum::middleware::Next| {
            counted.fetch_add(1, Ordering::SeqCst);
            next.run(request)
        },
    ));
    tokio::spawn(async move { axum::serve(listener, app).await });
    (port, hits)
}

#[tokio::test]
async fn names_that_lead_to_us_are_refused() {
    let names: &[(&str, &[&[&str]])] = &[
        ("localhost", &[&["127.0.0.1"]]),
        ("localhost.", &[&["127.0.0.1"]]),
        ("six.example", &[&["::1"]]),
        ("mapped.example", &[&["::ffff:127.0.0.1"]]),
        ("meta.example", &[&["169.254.169.254"]]),
        ("mixed.example", &[&["8.8.8.8", "10.0.0.1"]]),
        ("empty.example", &[&[]]),
    ];
    let out = Outbound::with(&[], Names::new(names));
    for (name, answers) in names {
        let expected = match answers[0].is_empty() {
            true => OutboundError::Unknown,
            false => OutboundError::Refused(Refused::Address),
        };
        let error = out.send(Request::get(format!("https://{name}/"))).await.err();
        assert_eq!(error, Some(expected), "{name}");
    }
    let error = out.send(Request::get("https://nobody.example/")).await.err();
    assert_eq!(error, Some(OutboundError::Unknown));
}

#[tokio::test]
async fn a_name_server_that_changes_its_answer_gains_nothing() {
    let close = || Router::new().route("/", get(|| async { ([(header::CONNECTION, "close")], "here") }));
    let (port, reached) = server("127.0.0.1", close()).await;
    let inner = TcpListener::bind(("127.0.0.2", port)).await.unwrap();
    let inner_hits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&inner_hits);
    tokio::spawn(async move {
        while inner.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let names = Names::new(&[("turns.example", &[&["127.0.0.1"], &["127.0.0.2"]])]);
    let out = Outbound::with(&loopback(), names);
    let url = format!("http://turns.example:{port}/");
    let answer = out.send(Request::get(&url)).await.unwrap();
    assert_eq!((answer.status, answer.body.as_ref()), (200, &b"here"[..]));
    for _ in 0..3 {
        let error = out.send(Request::get(&url)).await.err();
        assert_eq!(error, Some(OutboundError::Refused(Refused::Address)));
    }
    assert_eq!(reached.load(Ordering::SeqCst), 1);
    assert_eq!(
        inner_hits.load(Ordering::SeqCst),
        0,
        "connected to what was not checked"
    );
}

#[tokio::test]
async fn redirects_are_answers_and_long_answers_are_cut() {
    let app = Router::new()
        .route(
            "/away",
            get(|| async { (StatusCode::FOUND, [(header::LOCATION, "/inner")]) }),
        )
        .route("/inner", get(|| async { "secret" }))
        .route("/long", get(|| async { "a".repeat(10 * MAX_ANSWER_BYTES) }))
        .route(
            "/wait",
            get(|| async { (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "7")]) }),
        );
    let (port, hits) = server("127.0.0.1", app).await;
    let out = Outbound::with(&loopback(), Names::new(&[]));
    let ask = async |path: &str| {
        out.send(Request::get(format!("http://127.0.0.1:{port}{path}")))
            .await
            .unwrap()
    };
    assert_eq!(ask("/away").await.status, 302);
    assert_eq!(hits.load(Ordering::SeqCst), 1, "a redirect was followed");
    assert_eq!(ask("/long").await.body.len(), MAX_ANSWER_BYTES);
    assert_eq!(ask("/wait").await.retry_after_seconds(), Some(7));
}

#[tokio::test]
async fn plain_http_is_for_allowed_networks_alone() {
    let out = Outbound::with(&loopback(), Names::new(&[("far.example", &[&["8.8.8.8"]])]));
    let error = out.send(Request::get("http://far.example/")).await.err();
    assert_eq!(error, Some(OutboundError::Refused(Refused::Address)));
    assert_eq!(out.check("http://127.0.0.2/"), Err(Refused::Address));
    let error = out.send(Request::get("http://127.0.0.1:1/")).await.err();
    assert_eq!(error, Some(OutboundError::Connect));
}

/// Neither the answer, nor its first byte, nor the rest of it may take longer than the limit: the receivers here never come to an end.
#[tokio::test]
async fn nobody_holds_us_for_longer_than_the_limit() {
    const LIMIT: Duration = Duration::from_millis(100);
    let endless = || async {
        let first = stream::once(std::future::ready(Ok::<_, std::io::Error>("the first byte")));
        Body::from_stream(first.chain(stream::pending()))
    };
    let app = Router::new()
        .route("/silent", get(std::future::pending::<()>))
        .route("/endless", get(endless));
    let (port, hits) = server("127.0.0.1", app).await;
    let out = Outbound::limited(&loopback(), Names::new(&[]), LIMIT);
    for path in ["silent", "endless"] {
        let url = format!("http://127.0.0.1:{port}/{path}");
        let error = out.send(Request::get(url)).await.err();
        assert_eq!(error, Some(OutboundError::Late), "{path}");
    }
    assert_eq!(hits.load(Ordering::SeqCst), 2);
    let out = Outbound::with(&[], Names::new(&[]));
    assert_eq!(out.0.limit, Duration::from_secs(5));
}
