//! Within a call: new offers, session timers, keys, and requests that do not belong.

use std::time::Duration;

use trunkline_gateway::sip::endpoint::EndpointConfig;
use trunkline_gateway::sip::header::Name;
use trunkline_gateway::trunk::snapshot::{Refer, Transport};

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
fn a_transfer_is_refused_as_the_trunk_is_told() {
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    script.manners.refer = Refer::NotAllowed;
    script.check(&format!("{UP}< REFER => > 405 REFER"));
    assert!(script.answered(405).header(&Name::Allow).is_some());
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

/// RFC 3264 8: the same offer may have another answer.
#[test]
fn a_refresh_that_is_answered_anew_moves_the_media() {
    check(
        "dial => > INVITE
         < 200 sdp Session-Expires=100;refresher=uac => > ACK; Answered sdp
         +50s => > INVITE
         < 200 sdp Session-Expires=100;refresher=uac => > ACK
         +50s => > INVITE
         < 200 sdp moved Session-Expires=100;refresher=uac => > ACK; Modified sdp
         +50s => > INVITE
         < 200 sdp moved Session-Expires=100;refresher=uac => > ACK
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
         +1s => > BYE; Ended Expired
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

/// RFC 4028 9: who asks for none may still be given one.
#[test]
fn who_dials_us_without_a_session_timer_is_refreshed_by_us() {
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    script.manners.session_expires = Some(Duration::from_secs(1_800));
    script.check(
        "< INVITE => > 100 INVITE; Incoming +12025550199 sdp
         manners =>
         answer => > 200 INVITE
         < ACK => Confirmed
         +900s => > INVITE
         < 200 sdp => > ACK
         close => > BYE
         < 200 BYE => Ended Closed",
    );
    let answered = script
        .answered(200)
        .header(&Name::SessionExpires)
        .map(|value| value.text());
    assert_eq!(answered.as_deref(), Some("1800;refresher=uas"));
    assert!(!script.answered(200).has_token(&Name::Require, "timer"));
    script.check_quiet();
}

/// RFC 4028 7.3.
#[test]
fn a_session_interval_that_is_too_short_is_asked_for_again() {
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    script.manners.session_expires = Some(Duration::from_secs(1_800));
    script.check(
        "dial => > INVITE
         < 422 Min-SE=3600 => > ACK; > INVITE
         < 200 sdp Session-Expires=3600;refresher=uas => > ACK; Answered sdp",
    );
    let found = [Name::SessionExpires, Name::MinSe].map(|name| {
        script
            .last("INVITE")
            .header(&name)
            .map(|value| value.text())
            .unwrap_or_default()
    });
    assert_eq!(found, ["3600", "3600"]);
}

#[test]
fn a_422_that_cannot_be_met_fails_the_call() {
    let asks = |min_se: &str, outcome: &str| {
        let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
        script.manners.session_expires = Some(Duration::from_secs(1_800));
        script.check(&format!("dial => > INVITE\n< 422{min_se} => > ACK; {outcome}"));
    };
    asks("", "Failed 422 Reason");
    asks(" Min-SE=1800", "Failed 422 Reason");
    asks(" Min-SE=4000000000", "Failed 422 Reason");
    check("dial => > INVITE\n< 422 Min-SE=3600 => > ACK; Failed 422 Reason");
    // Always a little more: three times is enough.
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    script.manners.session_expires = Some(Duration::from_secs(1_800));
    script.check(
        "dial => > INVITE
         < 422 Min-SE=1801 => > ACK; > INVITE
         < 422 Min-SE=1802 => > ACK; > INVITE
         < 422 Min-SE=1803 => > ACK; > INVITE
         < 422 Min-SE=1804 => > ACK; Failed 422 Reason",
    );
}

#[test]
fn a_refresh_that_is_too_short_goes_again_and_one_by_update_that_is_not_taken_by_re_invite() {
    let up = "dial => > INVITE
         < 200 sdp Session-Expires=100;refresher=uac Allow=UPDATE => > ACK; Answered sdp
         +50s => > UPDATE";
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    script.check(&format!(
        "{up}
         < 422 UPDATE Min-SE=200 => > UPDATE
         < 200 UPDATE Session-Expires=200;refresher=uac =>
         +99s =>
         +1s => > UPDATE"
    ));
    let found = [Name::SessionExpires, Name::MinSe].map(|name| {
        script
            .last("UPDATE")
            .header(&name)
            .map(|value| value.text())
            .unwrap_or_default()
    });
    assert_eq!(found, ["200;refresher=uac", "200"]);
    check(&format!(
        "{up}
         < 405 UPDATE =>
         +5s => > INVITE
         < 200 sdp Session-Expires=100;refresher=uac => > ACK
         < BYE => > 200 BYE; Ended Bye"
    ));
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
