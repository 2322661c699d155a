//! What is refused, and how: a bad request is answered, never dropped silently.

use std::fs;
use std::time::Duration;

use trunkline_gateway::sip::endpoint::EndpointConfig;
use trunkline_gateway::sip::header::Name;
use trunkline_gateway::trunk::snapshot::Transport;

use crate::script::{Script, check};

/// A request outside of any dialog.
fn request(line: &str, method: &str, headers: &str) -> String {
    format!(
        "{line}\r\nVia: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKr{method}\r\nFrom: <sip:a@h>;tag=1\r\n\
         To: <sip:us@192.0.2.1>\r\nCall-ID: r-{method}\r\nCSeq: 1 {method}\r\nContact: <sip:a@192.0.2.2>\r\n{headers}\r\n"
    )
}

/// One request, one status.
#[track_caller]
fn refused(line: &str, method: &str, headers: &str, status: u16) -> Script {
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    script.receive(request(line, method, headers));
    let statuses: Vec<Option<u16>> = script.sent.iter().map(|(_, message)| message.status()).collect();
    assert_eq!(statuses, [Some(status)], "{line} {headers}");
    assert!(script.answered(status).to().tag().is_some(), "a To-tag");
    script
}

#[test]
fn each_fault_has_its_status() {
    let invite = "INVITE sip:us@192.0.2.1 SIP/2.0";
    for (line, method, headers, status) in [
        ("INVITE sip:us@192.0.2.1 SIP/3.0", "INVITE", "", 505),
        ("INVITE nobodyKnows:x SIP/2.0", "INVITE", "", 416),
        ("INVITE sip:us@192.0.2.1 SIP/2.0", "BYE", "", 400),
        (invite, "INVITE", "Require: path, 100rel\r\n", 420),
        (invite, "INVITE", "Max-Forwards: 0\r\n", 483),
        (
            invite,
            "INVITE",
            "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx",
            415,
        ),
        (
            invite,
            "INVITE",
            "Content-Type: text/plain\r\nContent-Length: 1\r\n\r\nx",
            415,
        ),
        (invite, "INVITE", "Content-Length: 99\r\n", 400),
        (
            invite,
            "INVITE",
            "Session-Expires: 60\r\nSupported: timer\r\n",
            422,
        ),
        ("SUBSCRIBE sip:us@192.0.2.1 SIP/2.0", "SUBSCRIBE", "", 405),
        ("REGISTER sip:192.0.2.1 SIP/2.0", "REGISTER", "", 405),
        ("FLY sip:us@192.0.2.1 SIP/2.0", "FLY", "", 501),
        ("REFER sip:us@192.0.2.1 SIP/2.0", "REFER", "", 603),
        ("BYE sip:us@192.0.2.1 SIP/2.0", "BYE", "", 481),
        ("CANCEL sip:us@192.0.2.1 SIP/2.0", "CANCEL", "", 481),
        ("UPDATE sip:us@192.0.2.1 SIP/2.0", "UPDATE", "", 481),
    ] {
        refused(line, method, headers, status);
    }
}

#[test]
fn a_refusal_says_what_would_be_taken() {
    let script = refused("FLY sip:us@192.0.2.1 SIP/2.0", "FLY", "", 501);
    assert!(script.answered(501).has_token(&Name::Allow, "INVITE"));
    let script = refused("NOTIFY sip:us@192.0.2.1 SIP/2.0", "NOTIFY", "", 405);
    assert!(script.answered(405).has_token(&Name::Allow, "BYE"));
    let script = refused(
        "OPTIONS sip:us@192.0.2.1 SIP/2.0",
        "OPTIONS",
        "Require: a, timer, b\r\n",
        420,
    );
    let unsupported = script
        .answered(420)
        .header(&Name::Unsupported)
        .map(|value| value.text());
    assert_eq!(unsupported.as_deref(), Some("a, b"));
}

#[test]
fn options_are_answered_and_tell_of_draining() {
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    script.receive(request(
        "OPTIONS sip:us@192.0.2.1 SIP/2.0",
        "OPTIONS",
        "Max-Forwards: 0\r\n",
    ));
    assert!(script.answered(200).header(&Name::Allow).is_some());
    assert!(script.answered(200).header(&Name::Accept).is_some());
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    script.play("drain");
    script.receive(request("OPTIONS sip:us@192.0.2.1 SIP/2.0", "OPTIONS", ""));
    script.play("< INVITE");
    for (_, response) in &script.sent {
        assert_eq!(response.status(), Some(503));
        assert!(response.header(&Name::RetryAfter).is_some());
    }
    assert_eq!(script.sent.len(), 2);
}

#[test]
fn a_call_goes_on_while_draining() {
    check(
        "< INVITE => > 100 INVITE; Incoming +12025550199 sdp
         drain =>
         answer => > 200 INVITE
         < ACK => Confirmed
         < OPTIONS => > 200 OPTIONS
         < BYE => > 200 BYE; Ended Bye",
    );
}

#[test]
fn a_request_that_came_by_two_ways_is_merged() {
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    script.play("< INVITE");
    let first = script.sent.len();
    let text = request("INVITE sip:us@192.0.2.1 SIP/2.0", "INVITE", "");
    script.receive(text.clone());
    script.receive(text.replace("bKr", "bKother"));
    let statuses: Vec<_> = script.sent[first..]
        .iter()
        .filter_map(|(_, m)| m.status())
        .collect();
    assert_eq!(statuses, [100, 482]);
}

