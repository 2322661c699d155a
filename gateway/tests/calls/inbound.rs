//! Calls that come in.

use trunkline_gateway::sip::endpoint::EndpointConfig;
use trunkline_gateway::sip::header::{Name, RSeq};
use trunkline_gateway::sip::message::Message;
use trunkline_gateway::trunk::snapshot::Transport;

use crate::script::{Script, check, utf8};

#[test]
fn a_call_is_answered_and_hung_up_by_them() {
    check(
        "< INVITE => > 100 INVITE; Incoming +12025550199 sdp
         ring => > 180 INVITE
         answer => > 200 INVITE
         < ACK => Confirmed
         < BYE Reason=Q.850;cause=16 => > 200 BYE; Ended Bye Q.850 16",
    );
}

#[test]
fn a_call_is_refused_until_the_ack() {
    check(
        "< INVITE => > 100 INVITE; Incoming +12025550199 sdp
         reject 486 => > 486 INVITE
         +500ms => > 486 INVITE
         < INVITE again => > 486 INVITE
         < ACK =>
         < INVITE again =>",
    );
}

#[test]
fn a_repeated_invite_gets_the_last_18x_again() {
    check(
        "< INVITE => > 100 INVITE; Incoming +12025550199 sdp
         < INVITE again => > 100 INVITE
         ring 183 => > 183 INVITE
         < INVITE again => > 183 INVITE
         close => > 480 INVITE; Ended Closed
         < ACK =>",
    );
}

#[test]
fn a_canceled_call_is_told_487() {
    check(
        "< INVITE => > 100 INVITE; Incoming +12025550199 sdp
         ring => > 180 INVITE
         < CANCEL => > 200 CANCEL; > 487 INVITE; Ended Canceled
         < ACK =>
         answer =>",
    );
}

#[test]
fn a_cancel_after_the_answer_changes_nothing() {
    check(
        "< INVITE => > 100 INVITE; Incoming +12025550199 sdp
         answer => > 200 INVITE
         < CANCEL => > 200 CANCEL
         < ACK => Confirmed
         close => > BYE
         < 200 BYE => Ended Closed",
    );
}

/// OPERATIONS.md, "lost ACK".
#[test]
fn a_2xx_is_repeated_for_32_s_and_then_ended() {
    let repeated = ["> 200 INVITE"; 10].join("; ");
    check(&format!(
        "< INVITE => > 100 INVITE; Incoming +12025550199 sdp
         answer => > 200 INVITE
         +32s => {repeated}; > BYE; Ended NoAck
         < 200 BYE =>"
    ));
    check(
        "< INVITE => > 100 INVITE; Incoming +12025550199 sdp
         answer => > 200 INVITE
         +500ms => > 200 INVITE
         < INVITE again =>
         < ACK => Confirmed
         < ACK =>
         +32s =>
         < BYE => > 200 BYE; Ended Bye",
    );
}

#[test]
fn closed_before_the_ack_the_bye_waits_for_it() {
    check(
        "< INVITE => > 100 INVITE; Incoming +12025550199 sdp
         answer => > 200 INVITE
         close =>
         < ACK => > BYE
         < 200 BYE => Ended Closed",
    );
}

#[test]
fn a_bye_before_our_answer_ends_it() {
    check(
        "< INVITE => > 100 INVITE; Incoming +12025550199 sdp
         ring => > 180 INVITE
         < BYE => > 200 BYE; > 487 INVITE; Ended Bye
         < ACK =>",
    );
}

#[test]
fn an_invite_without_offer_is_offered_in_the_200_and_answered_in_the_ack() {
    check(
        "< INVITE empty => > 100 INVITE; Incoming +12025550199
         answer => > 200 INVITE
         < ACK sdp => Confirmed sdp
         < BYE => > 200 BYE; Ended Bye",
    );
}

#[test]
fn who_wants_every_18x_reliable_gets_it_until_prack() {
    check(
        "< INVITE Require=100rel => > 100 INVITE; Incoming +12025550199 sdp
         ring => > 180 INVITE
         +500ms => > 180 INVITE
         +1s => > 180 INVITE
         < PRACK stray => > 481 PRACK
         < PRACK => > 200 PRACK
         < PRACK => > 481 PRACK
         +60s =>
         ring 183 => > 183 INVITE
         answer =>
         < PRACK => > 200 PRACK; > 200 INVITE
         < ACK => Confirmed
         < BYE => > 200 BYE; Ended Bye",
    );
    let repeated = ["> 180 INVITE"; 6].join("; ");
    check(&format!(
        "< INVITE Require=100rel => > 100 INVITE; Incoming +12025550199 sdp
         ring => > 180 INVITE
         +32s => {repeated}; > 504 INVITE; Ended NoPrack
         < ACK =>
         < PRACK => > 481 PRACK"
    ));
}

