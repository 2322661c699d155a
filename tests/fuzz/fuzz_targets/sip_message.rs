//! SIP from the far end: whatever comes, nothing panics, what we print can be read again, and what we answer is a response.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use trunkline_gateway::sip::framing::Framer;
use trunkline_gateway::sip::header::challenge::Challenge;
use trunkline_gateway::sip::header::{
    Allow, ContentType, MinSe, Name, NameAddr, Privacy, RAck, RSeq, Reason, RetryAfter, SessionExpires,
    Typed, Via,
};
use trunkline_gateway::sip::message::Message;
use trunkline_gateway::sip::uri::Uri;

fuzz_target!(|data: &[u8]| {
    read(Bytes::copy_from_slice(data));
    stream(data);
});

fn read(bytes: Bytes) {
    let source = "203.0.113.9:4000".parse().expect("an address");
    let mut message = match Message::parse(bytes) {
        Ok(message) => message,
        Err(error) => {
            let answer = error.answer(source, "t");
            return assert!(answer.is_none_or(|answer| answer.starts_with(b"SIP/2.0 ")));
        }
    };
    assert_eq!(
        Message::parse(message.to_bytes()).as_ref(),
        Ok(&message),
        "print and parse"
    );
    for (_, value) in message.all_headers() {
        value_of(value.as_bytes());
    }
    let _ = (
        message.content("application/sdp"),
        message.unsupported(&["100rel"]),
        message.q850_cause(),
    );
    message
        .addresses(&Name::Contact)
        .for_each(|address| drop(address.uri().user_text()));
    if message.is_request() {
        message.note_source(source);
        let response = message.response(200, "our-tag");
        assert_eq!(
            Message::parse(response.to_bytes()).as_ref(),
            Ok(&response),
            "a response can be read"
        );
    }
}

/// The bytes as every header that there is.
fn value_of(bytes: &Bytes) {
    let _ = (
        Via::parse(bytes.clone()),
        NameAddr::parse(bytes.clone()),
        Uri::parse(bytes.clone()),
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
    );
    let _ = (ContentType::read(bytes), Challenge::read_all(bytes));
}

/// Cut as a whole and byte by byte, a stream gives the same messages.
fn stream(data: &[u8]) {
    let cut = |size: usize| {
        let mut framer = Framer::default();
        let mut found = Vec::new();
        for chunk in data.chunks(size.max(1)) {
            framer.push(chunk);
            while let Ok(Some(message)) = framer.next() {
                found.push(message);
            }
        }
        found
    };
    assert_eq!(cut(data.len()), cut(1));
}
