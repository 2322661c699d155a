//! Ours against `rsip`, an independent reader that is no longer kept: on every message that it can read, both must read the same, but
//! for the faults of rsip that are listed here.

#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use proptest::prelude::*;
use rsip::headers::{ToTypedHeader, UntypedHeader};
use rsip::message::HeadersExt;
use rsip::typed;
use trunkline_gateway::sip::message::Message;

/// What a reader says of a message: name and value. What it cannot say is left out.
type Facts = Vec<(&'static str, Option<String>)>;

fn ours(message: &Message) -> Facts {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let user = |address: &trunkline_gateway::sip::header::NameAddr| address.uri().user().map(text);
    vec![
        ("request URI", message.request_uri().map(ToString::to_string)),
        ("status", message.status().map(|status| status.to_string())),
        ("Call-ID", Some(message.call_id().to_string())),
        ("CSeq", Some(message.cseq().to_string())),
        (
            "From tag",
            Some(message.from().tag().map(text).unwrap_or_default()),
        ),
        ("From user", Some(user(message.from()).unwrap_or_default())),
        ("To tag", Some(message.to().tag().map(text).unwrap_or_default())),
        ("To user", Some(user(message.to()).unwrap_or_default())),
        (
            "branch",
            Some(message.via().branch().map(text).unwrap_or_default()),
        ),
        ("sent-by", Some(text(message.via().host()))),
        ("transport", Some(text(message.via().transport()))),
        ("body", Some(text(message.body()))),
    ]
}

fn theirs(message: &rsip::SipMessage) -> Facts {
    let user = |uri: &rsip::Uri| {
        uri.auth
            .as_ref()
            .map(|auth| auth.user.clone())
            .unwrap_or_default()
    };
    let from = message.from_header().ok().and_then(|h| h.typed().ok());
    let to = message.to_header().ok().and_then(|h| h.typed().ok());
    let via: Option<typed::Via> = message.via_header().ok().and_then(|h| h.typed().ok());
    let (uri, status) = match message {
        rsip::SipMessage::Request(request) => (Some(request.uri.to_string()), None),
        rsip::SipMessage::Response(response) => (None, Some(response.status_code.code().to_string())),
    };
    vec![
        ("request URI", uri),
        ("status", status),
        (
            "Call-ID",
            message.call_id_header().ok().map(|h| h.value().to_owned()),
        ),
        (
            "CSeq",
            message
                .cseq_header()
                .ok()
                .and_then(|h| h.typed().ok())
                .map(|c| format!("{} {}", c.seq, c.method)),
        ),
        (
            "From tag",
            from.as_ref()
                .map(|f| f.tag().map(ToString::to_string).unwrap_or_default()),
        ),
        ("From user", from.as_ref().map(|f| user(&f.uri))),
        (
            "To tag",
            to.as_ref()
                .map(|t| t.tag().map(ToString::to_string).unwrap_or_default()),
        ),
        ("To user", to.as_ref().map(|t| user(&t.uri))),
        (
            "branch",
            via.as_ref()
                .map(|v| v.branch().map(ToString::to_string).unwrap_or_default()),
        ),
        ("sent-by", via.as_ref().map(|v| v.uri.host().to_string())),
        ("transport", via.as_ref().map(|v| v.transport.to_string())),
        ("body", Some(String::from_utf8_lossy(message.body()).into_owned())),
    ]
}

/// Where rsip is wrong: message, fact, why.
const FAULTS_OF_RSIP: [(&str, &str, &str); 10] = [
    (
        "dblreq",
        "From user",
        "a dot in the user of a URI without brackets",
    ),
    ("dblreq", "To user", "the same"),
    ("dblreq", "body", "Content-Length is not looked at"),
    ("invut", "To user", "a dot in the user of a URI without brackets"),
    ("regaut01", "From user", "the same"),
    ("regaut01", "To user", "the same"),
    ("ipv4-mapped-ipv6", "body", "Content-Length is not looked at"),
    ("datagram_longer_than_content_length", "body", "the same"),
    (
        "caller_without_user_and_odd_tag",
        "branch",
        "a parameter's value is cut at an equals sign",
    ),
    ("caller_without_user_and_odd_tag", "From tag", "the same"),
];

/// How many facts both readers tell, and where they differ. `None`: rsip cannot read it at all.
fn compare(bytes: &Bytes) -> Option<(usize, Vec<(&'static str, String)>)> {
    let message = Message::parse(bytes.clone()).expect("legal");
    let other = rsip::SipMessage::try_from(&bytes[..]).ok()?;
    let both: Vec<_> = ours(&message)
        .into_iter()
        .zip(theirs(&other))
        .filter_map(|((fact, ours), (_, theirs))| Some((fact, ours.unwrap_or_default(), theirs?)))
        .collect();
    let differ = both
        .iter()
        .filter(|(_, ours, theirs)| ours != theirs)
        .map(|(fact, ours, theirs)| (*fact, format!("ours {ours}, theirs {theirs}")))
        .collect();
    Some((both.len(), differ))
}

fn messages() -> Vec<(String, Bytes)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [
        "tests/corpus/legal",
        "../../shared/data/rfc4475",
        "../../shared/data/rfc5118",
    ];
    let mut paths: Vec<PathBuf> = folders
        .iter()
        .filter_map(|folder| fs::read_dir(root.join(folder)).ok())
        .flatten()
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "sip" || e == "dat"))
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            (
                path.file_stem().expect("a name").to_string_lossy().into_owned(),
                Bytes::from(fs::read(&path).expect("a message")),
            )
        })
        .filter(|(_, bytes)| Message::parse(bytes.clone()).is_ok())
        .collect()
}

