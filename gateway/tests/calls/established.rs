//! Within a call: new offers, session timers, keys, and requests that do not belong.

use trunkline_gateway::sip::endpoint::EndpointConfig;
use trunkline_gateway::sip::header::Name;
use trunkline_gateway::trunk::snapshot::Transport;

use crate::script::{Script, check};

const UP: &str = "dial => > INVITE\n< 200 sdp => > ACK; Answered sdp\n";
const DOWN: &str = "< BYE => > 200 BYE; Ended Bye\n";

/// A call is up, then this, then it ends.
#[track_caller]
fn check_up(transcript: &str) {
    check(&format!("{UP}{transcript}\n{DOWN}"));
}

#[test]
fn their_re_invite_is_answered_and_acknowledged() {
    check_up(
        "< re-INVITE => > 100 INVITE; Modify sdp
         accept => > 200 INVITE
         +500ms => > 200 INVITE
         < ACK =>
         +32s =>",
    );
    check_up("< re-INVITE => > 100 INVITE; Modify sdp\nrefuse => > 488 INVITE\n< ACK =>\n+6s =>");
}

#[test]
fn a_re_invite_without_offer_is_offered_by_us() {
    check_up(
        "< re-INVITE empty => > 100 INVITE; Modify
         accept => > 200 INVITE
         < ACK sdp => Modified sdp",
    );
}

#[test]
fn update_is_answered_with_and_without_offer() {
    check_up(
        "< UPDATE sdp => Modify sdp
         accept => > 200 UPDATE
         < UPDATE => > 200 UPDATE",
    );
}

#[test]
fn our_offer_is_answered_or_refused() {
    check_up("modify => > INVITE\n< 200 sdp => > ACK; Modified sdp\n< 200 sdp => > ACK");
    check_up("modify => > INVITE\n< 488 => > ACK; Not modified 488");
}

#[test]
fn offers_that_cross_are_sorted_out_by_491() {
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    script.check(&format!(
        "{UP}modify => > INVITE
         < re-INVITE => > 491 INVITE
         < ACK =>
         < 491 => > ACK
         +2s =>
         +2s => > INVITE
         < 200 sdp => > ACK; Modified sdp"
    ));
}

#[test]
fn a_second_offer_before_the_first_is_decided_is_told_500() {
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    script.check(&format!(
        "{UP}< re-INVITE => > 100 INVITE; Modify sdp\n< UPDATE sdp => > 500 UPDATE"
    ));
    assert!(script.answered(500).header(&Name::RetryAfter).is_some());
}

#[test]
fn a_lower_cseq_is_told_500_and_a_gap_is_legal() {
    check_up("< OPTIONS => > 200 OPTIONS\n< OPTIONS old => > 500 OPTIONS");
}

#[test]
fn keys_and_other_requests_within_a_call() {
    check_up(
        "< INFO => > 200 INFO; Info application/dtmf-relay
         < REFER => > 603 REFER
         < PRACK => > 481 PRACK
         < PRACK bare => > 400 PRACK
         < SUBSCRIBE => > 405 SUBSCRIBE
         < BYE stray => > 481 BYE",
    );
}

#[test]
fn a_call_that_the_far_end_has_forgotten_is_lost() {
    check(&format!(
        "{UP}modify => > INVITE\n< 481 => > ACK; > BYE; Ended Lost\n< 481 BYE =>"
    ));
    check(&format!(
        "{UP}modify => > INVITE\n< 408 => > ACK; > BYE; Ended Lost\n< 481 BYE =>"
    ));
}

#[test]
fn the_session_timer_is_refreshed_by_us_when_we_are_the_refresher() {
    check(
        "dial => > INVITE
         < 200 sdp Session-Expires=100;refresher=uac Allow=UPDATE => > ACK; Answered sdp
         +50s => > UPDATE
         < 200 UPDATE Session-Expires=100;refresher=uac =>
         +50s => > UPDATE
         < 481 UPDATE => > BYE; Ended Lost
         < 481 BYE =>",
    );
    check(
        "dial => > INVITE
         < 200 sdp Session-Expires=100;refresher=uac => > ACK; Answered sdp
         +50s => > INVITE
         < 200 sdp => > ACK
         +100s =>
         < BYE => > 200 BYE; Ended Bye",
    );
}

#[test]
fn the_session_timer_of_the_far_end_runs_out() {
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    script.check(
        "< INVITE Session-Expires=1800;refresher=uac Supported=timer => > 100 INVITE; Incoming +12025550199 sdp
         answer => > 200 INVITE
         < ACK => Confirmed
         +1000s =>
         < UPDATE Session-Expires=1800;refresher=uac Supported=timer => > 200 UPDATE
         +1767s =>
         +1s => > BYE; Ended Lost
         < 200 BYE =>",
    );
    let answered = script
        .answered(200)
        .header(&Name::SessionExpires)
        .map(|value| value.text());
    assert_eq!(answered.as_deref(), Some("1800;refresher=uac"));
    assert!(script.answered(200).has_token(&Name::Require, "timer"));
    script.check_quiet();
}

#[test]
fn the_remote_target_moves_with_a_re_invite() {
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    script.check(&format!(
        "{UP}< re-INVITE => > 100 INVITE; Modify sdp\naccept => > 200 INVITE\n< ACK =>\nclose => > BYE"
    ));
    let target = script.last("BYE").request_uri().map(|uri| uri.user_text());
    assert_eq!(target, Some(Some("moved".into())));
}

#[test]
fn a_re_invite_that_is_never_decided_is_not_waited_for_without_end() {
    check(&format!("{UP}modify => > INVITE\n< 100 =>\n{DOWN}"));
    check(&format!(
        "{UP}modify => > INVITE\n< 100 =>\n+32s => > BYE; Ended Lost\n< 481 BYE =>"
    ));
}
