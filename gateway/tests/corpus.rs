//! Our own messages, one file each, named for what it shows: in `corpus/legal` what carriers really send, in `corpus/broken` what
//! must be refused. Beside `NAME.sip` stands `NAME.txt`: what it is read into, or the response it gets. `BLESS=1` writes these anew.

#![cfg(test)]

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use trunkline_gateway::sip::header::challenge::Challenge;
use trunkline_gateway::sip::header::{Name, NameAddr, Via};
use trunkline_gateway::sip::message::Message;

#[test]
fn legal_messages_are_read() {
    check("legal", 30, |bytes| {
        let message = Message::parse(bytes).expect("legal");
        assert_eq!(
            Message::parse(message.to_bytes()).as_ref(),
            Ok(&message),
            "print and parse"
        );
        describe(&message)
    });
}

#[test]
fn broken_messages_are_refused() {
    check("broken", 25, |bytes| {
        let error = Message::parse(bytes).expect_err("broken");
        let answer = error.answer("203.0.113.9:4000".parse().expect("an address"), "t");
        let answer = answer.map_or("no response\n".into(), |bytes| text(&bytes).replace("\r\n", "\n"));
        format!("{}\n\n{answer}", error.fault)
    });
}

/// Every message of the folder reads as its text says.
fn check(folder: &str, at_least: usize, read: impl Fn(Bytes) -> String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(folder);
    let mut messages: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the corpus")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "sip"))
        .collect();
    messages.sort();
    assert!(messages.len() >= at_least, "the corpus is missing");
    for path in messages {
        let found = read(Bytes::from(fs::read(&path).expect("a message")));
        let expected = path.with_extension("txt");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&expected, &found).expect("writable");
        }
        let expected = fs::read_to_string(&expected).unwrap_or_default();
        assert_eq!(found, expected, "{}", path.display());
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn describe(message: &Message) -> String {
    let mut out = String::new();
    match message.request_uri() {
        Some(uri) => {
            let user = uri.user_text().unwrap_or("-".into());
            let _ = writeln!(
                out,
                "{} {uri}\n  user {user}, host {}, port {:?}",
                message.method(),
                text(uri.host()),
                uri.port()
            );
        }
        None => {
            let _ = writeln!(
                out,
                "{:?} to {}: {:?}",
                message.status().expect("a response"),
                message.method(),
                message.reason()
            );
        }
    }
    message.vias().iter().for_each(|via| describe_via(&mut out, via));
    describe_address(&mut out, "From", message.from());
    describe_address(&mut out, "To", message.to());
    let _ = writeln!(out, "Call-ID {}\nCSeq {}", message.call_id(), message.cseq());
    for (name, title) in [
        (Name::Contact, "Contact"),
        (Name::RecordRoute, "Record-Route"),
        (Name::Route, "Route"),
        (Name::PAssertedIdentity, "P-Asserted-Identity"),
        (Name::Diversion, "Diversion"),
        (Name::HistoryInfo, "History-Info"),
    ] {
        message
            .addresses(&name)
            .for_each(|address| describe_address(&mut out, title, &address));
    }
    for (name, value) in message.all_headers() {
        let _ = writeln!(out, "{}: {}", text(name.as_bytes()), value.text());
    }
    describe_typed(&mut out, message);
    let _ = writeln!(out, "body of {} bytes", message.body().len());
    if let Some(sdp) = message.content("application/sdp") {
        let _ = writeln!(out, "description of {} bytes", sdp.len());
    }
    out
}

fn describe_via(out: &mut String, via: &Via) {
    let branch = via.branch().map_or("-".into(), text);
    let _ = writeln!(
        out,
        "Via {} {} port {:?}\n  branch {branch}{}, received {:?}, rport {} {:?}",
        text(via.transport()),
        text(via.host()),
        via.port(),
        if via.unique_branch().is_some() {
            ""
        } else {
            " (of RFC 2543)"
        },
        via.received(),
        via.has_rport(),
        via.rport(),
    );
}

fn describe_address(out: &mut String, title: &str, address: &NameAddr) {
    let params: Vec<String> = address
        .params()
        .iter()
        .map(|param| format!("{}={:?}", text(param.name), param.value.map(text)))
        .collect();
    let _ = writeln!(
        out,
        "{title} {}\n  name {:?}, user {:?}, params {params:?}",
        address.uri(),
        address.display(),
        address.uri().user_text()
    );
}

/// Whatever of the typed headers is there.
fn describe_typed(out: &mut String, message: &Message) {
    use trunkline_gateway::sip::header::{MinSe, Privacy, RAck, RSeq, Reason, RetryAfter, SessionExpires};
    let mut show = |found: Option<String>| out.extend(found.map(|line| format!("= {line}\n")));
    message
        .each::<Reason>()
        .for_each(|reason| show(Some(format!("{reason:?}"))));
    show(message.get::<RetryAfter>().map(|found| format!("{found:?}")));
    show(message.get::<SessionExpires>().map(|found| format!("{found:?}")));
    show(message.get::<MinSe>().map(|found| format!("{found:?}")));
    show(message.get::<Privacy>().map(|found| format!("{found:?}")));
    show(message.get::<RSeq>().map(|found| format!("{found:?}")));
    show(message.get::<RAck>().map(|found| format!("{found:?}")));
    for name in [Name::WwwAuthenticate, Name::ProxyAuthenticate] {
        for challenge in message
            .headers(&name)
            .flat_map(|value| Challenge::read_all(value.as_bytes()))
        {
            show(Some(format!(
                "{:?}, {:?}, stale {}",
                challenge.algorithm, challenge.qop, challenge.stale
            )));
        }
    }
}