#[test]
fn rsip_reads_the_same_but_for_its_faults() {
    let (mut read, mut facts) = (0, 0);
    for (name, bytes) in messages() {
        let Some((told, differ)) = compare(&bytes) else {
            continue;
        };
        (read, facts) = (read + 1, facts + told);
        for (fact, how) in differ {
            let known = FAULTS_OF_RSIP
                .iter()
                .any(|(message, known, _)| (*message, *known) == (name.as_str(), fact));
            assert!(known, "{name}, {fact}: {how}");
        }
    }
    assert!(
        read >= 29 && facts >= 9 * read,
        "rsip has read {read} messages and told {facts} facts only"
    );
}

/// A message of the plain kind that every stack can read.
fn plain() -> impl Strategy<Value = String> {
    let uri = (
        "[a-z0-9]{1,12}",
        "[a-z]{1,8}\\.example\\.(com|net)",
        proptest::option::of(1024u16..65535),
    );
    let uri = uri.prop_map(|(user, host, port)| match port {
        Some(port) => format!("sip:{user}@{host}:{port}"),
        None => format!("sip:{user}@{host}"),
    });
    let uris = [uri.clone().boxed(), uri.clone().boxed(), uri.boxed()];
    let method = proptest::sample::select(vec!["INVITE", "BYE", "OPTIONS", "ACK", "UPDATE"]);
    let tags = ("[a-z0-9]{4,16}", proptest::option::of("[a-z0-9]{4,16}"));
    let status = proptest::option::of(100u16..700);
    (method, uris, tags, status, 0u32..1 << 31, "[a-zA-Z0-9]{8,24}", "[ -~]{0,80}").prop_map(
        |(method, [to, from, contact], (tag, to_tag), status, cseq, id, body)| {
            let start = match status {
                Some(status) => format!("SIP/2.0 {status} Some Reason"),
                None => format!("{method} {to} SIP/2.0"),
            };
            let to_tag = to_tag.map(|tag| format!(";tag={tag}")).unwrap_or_default();
            format!(
                "{start}\r\nVia: SIP/2.0/UDP p.example.net:5060;branch=z9hG4bK{id}\r\nMax-Forwards: 70\r\n\
                From: <{from}>;tag={tag}\r\nTo: <{to}>{to_tag}\r\nCall-ID: {id}@example.net\r\n\
                CSeq: {cseq} {method}\r\nContact: <{contact}>\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
        },
    )
}

proptest! {
    #[test]
    fn plain_messages_are_read_the_same(text in plain()) {
        let bytes = Bytes::from(text);
        let (told, differ) = compare(&bytes).expect("rsip reads what is plain");
        prop_assert!(differ.is_empty(), "{differ:?}");
        prop_assert!(told >= 9, "{told}");
    }
}