#[test]
fn a_prack_may_come_after_the_2xx_of_a_call_that_only_rang() {
    check(
        "< INVITE Require=100rel => > 100 INVITE; Incoming +12025550199 sdp
         ring => > 180 INVITE
         answer => > 200 INVITE
         < PRACK => > 200 PRACK
         < ACK => Confirmed
         < BYE => > 200 BYE; Ended Bye",
    );
}

#[test]
fn a_reliable_18x_says_so_and_counts_up() {
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    for event in ["< INVITE Require=100rel", "ring", "< PRACK", "ring 183"] {
        script.play(event);
    }
    let (first, second) = (script.answered(180), script.answered(183));
    let rseq = |message: &Message| message.get::<RSeq>().map(|RSeq(number)| number);
    assert!(first.has_token(&Name::Require, "100rel"));
    assert_eq!(rseq(second), rseq(first).map(|first| first + 1));
}

#[test]
fn an_offer_before_our_answer_to_the_first_is_told_500() {
    check(
        "< INVITE => > 100 INVITE; Incoming +12025550199 sdp
         ring => > 180 INVITE
         < UPDATE sdp => > 500 UPDATE
         answer => > 200 INVITE
         < UPDATE sdp => > 491 UPDATE
         < ACK => Confirmed
         < BYE => > 200 BYE; Ended Bye",
    );
}

#[test]
fn an_invite_without_offer_that_wants_18x_reliable_gets_none() {
    check(
        "< INVITE empty Require=100rel => > 100 INVITE; Incoming +12025550199
         ring =>
         answer => > 200 INVITE
         < ACK sdp => Confirmed sdp
         < BYE => > 200 BYE; Ended Bye",
    );
}

#[test]
fn every_response_but_100_has_one_to_tag() {
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    for event in ["< INVITE", "ring", "< CANCEL"] {
        script.play(event);
    }
    let tags = [180, 487, 200].map(|status| script.answered(status).to().tag().map(<[u8]>::to_vec));
    assert!(tags[0].is_some());
    assert!(tags.iter().all(|tag| *tag == tags[0]), "{tags:?}");
    assert_eq!(script.answered(100).to().tag(), None);
}

#[test]
fn responses_go_back_the_way_the_request_came() {
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    let options = |via: &str| {
        format!(
            "OPTIONS sip:us@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP {via}\r\nFrom: <sip:a@h>;tag=1\r\n\
             To: <sip:us@192.0.2.1>\r\nCall-ID: {via}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
        )
    };
    script.path.remote.set_port(1024);
    for (via, to, noted) in [
        (
            "h.example:5070;branch=z9hG4bK1",
            "192.0.2.2:5070",
            "h.example:5070;branch=z9hG4bK1;received=192.0.2.2",
        ),
        (
            "192.0.2.2;branch=z9hG4bK2",
            "192.0.2.2:5060",
            "192.0.2.2;branch=z9hG4bK2",
        ),
        (
            "10.0.0.1:5080;rport;branch=z9hG4bK3",
            "192.0.2.2:1024",
            "10.0.0.1:5080;branch=z9hG4bK3;received=192.0.2.2;rport=1024",
        ),
    ] {
        script.receive(options(via));
        let (path, response) = script.sent.last().expect("an answer");
        assert_eq!(path.remote.to_string(), to);
        assert_eq!(utf8(response.via().as_bytes()), format!("SIP/2.0/UDP {noted}"));
    }
    script.path.transport = Transport::Tcp;
    script.path.connection = Some(9);
    script.receive(options("h.example;branch=z9hG4bK4").replace("UDP", "TCP"));
    assert_eq!(script.sent.last().map(|(path, _)| *path), Some(script.path));
}

#[test]
fn record_route_is_copied_and_kept_in_order() {
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    for event in [
        "< INVITE Record-Route=<sip:198.51.100.1;lr>,<sip:p2;lr>",
        "answer",
        "< ACK",
        "close",
    ] {
        script.play(event);
    }
    let copied = script
        .answered(200)
        .header(&Name::RecordRoute)
        .map(|value| value.text());
    assert_eq!(copied.as_deref(), Some("<sip:198.51.100.1;lr>,<sip:p2;lr>"));
    let bye = script.last("BYE");
    let routes: Vec<String> = bye.headers(&Name::Route).map(|route| route.text()).collect();
    assert_eq!(routes, ["<sip:198.51.100.1;lr>", "<sip:p2;lr>"]);
    assert_eq!(
        script
            .sent
            .last()
            .map(|(path, _)| path.remote.to_string())
            .as_deref(),
        Some("198.51.100.1:5060")
    );
}
