//! REGISTER at a trunk's registrar (RFC 3261 10.2).

use std::time::Duration;

use trunkline_gateway::sip::api::Register;
use trunkline_gateway::sip::endpoint::EndpointConfig;
use trunkline_gateway::sip::header::Name;
use trunkline_gateway::sip::message::Message;
use trunkline_gateway::trunk::snapshot::{Credentials, Transport};

use crate::script::{Script, check, utf8};

fn script() -> Script {
    Script::new(EndpointConfig::default(), Transport::Udp)
}

fn header(message: &Message, name: &Name) -> String {
    message.header(name).map(|value| value.text()).unwrap_or_default()
}

#[test]
fn one_call_id_and_a_cseq_that_goes_on() {
    let mut script = script();
    script.check(
        "register 600 => > REGISTER
         < 401 REGISTER WWW-Authenticate=Digest_realm=\"r\",nonce=\"1\" => > REGISTER
         < 200 REGISTER Expires=300 => Granted(300s)",
    );
    let first = script.last("REGISTER").clone();
    assert_eq!(
        first.request_uri().map(|uri| utf8(uri.as_bytes())).as_deref(),
        Some("sip:carrier.example")
    );
    assert_eq!(utf8(first.to().as_bytes()), "<sip:us@carrier.example>");
    assert_eq!(header(&first, &Name::Contact), "<sip:us@192.0.2.1:5060>");
    assert_eq!(header(&first, &Name::Expires), "600");
    assert!(header(&first, &Name::Authorization).contains("uri=\"sip:carrier.example\""));
    // The nonce is still good: the refresh proves the password at once.
    script.check("register 600 => > REGISTER\n< 200 REGISTER => Granted(600s)");
    let second = script.last("REGISTER").clone();
    assert_eq!(second.call_id().as_bytes(), first.call_id().as_bytes());
    assert_eq!(second.from().tag(), first.from().tag());
    assert_eq!(second.cseq().number, first.cseq().number + 1);
    assert!(
        header(&second, &Name::Authorization).contains("nc=00000002")
            || !header(&second, &Name::Authorization).contains("nc=")
    );
    script.check("register 0 => > REGISTER\n< 200 REGISTER => Granted(0ns)");
    // What was taken back is forgotten.
    script.check("register 600 => > REGISTER");
    assert_ne!(
        script.last("REGISTER").call_id().as_bytes(),
        first.call_id().as_bytes()
    );
    script.check("< 200 REGISTER => Granted(600s)");
    script.check_quiet();
}

#[test]
fn a_wrong_password_is_not_tried_for_ever() {
    check(
        "register 600 => > REGISTER
         < 401 REGISTER WWW-Authenticate=Digest_realm=\"r\",nonce=\"1\" => > REGISTER
         < 401 REGISTER WWW-Authenticate=Digest_realm=\"r\",nonce=\"2\" => Refused { status: 401, retry_after: None }",
    );
}

#[test]
fn refusals_say_what_they_want() {
    check("register 60 => > REGISTER\n< 423 REGISTER Min-Expires=1800 => TooBrief(1800s)");
    check("register 60 => > REGISTER\n< 423 REGISTER => TooBrief(3600s)");
    check(
        "register 60 => > REGISTER\n< 503 REGISTER Retry-After=9 => Refused { status: 503, retry_after: Some(9s) }",
    );
    check("register 60 => > REGISTER\n< 100 REGISTER =>\n< 200 REGISTER => Granted(60s)");
}

#[test]
fn silence_is_told_once() {
    let mut script = script();
    script.check("register 600 => > REGISTER");
    script.play("+40s");
    let said = script.said();
    assert_eq!(said.last().map(String::as_str), Some("Silence"), "{said:?}");
    assert!(
        said[..said.len() - 1].iter().all(|s| s == "> REGISTER"),
        "{said:?}"
    );
    script.check_quiet();
}

#[test]
fn the_answer_to_an_older_one_does_not_count() {
    let mut script = script();
    script.check("register 600 => > REGISTER");
    let first = script.last("REGISTER").clone();
    script.check("register 0 => > REGISTER");
    let late = first.response(200, "a").to_bytes();
    script.receive(late);
    assert_eq!(script.said(), Vec::<String>::new());
    script.check("< 200 REGISTER => Granted(0ns)");
    script.check_quiet();
}

#[test]
fn among_several_contacts_only_ours_counts() {
    let mut script = script();
    script.check("register 600 => > REGISTER");
    let mut response = script.last("REGISTER").response(200, "a");
    response.push(Name::Contact, "<sip:us@192.0.2.99:5060>;expires=3000");
    response.push(Name::Contact, "<sip:us@192.0.2.1:5060>;expires=55");
    script.receive(response.to_bytes());
    assert_eq!(script.said(), ["Granted(55s)"]);
    script.check_quiet();
}

#[test]
fn another_account_is_another_registration() {
    let mut script = script();
    script.check("register 600 => > REGISTER\n< 200 REGISTER => Granted(600s)");
    let first = script.last("REGISTER").clone();
    let other = Register {
        expires: Duration::from_secs(60),
        credentials: Some(Credentials {
            username: "us".into(),
            password: "another".into(),
        }),
        ..script.registration(60)
    };
    script.endpoint.register(script.now, other);
    script.check("+0s => > REGISTER\n< 200 REGISTER => Granted(60s)");
    assert_ne!(
        script.last("REGISTER").call_id().as_bytes(),
        first.call_id().as_bytes()
    );
    let broken = Register {
        account: "no uri".into(),
        ..script.registration(60)
    };
    script.endpoint.register(script.now, broken);
    script.check("+0s => Silence");
    script.check_quiet();
}
