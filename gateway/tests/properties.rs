//! What holds for every message: printed and read again it is the same, broken bytes never panic, what is answered can be read, and the
//! work grows with the size and not with its square.

#![cfg(test)]

use std::sync::LazyLock;

use bytes::Bytes;
use proptest::prelude::*;
use trunkline_gateway::sip::framing::Framer;
use trunkline_gateway::sip::header::challenge::Challenge;
use trunkline_gateway::sip::header::{
    Allow, CSeq, CallId, ContentType, MinSe, Name, NameAddr, Privacy, RAck, RSeq, Reason, RetryAfter,
    SessionExpires, Typed, Value, Via,
};
use trunkline_gateway::sip::message::{Head, Message};
use trunkline_gateway::sip::method::Method;
use trunkline_gateway::sip::uri::Uri;

/// Every message of our corpus, legal or not: good ground for mutations.
static CORPUS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    ["legal", "broken"]
        .iter()
        .flat_map(|folder| std::fs::read_dir(root.join(folder)).expect("the corpus"))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "sip"))
        .map(|path| std::fs::read(path).expect("a message"))
        .collect()
});

/// The legal ones, as we print them.
static LEGAL: LazyLock<Vec<Bytes>> = LazyLock::new(|| {
    let read = CORPUS
        .iter()
        .filter_map(|bytes| Message::parse(bytes.clone()).ok());
    read.map(|message| message.to_bytes()).collect()
});