#[test]
fn full_tables_answer_503_with_the_same_tag_and_keep_nothing() {
    let config = EndpointConfig {
        max_transactions: 1,
        retry_after: Duration::from_secs(9),
        ..EndpointConfig::default()
    };
    let mut script = Script::new(config, Transport::Udp);
    script.play("< INVITE");
    let text = request("OPTIONS sip:us@192.0.2.1 SIP/2.0", "OPTIONS", "");
    script.receive(text.clone());
    script.receive(text);
    let refused: Vec<_> = script
        .sent
        .iter()
        .filter(|(_, m)| m.status() == Some(503))
        .map(|(_, m)| m)
        .collect();
    assert_eq!(refused.len(), 2);
    assert_eq!(refused[0], refused[1]);
    assert_eq!(
        refused[0]
            .header(&Name::RetryAfter)
            .map(|value| value.text())
            .as_deref(),
        Some("9")
    );
    assert_eq!(script.endpoint.transactions(), 1);
}

#[test]
fn a_full_house_refuses_calls_with_503() {
    let config = EndpointConfig {
        max_calls: 0,
        ..EndpointConfig::default()
    };
    let mut script = Script::new(config, Transport::Udp);
    script.check("< INVITE => > 503 INVITE\n< ACK =>");
    script.check_quiet();
}

#[test]
fn a_far_end_of_rfc_2543_is_served() {
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    let invite = "INVITE sip:us@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.2\r\nFrom: <sip:a@h>;tag=1\r\n\
                  To: <sip:us@192.0.2.1>\r\nCall-ID: old\r\nCSeq: 1 INVITE\r\n\r\n";
    script.receive(invite);
    script.receive(invite);
    script.check("reject 486 => > 100 INVITE; Incoming us; > 100 INVITE; > 486 INVITE");
    let tag = String::from_utf8_lossy(script.answered(486).to().tag().expect("a tag")).into_owned();
    let ack = invite
        .replace("INVITE", "ACK")
        .replace("192.0.2.1>\r\nCall", &format!("192.0.2.1>;tag={tag}\r\nCall"));
    script.receive(ack);
    script.check("+32s =>");
    script.check_quiet();
}

#[test]
fn ping_tells_status_or_silence() {
    check("ping => > OPTIONS\n< 200 OPTIONS => Pong 5 Some((200, 0ns))");
    let repeated = ["> OPTIONS"; 10].join("; ");
    check(&format!("ping => > OPTIONS\n+32s => {repeated}; Pong 5 None"));
}

/// What RFC 4475 says a user agent answers, by file. `0`: nothing (a response, or a message that cannot be answered).
const TORTURE: &[(&str, &[u16])] = &[
    ("wsinv.dat", &[481]),
    ("intmeth.dat", &[501]),
    ("esc01.dat", &[100]),
    ("escnull.dat", &[405]),
    ("esc02.dat", &[501]),
    ("lwsdisp.dat", &[200]),
    ("longreq.dat", &[100]),
    ("dblreq.dat", &[405]),
    ("semiuri.dat", &[200]),
    ("transports.dat", &[200]),
    ("mpart01.dat", &[405]),
    ("unreason.dat", &[]),
    ("noreason.dat", &[]),
    ("badinv01.dat", &[400]),
    ("clerr.dat", &[400]),
    ("ncl.dat", &[400]),
    ("scalar02.dat", &[400]),
    ("scalarlg.dat", &[]),
    ("quotbal.dat", &[400]),
    ("ltgtruri.dat", &[400]),
    ("lwsruri.dat", &[400]),
    ("lwsstart.dat", &[400]),
    ("trws.dat", &[400]),
    ("escruri.dat", &[400]),
    ("badvers.dat", &[505]),
    ("mismatch01.dat", &[400]),
    ("mismatch02.dat", &[400]),
    ("bigcode.dat", &[]),
    ("badbranch.dat", &[200]),
    ("insuf.dat", &[400]),
    ("unkscm.dat", &[416]),
    ("novelsc.dat", &[416]),
    ("unksm2.dat", &[405]),
    ("bext01.dat", &[420]),
    ("invut.dat", &[415]),
    ("baddate.dat", &[100]),
    ("badaspec.dat", &[400]),
    ("baddn.dat", &[400]),
    ("regbadct.dat", &[400]),
    ("regaut01.dat", &[405]),
    ("multi01.dat", &[400]),
    ("mcl01.dat", &[400]),
    ("bcast.dat", &[]),
    ("zeromf.dat", &[200]),
    ("cparam01.dat", &[405]),
    ("cparam02.dat", &[405]),
    ("regescrt.dat", &[405]),
    ("sdp01.dat", &[100]),
    ("inv2543.dat", &[100]),
];

#[test]
fn the_messages_of_rfc_4475_get_their_answers() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/rfc4475");
    let Ok(files) = fs::read_dir(folder) else {
        println!("skipped: {folder} is not there");
        return;
    };
    let mut faults = Vec::new();
    for file in files {
        let path = file.expect("readable").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default()
            .to_owned();
        let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
        script.receive(fs::read(&path).expect("readable"));
        let status = |said: &String| {
            said.strip_prefix("> ")
                .and_then(|rest| rest.get(..3)?.parse().ok())
        };
        let statuses: Vec<u16> = script.said().iter().filter_map(status).collect();
        let expected = TORTURE
            .iter()
            .find(|(file, _)| *file == name)
            .map(|(_, expected)| *expected);
        if expected != Some(&statuses) {
            faults.push(format!("{name}: {statuses:?}, not {expected:?}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
