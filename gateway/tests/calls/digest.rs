//! 401 and 407 within calls (DESIGN.md 3, rule 6).

use trunkline_gateway::sip::api::Dial;
use trunkline_gateway::sip::endpoint::EndpointConfig;
use trunkline_gateway::sip::header::Name;
use trunkline_gateway::trunk::snapshot::Transport;

use crate::script::{Script, check};

const CHALLENGE: &str = r#"< 401 WWW-Authenticate=Digest_realm="r",nonce="1""#;
const AGAIN: &str = r#"< 401 WWW-Authenticate=Digest_realm="r",nonce="2",stale=true"#;

#[test]
fn a_challenged_invite_is_sent_again_and_its_ack_proves_the_same() {
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    script.check(&format!(
        "dial => > INVITE
         < 100 => Trying
         {CHALLENGE} => > ACK; > INVITE
         < 100 => Trying
         < 200 => > ACK; Answered
         < 200 => > ACK; Answered again
         close => > BYE"
    ));
    let proof = |method: &str| {
        script
            .last(method)
            .header(&Name::Authorization)
            .map(|value| value.text())
    };
    assert!(proof("INVITE").is_some_and(|proof| proof.starts_with("Digest ")));
    assert_eq!(proof("ACK"), proof("INVITE"));
    assert_ne!(proof("BYE"), proof("INVITE"));
    assert_eq!(script.last("INVITE").cseq().number, 2);
    assert_eq!(script.last("ACK").cseq().number, 2);
    script.check("< 200 BYE => Ended Closed");
    script.check_quiet();
}

#[test]
fn a_challenge_for_ever_is_answered_twice_at_most() {
    check(&format!(
        "dial => > INVITE
         {CHALLENGE} => > ACK; > INVITE
         {AGAIN} => > ACK; > INVITE
         {AGAIN} => > ACK; Failed 401 Reason"
    ));
    check(&format!(
        "dial => > INVITE
         {CHALLENGE} => > ACK; > INVITE
         {CHALLENGE} => > ACK; Failed 401 Reason"
    ));
}

#[test]
fn without_credentials_or_challenge_a_401_is_a_refusal() {
    check("dial => > INVITE\n< 401 => > ACK; Failed 401 Reason");
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    let dial = Dial {
        credentials: None,
        ..script.dial()
    };
    assert!(script.endpoint.dial(script.now, dial).is_ok());
    script.check(&format!(
        "+0s => > INVITE\n{CHALLENGE} => > ACK; Failed 401 Reason"
    ));
    script.check_quiet();
}

#[test]
fn a_challenged_bye_is_sent_again() {
    check(
        r#"dial => > INVITE
         < 200 => > ACK; Answered
         close => > BYE
         < 407 BYE Proxy-Authenticate=Digest_realm="p",nonce="1" => > BYE
         < 200 BYE => Ended Closed"#,
    );
}

#[test]
fn a_challenged_offer_is_sent_again() {
    check(
        r#"dial => > INVITE
         < 200 => > ACK; Answered
         modify => > INVITE
         < 407 Proxy-Authenticate=Digest_realm="p",nonce="1" => > ACK; > INVITE
         < 200 sdp => > ACK; Modified sdp
         < BYE => > 200 BYE; Ended Bye"#,
    );
}

#[test]
fn closed_while_challenged_nothing_is_sent_again() {
    check(&format!(
        "dial => > INVITE
         close =>
         {CHALLENGE} => > ACK; Failed Canceled"
    ));
}