/// One change to a message.
#[derive(Clone, Debug)]
enum Change {
    Put(usize, u8),
    Insert(usize, Vec<u8>),
    Cut(usize, usize),
    Copy(usize, usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let special = proptest::sample::select(b"\"\\<>;,:=@?[]()%\r\n\t \0\xff/SsIiPp0129".to_vec());
    let byte = prop_oneof![special, any::<u8>()];
    let (at, length) = (0usize..2000, 0usize..60);
    prop_oneof![
        (at.clone(), byte.clone()).prop_map(|(at, byte)| Change::Put(at, byte)),
        (at.clone(), proptest::collection::vec(byte, 1..8)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (at.clone(), length.clone()).prop_map(|(at, length)| Change::Cut(at, length)),
        (at.clone(), length, at).prop_map(|(from, length, to)| Change::Copy(from, length, to)),
    ]
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    let size = bytes.len();
    match change {
        Change::Put(at, byte) if size > 0 => bytes[at % size] = *byte,
        Change::Put(..) => {}
        Change::Insert(at, more) => {
            let at = at % (size + 1);
            bytes.splice(at..at, more.iter().copied());
        }
        Change::Cut(at, length) => {
            let at = at % (size + 1);
            bytes.drain(at..(at + length).min(size));
        }
        Change::Copy(from, length, to) => {
            let from = from % (size + 1);
            let piece = bytes[from..(from + length).min(size)].to_vec();
            let to = to % (size + 1);
            bytes.splice(to..to, piece);
        }
    }
}

/// Reads everything that there is to read in a message, and holds it to its promises.
fn exercise(bytes: Bytes) {
    let source = "203.0.113.9:4000".parse().expect("an address");
    let mut message = match Message::parse(bytes.clone()) {
        Ok(message) => message,
        Err(error) => {
            let answer = error.answer(source, "t");
            assert!(
                answer.is_none_or(|answer| answer.starts_with(b"SIP/2.0 ") && answer.ends_with(b"\r\n\r\n"))
            );
            return;
        }
    };
    let printed = message.to_bytes();
    assert_eq!(
        Message::parse(printed.clone()).as_ref(),
        Ok(&message),
        "print and parse"
    );
    assert_eq!(
        Message::parse(printed.clone()).map(|m| m.to_bytes()),
        Ok(printed),
        "parse and print"
    );
    touch(&message);
    if message.is_request() {
        message.note_source(source);
        let response = message.response(200, "our-tag");
        assert_eq!(
            Message::parse(response.to_bytes()).as_ref(),
            Ok(&response),
            "a response can be read"
        );
        assert_eq!(response.vias(), message.vias());
    }
}

/// Every accessor; the values matter elsewhere.
fn touch(message: &Message) {
    let uris = [message.from().uri(), message.to().uri()];
    for uri in uris.into_iter().chain(message.request_uri()) {
        let _ = (
            uri.user_text(),
            uri.host_addr(),
            uri.params().iter().count(),
            uri.headers(),
            uri.password(),
        );
    }
    for via in message.vias() {
        let _ = (via.unique_branch(), via.received(), via.rport(), via.host_addr());
    }
    for name in [
        Name::Contact,
        Name::Route,
        Name::RecordRoute,
        Name::PAssertedIdentity,
        Name::Diversion,
    ] {
        message
            .addresses(&name)
            .for_each(|address| drop(address.display()));
    }
    let _ = (
        message.content("application/sdp"),
        message.unsupported(&["100rel"]),
        message.q850_cause(),
        message.reason(),
    );
    for (_, value) in message.all_headers() {
        read_value(value.as_bytes());
    }
}

/// The bytes as every header that there is.
fn read_value(bytes: &Bytes) {
    let _ = (
        Via::parse(bytes.clone()),
        NameAddr::parse(bytes.clone()),
        Uri::parse(bytes.clone()),
        CSeq::parse(bytes),
    );
    let _ = (
        CallId::parse(bytes.clone()),
        Method::parse(bytes.clone()),
        Name::parse(bytes.clone()),
    );
    let _ = (
        Reason::read(bytes),
        RetryAfter::read(bytes),
        SessionExpires::read(bytes),
        MinSe::read(bytes),
    );
    let _ = (
        RSeq::read(bytes),
        RAck::read(bytes),
        Privacy::read(bytes),
        Allow::read(bytes),
        ContentType::read(bytes),
    );
    let _ = Challenge::read_all(bytes);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn mutations_of_real_messages_never_panic(
        which in any::<proptest::sample::Index>(),
        changes in proptest::collection::vec(change(), 1..6),
    ) {
        let mut bytes = which.get(&CORPUS).clone();
        changes.iter().for_each(|change| apply(&mut bytes, change));
        exercise(Bytes::from(bytes));
    }

    #[test]
    fn values_of_any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        read_value(&Bytes::from(bytes));
    }

    #[test]
    fn values_of_the_grammars_own_bytes_never_panic(text in "[\"\\\\<>;,:=@?%\\[\\] a-zA-Z0-9./-]{0,60}") {
        read_value(&Bytes::from(text));
    }

    #[test]
    fn what_the_framer_cuts_is_what_was_sent(
        which in proptest::collection::vec(any::<proptest::sample::Index>(), 1..4),
        size in 1usize..200,
    ) {
        let sent: Vec<Bytes> = which.iter().map(|index| index.get(&LEGAL).clone()).collect();
        let mut framer = Framer::default();
        let mut cut = Vec::new();
        for chunk in sent.concat().chunks(size) {
            framer.push(chunk);
            while let Some(message) = framer.next().expect("sound") {
                cut.push(message);
            }
        }
        prop_assert_eq!(cut, sent);
    }

    #[test]
    fn the_framer_bears_any_bytes(
        chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..50), 0..20),
    ) {
        let mut framer = Framer::default();
        for chunk in chunks {
            framer.push(&chunk);
            while let Ok(Some(_)) = framer.next() {}
        }
    }

    #[test]
    fn what_is_built_is_read_as_meant(
        display in "\\PC{0,30}",
        user in "[a-z0-9+*.%#-]{1,20}",
        tag in "[a-zA-Z0-9.!%*_+`'~-]{1,30}",
        reason in "[^\r\n\0]{0,40}",
        cseq in 0u32..1 << 31,
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let uri = Uri::parse(format!("sip:{user}@h.example.com")).expect("legal");
        let from = NameAddr::with_display(&display, &uri).expect("no line ends").with_tag(&tag);
        let head = Head {
            via: Via::new("UDP", "192.0.2.1:5060".parse().expect("an address"), "b1").expect("legal"),
            from: from.clone(),
            to: NameAddr::new(&uri),
            call_id: CallId::parse("c1").expect("legal"),
            cseq,
        };
        let mut request = Message::request(Method::Invite, uri, head);
        request.push(Name::Subject, Value::new(reason.trim().to_owned()).expect("no line ends"));
        request.set_body("application/sdp", Bytes::from(body));
        let read = Message::parse(request.to_bytes());
        prop_assert_eq!(read.as_ref(), Ok(&request));
        let said = from.display().unwrap_or_default();
        prop_assert!(display.is_empty() || said == display, "{:?} became {:?}", display, said);
        prop_assert_eq!(from.tag(), Some(tag.as_bytes()));
    }

    #[test]
    fn no_value_leaves_its_line(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
        let breaks = bytes.iter().any(|b| b"\r\n\0".contains(b));
        prop_assert_eq!(Value::new(bytes.clone()).is_err(), breaks);
        let lines = |bytes: &[u8]| bytes.iter().any(|b| b"\r\n".contains(b));
        if let Ok(via) = Via::parse(bytes.clone()) {
            prop_assert!(!lines(via.as_bytes()));
        }
        if let Ok(address) = NameAddr::parse(bytes.clone()) {
            prop_assert!(!lines(address.as_bytes()));
        }
        if let Ok(uri) = Uri::parse(bytes) {
            prop_assert!(!lines(uri.as_bytes()));
        }
    }
}
