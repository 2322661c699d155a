//! What a message is read into, printed as and answered with.

use std::net::SocketAddr;

use super::*;

const INVITE: &str = "INVITE sip:+12025550123@h.example.com;user=phone SIP/2.0\r\n\
    Via: SIP/2.0/UDP 192.0.2.1:5070;rport;branch=z9hG4bKa\r\n\
    v: SIP/2.0/TCP p.example.com;branch=z9hG4bKb , SIP/2.0/UDP q.example.com;branch=z9hG4bKc\r\n\
    Record-Route: <sip:p.example.com;lr>,<sip:q.example.com;lr>\r\n\
    f: \"A, B\" <sip:a@x.example.com>;tag=1\r\n\
    t: <sip:+12025550123@h.example.com>\r\n\
    i: 1@x\r\n\
    CSeq: 7 INVITE\r\n\
    m: <sip:a@192.0.2.1:5070>\r\n\
    k: 100rel\r\n\
    Supported:\r\n\
    X-Empty:\r\n\
    Record-Route: <sip:r.example.com;lr>\r\n\
    Max-Forwards: 70\r\n\
    c: application/sdp\r\n\
    \r\n\
    v=0\r\n";

fn source() -> SocketAddr {
    "192.0.2.9:6000".parse().expect("an address")
}

fn printed(message: &Message) -> String {
    String::from_utf8(message.to_bytes().to_vec()).expect("text")
}

/// A copy of INVITE with one text replaced, parsed.
fn with(from: &str, to: &str) -> Result<Message, ParseError> {
    assert!(INVITE.contains(from), "{from}");
    Message::parse(INVITE.replacen(from, to, 1))
}

#[test]
fn a_request_is_read_into_its_parts() {
    let invite = Message::parse(INVITE).expect("legal");
    assert!(invite.is_request());
    assert_eq!(*invite.method(), Method::Invite);
    assert_eq!(
        invite.request_uri().expect("a request").user(),
        Some(&b"+12025550123"[..])
    );
    assert_eq!((invite.status(), invite.reason().as_str()), (None, ""));
    assert_eq!(invite.vias().len(), 3);
    assert_eq!(invite.via().branch(), Some(&b"z9hG4bKa"[..]));
    assert_eq!(invite.from().display().as_deref(), Some("A, B"));
    assert_eq!(invite.cseq().to_string(), "7 INVITE");
    assert_eq!(
        invite.contact().expect("one").uri().to_string(),
        "sip:a@192.0.2.1:5070"
    );
    assert!(invite.has_token(&Name::Supported, "100REL"));
    assert_eq!(invite.max_forwards(), Some(70));
    let routes: Vec<_> = invite
        .addresses(&Name::RecordRoute)
        .map(|r| r.uri().to_string())
        .collect();
    assert_eq!(
        routes,
        [
            "sip:p.example.com;lr",
            "sip:q.example.com;lr",
            "sip:r.example.com;lr"
        ]
    );
    let empty = Name::parse("x-empty").expect("a token");
    assert_eq!(invite.header(&empty).map(Value::text).as_deref(), Some(""));
    assert_eq!(invite.body(), "v=0\r\n");
}

#[test]
fn printed_and_read_again_it_is_the_same() {
    let invite = Message::parse(INVITE).expect("legal");
    assert_eq!(Message::parse(invite.to_bytes()), Ok(invite.clone()));
    assert!(printed(&invite).ends_with("Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n"));
}

#[test]
fn a_response_copies_what_it_must() {
    let mut invite = Message::parse(INVITE).expect("legal");
    invite.note_source(source());
    assert_eq!(
        printed(&invite.response(180, "t1")),
        "SIP/2.0 180 Ringing\r\n\
        Via: SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bKa;received=192.0.2.9;rport=6000\r\n\
        Via: SIP/2.0/TCP p.example.com;branch=z9hG4bKb\r\n\
        Via: SIP/2.0/UDP q.example.com;branch=z9hG4bKc\r\n\
        From: \"A, B\" <sip:a@x.example.com>;tag=1\r\n\
        To: <sip:+12025550123@h.example.com>;tag=t1\r\n\
        Call-ID: 1@x\r\n\
        CSeq: 7 INVITE\r\n\
        Record-Route: <sip:p.example.com;lr>,<sip:q.example.com;lr>\r\n\
        Record-Route: <sip:r.example.com;lr>\r\n\
        Content-Length: 0\r\n\r\n"
    );
    assert_eq!(invite.response(100, "t1").to().tag(), None, "100 has no To-tag");
    assert!(invite.response(486, "t1").header(&Name::RecordRoute).is_none());
    assert_eq!(
        invite.response(200, "t1").response(200, "t2").to().tag(),
        Some(&b"t1"[..])
    );
}

#[test]
fn cancel_has_the_branch_uri_number_and_route_of_its_invite() {
    let invite = with("Max-Forwards", "Route: <sip:o.example.com;lr>\r\nMax-Forwards").expect("legal");
    assert_eq!(
        printed(&invite.same_transaction(Method::Cancel, invite.to())),
        "CANCEL sip:+12025550123@h.example.com;user=phone SIP/2.0\r\n\
        Via: SIP/2.0/UDP 192.0.2.1:5070;rport;branch=z9hG4bKa\r\n\
        From: \"A, B\" <sip:a@x.example.com>;tag=1\r\n\
        To: <sip:+12025550123@h.example.com>\r\n\
        Call-ID: 1@x\r\n\
        CSeq: 7 CANCEL\r\n\
        Route: <sip:o.example.com;lr>\r\n\
        Content-Length: 0\r\n\r\n"
    );
}

#[test]
fn reason_phrases_are_kept() {
    let response = |line: &str| {
        let invite = Message::parse(INVITE).expect("legal");
        let text = printed(&invite.response(603, "x")).replacen("SIP/2.0 603 Decline", line, 1);
        Message::parse(text).map(|message| (message.status(), message.reason()))
    };
    assert_eq!(
        response("SIP/2.0 603 Nope, never"),
        Ok((Some(603), "Nope, never".into()))
    );
    assert_eq!(response("SIP/2.0 608 "), Ok((Some(608), String::new())));
    assert_eq!(response("SIP/2.0 608"), Ok((Some(608), String::new())));
    for bad in [
        "SIP/2.0 99 x",
        "SIP/2.0 700 x",
        "SIP/2.0 4294967301 x",
        "SIP/2.0 0200 x",
        "SIP/2.0",
    ] {
        let error = response(bad).expect_err("no status");
        assert_eq!(error.fault, Fault::StartLine, "{bad}");
        assert_eq!(error.answer(source(), "x"), None, "responses are never answered");
    }
}

#[test]
fn every_fault_has_its_response() {
    for (from, to, fault) in [
        (" SIP/2.0\r\nVia", " SIP/7.0\r\nVia", Fault::Version),
        (
            "sip:+12025550123@h.example.com;user=phone",
            "foo:x",
            Fault::Scheme,
        ),
        (
            "sip:+12025550123@h.example.com;user=phone",
            "sip:a@h?b=c",
            Fault::Uri,
        ),
        (
            "sip:+12025550123@h.example.com;user=phone",
            "<sip:a@h>",
            Fault::Uri,
        ),
        ("INVITE ", "INVITE  ", Fault::StartLine),
        ("i: 1@x\r\n", "", Fault::Missing("Call-ID")),
        (
            "i: 1@x\r\n",
            "i: 1@x\r\nCall-ID: 2\r\n",
            Fault::Duplicate("Call-ID"),
        ),
        ("f: ", "From: <sip:a@h>\r\nf: ", Fault::Duplicate("From")),
        ("t: ", "To: <sip:a@h>\r\nt: ", Fault::Duplicate("To")),
        ("CSeq: ", "CSeq: 1 INVITE\r\nCSeq: ", Fault::Duplicate("CSeq")),
        (
            "Max-Forwards: 70",
            "Max-Forwards: 70\r\nMax-Forwards: 70",
            Fault::Duplicate("Max-Forwards"),
        ),
        (
            "Max-Forwards: 70",
            "Max-Forwards: 256",
            Fault::Invalid("Max-Forwards"),
        ),
        (
            "k: 100rel",
            "l: 5\r\nContent-Length: 5",
            Fault::Duplicate("Content-Length"),
        ),
        ("k: 100rel", "l: six", Fault::Invalid("Content-Length")),
        ("k: 100rel", "l: 6", Fault::Short),
        ("7 INVITE", "7 BYE", Fault::Mismatch),
        ("7 INVITE", "2147483648 INVITE", Fault::Invalid("CSeq")),
        ("m: <", "m: \"", Fault::Invalid("Contact")),
        (";tag=1", ";tag=1;tag=2", Fault::Invalid("From")),
        ("k: 100rel", "no colon here", Fault::HeaderLine),
        ("k: 100rel\r\n", "k: 100rel\n", Fault::HeaderLine),
        ("\r\n\r\nv=0\r\n", "\r\n", Fault::Unfinished),
    ] {
        let error = with(from, to).expect_err(to);
        assert_eq!(error.fault, fault, "{to}");
        let answer = error.answer(source(), "t1").expect("an INVITE is answered");
        let answer = Message::parse(answer);
        if matches!(fault, Fault::Missing(_) | Fault::Invalid("CSeq" | "From")) {
            assert!(
                answer.is_err(),
                "{to}: values are copied as received, and not made up"
            );
            continue;
        }
        let answer = answer.expect("sound");
        assert_eq!(answer.status(), Some(fault.status()), "{to}");
        assert_eq!(answer.to().tag(), Some(&b"t1"[..]), "{to}");
        assert_eq!(answer.via().rport(), Some(6000), "{to}");
    }
}

#[test]
fn ack_and_garbage_are_never_answered() {
    let ack = INVITE.replace("INVITE", "ACK").replace("i: 1@x\r\n", "");
    for silent in [
        ack.as_str(),
        "",
        "\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "\0\0\0\0",
    ] {
        let error = Message::parse(silent.to_owned()).expect_err("broken");
        assert_eq!(error.answer(source(), "x"), None, "{silent:?}");
    }
}

#[test]
fn a_response_with_a_broken_contact_is_read() {
    let ok = printed(&Message::parse(INVITE).expect("legal").response(200, "x")).replacen(
        "CSeq",
        "Contact: \"broken\r\nCSeq",
        1,
    );
    let ok = Message::parse(ok).expect("its ACK is due");
    assert_eq!(ok.contact(), None);
}

#[test]
fn a_response_with_a_line_that_is_no_header_is_read() {
    let with = |line: &str| {
        let ok = printed(&Message::parse(INVITE).expect("legal").response(200, "x"));
        Message::parse(ok.replacen("CSeq", &format!("{line}\r\nCSeq"), 1)).map(|ok| ok.status())
    };
    assert_eq!(with("no header"), Ok(Some(200)), "its ACK is due");
    assert_eq!(with("P Odd: x"), Ok(Some(200)));
    let two = with("no header\r\nCall-ID: 2").expect_err("whose is it?");
    assert_eq!(two.fault, Fault::Duplicate("Call-ID"));
}

#[test]
fn debug_shows_no_number_and_no_body() {
    let invite = Message::parse(INVITE).expect("legal");
    assert_eq!(
        format!("{invite:?}"),
        "Message(7 INVITE, Call-ID 1@x, body of 5 bytes)"
    );
    let error = with("7 INVITE", "7 BYE").expect_err("mismatch");
    assert!(!format!("{error:?}").contains("2025550123"));
}

#[test]
fn limits_hold() {
    let many = |count: usize| with("k: 100rel\r\n", &"X: y\r\n".repeat(count));
    assert!(many(MAX_HEADERS - 20).is_ok());
    assert_eq!(many(MAX_HEADERS).map_err(|e| e.fault), Err(Fault::TooLarge));
    let vias = with(
        "k: 100rel",
        &format!("v: {}", "SIP/2.0/UDP h,".repeat(MAX_HEADERS)),
    );
    assert_eq!(vias.map_err(|e| e.fault), Err(Fault::TooLarge));
    let long = with("100rel", &"x".repeat(crate::sip::header::value::MAX_VALUE + 1)).expect_err("too long");
    assert_eq!(long.fault.status(), 513);
    assert_eq!(
        Message::parse(vec![b'x'; MAX_MESSAGE + 1]).map_err(|e| e.fault),
        Err(Fault::TooLarge)
    );
}

#[test]
fn headers_are_replaced_in_place() {
    let mut invite = Message::parse(INVITE).expect("legal");
    invite.set(Name::RecordRoute, "<sip:z;lr>");
    invite.set(Name::Subject, "new");
    invite.remove(&Name::Supported);
    let names: Vec<_> = invite
        .all_headers()
        .map(|(name, value)| format!("{}={}", lexer::text(name.as_bytes()), value.text()))
        .collect();
    assert_eq!(
        names,
        [
            "Record-Route=<sip:z;lr>",
            "Contact=<sip:a@192.0.2.1:5070>",
            "X-Empty=",
            "Max-Forwards=70",
            "Content-Type=application/sdp",
            "Subject=new"
        ]
    );
}
