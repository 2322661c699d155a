//! Calls that we make.

use trunkline_gateway::sip::api::Input;
use trunkline_gateway::sip::endpoint::{EndpointConfig, NotDialled};
use trunkline_gateway::sip::header::Name;
use trunkline_gateway::trunk::snapshot::Transport;

use crate::script::{Script, check, utf8};

#[test]
fn a_call_rings_is_answered_and_hung_up_by_us() {
    check(
        "dial => > INVITE
         < 100 => Trying
         < 180 => Progress 180
         < 183 sdp => Progress 183 sdp
         < 200 sdp => > ACK; Answered sdp
         < 200 sdp => > ACK; Answered again
         close => > BYE
         < 200 BYE => Ended Closed",
    );
}

#[test]
fn a_call_is_hung_up_by_them() {
    check(
        "dial => > INVITE
         < 200 sdp => > ACK; Answered sdp
         < BYE => > 200 BYE; Ended Bye",
    );
}

#[test]
fn a_refusal_keeps_its_phrase_cause_and_wait() {
    check(
        "dial => > INVITE
         < 100 => Trying
         < 603 Reason=Q.850;cause=21 Retry-After=17_(busy) => > ACK; Failed 603 Reason Q.850 21 after 17s
         < 603 => > ACK",
    );
}

#[test]
fn a_silent_trunk_is_passed_over_after_2_s_and_a_late_answer_ended() {
    check(
        "dial => > INVITE
         +500ms => > INVITE
         +1s => > INVITE
         +500ms => Failed NoTrying
         +3s =>
         < 200 => > ACK; > BYE
         < 200 => > ACK
         < 200 BYE =>",
    );
    check(
        "dial => > INVITE
         +2s => > INVITE; > INVITE; Failed NoTrying
         < 180 => > CANCEL
         < 200 CANCEL =>
         < 487 => > ACK",
    );
}

#[test]
fn the_last_trunk_is_given_all_the_time_there_is() {
    check(
        "dial the last trunk => > INVITE
         +2s => > INVITE; > INVITE
         +29s => > INVITE; > INVITE; > INVITE
         < 100 => Trying
         < 486 => > ACK; Failed 486 Reason",
    );
    check(
        "dial the last trunk => > INVITE
         +31s => > INVITE; > INVITE; > INVITE; > INVITE; > INVITE
         +1s => > INVITE; Failed NoTrying",
    );
}

#[test]
fn cancel_waits_for_a_provisional_and_copies_the_invite() {
    check(
        "dial => > INVITE
         close =>
         +500ms => > INVITE
         < 100 => > CANCEL
         < 200 CANCEL =>
         < 487 => > ACK; Failed Canceled",
    );
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    for event in ["dial", "< 180", "close"] {
        script.play(event);
    }
    let (invite, cancel) = (script.last("INVITE"), script.last("CANCEL"));
    assert_eq!(invite.request_uri(), cancel.request_uri());
    assert_eq!(invite.vias(), cancel.vias());
    assert_eq!((invite.from(), invite.to()), (cancel.from(), cancel.to()));
    assert_eq!(invite.cseq().number, cancel.cseq().number);
    assert_eq!(
        cancel.header(&Name::Reason).map(|r| r.text()).as_deref(),
        Some("Q.850;cause=16")
    );
}

/// OPERATIONS.md, "200 after CANCEL".
#[test]
fn a_200_that_crosses_cancel_gets_ack_and_bye() {
    check(
        "dial => > INVITE
         < 180 => Trying; Progress 180
         close => > CANCEL
         < 200 => > ACK; > BYE; Failed Canceled
         < 200 CANCEL =>
         < 200 => > ACK
         < 200 BYE =>",
    );
}

#[test]
fn a_cancel_that_is_never_answered_ends_all_the_same() {
    let cancels = ["> CANCEL"; 10].join("; ");
    check(&format!(
        "dial => > INVITE
         < 180 => Trying; Progress 180
         close => > CANCEL
         +32s => {cancels}; Failed Canceled"
    ));
}

#[test]
fn every_fork_is_acknowledged_and_the_extra_ones_ended() {
    check(
        "dial => > INVITE
         < 180 => Trying; Progress 180
         < 180 tag=b => Progress 180
         < 200 tag=b => > ACK; Answered
         < 200 => > ACK; > BYE
         < 200 tag=b => > ACK; Answered again
         < 200 => > ACK
         < 200 BYE =>
         < BYE stray => > 481 BYE
         close => > BYE
         < 200 BYE => Ended Closed",
    );
}

#[test]
fn a_2xx_without_contact_is_acknowledged_where_the_invite_went() {
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    script.check("dial => > INVITE\n< 200 anonymous => > ACK; Answered");
    let ack = script.last("ACK");
    assert_eq!(ack.request_uri(), script.last("INVITE").request_uri());
    assert_eq!(
        script.sent.last().map(|(path, _)| path.remote),
        Some(script.path.remote)
    );
    script.check("close => > BYE\n< 200 BYE => Ended Closed");
    script.check_quiet();
}

#[test]
fn record_route_is_turned_round_and_the_first_hop_gets_the_request() {
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    script.check(
        "dial => > INVITE
         < 200 Record-Route=<sip:198.51.100.9;lr>,<sip:198.51.100.8:5070;lr> => > ACK; Answered",
    );
    let ack = script.last("ACK");
    let routes: Vec<String> = ack.headers(&Name::Route).map(|route| route.text()).collect();
    assert_eq!(routes, ["<sip:198.51.100.8:5070;lr>", "<sip:198.51.100.9;lr>"]);
    assert_eq!(
        ack.request_uri().map(|uri| utf8(uri.as_bytes())).as_deref(),
        Some("sip:far-a@192.0.2.2:5060")
    );
    assert_eq!(
        script
            .sent
            .last()
            .map(|(path, _)| path.remote.to_string())
            .as_deref(),
        Some("198.51.100.8:5070")
    );
}

#[test]
fn the_ack_of_a_failure_is_of_its_transaction_and_that_of_a_2xx_is_not() {
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    script.check("dial => > INVITE\n< 486 => > ACK; Failed 486 Reason");
    assert_eq!(script.last("ACK").via(), script.last("INVITE").via());
    assert_eq!(script.last("ACK").to().tag(), Some(&b"a"[..]));
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    script.check("dial => > INVITE\n< 200 => > ACK; Answered");
    assert_ne!(script.last("ACK").via(), script.last("INVITE").via());
}

#[test]
fn a_reliable_183_is_acknowledged_once_by_prack() {
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    script.check(
        "dial => > INVITE
         < 183 sdp Require=100rel RSeq=41 => > PRACK; Trying; Progress 183 sdp
         < 183 sdp Require=100rel RSeq=41 =>
         < 200 PRACK =>
         < 180 Require=100rel RSeq=43 =>
         < 180 Require=100rel RSeq=42 => > PRACK; Progress 180
         < 200 PRACK =>
         < 200 => > ACK; Answered sdp",
    );
    let rack = script.last("PRACK").header(&Name::RAck).map(|value| value.text());
    assert_eq!(rack.as_deref(), Some("42 1 INVITE"));
    script.check("< BYE => > 200 BYE; Ended Bye");
    script.check_quiet();
}

#[test]
fn a_prack_that_is_lost_is_repeated() {
    check(
        "dial => > INVITE
         < 183 sdp Require=100rel RSeq=41 => > PRACK; Trying; Progress 183 sdp
         +500ms => > PRACK
         < 183 sdp Require=100rel RSeq=41 =>
         < 200 PRACK =>
         +4s =>
         < 200 => > ACK; Answered sdp
         < BYE => > 200 BYE; Ended Bye",
    );
}

#[test]
fn early_media_moves_by_update_after_a_reliable_answer() {
    check(
        "dial => > INVITE
         < 183 sdp Require=100rel RSeq=1 => > PRACK; Trying; Progress 183 sdp
         < 200 PRACK =>
         < UPDATE sdp => Modify sdp
         < UPDATE sdp => > 500 UPDATE
         accept => > 200 UPDATE
         < UPDATE sdp => Modify sdp
         refuse => > 488 UPDATE
         < UPDATE => > 200 UPDATE
         < 200 => > ACK; Answered
         < BYE => > 200 BYE; Ended Bye",
    );
}

#[test]
fn an_early_offer_that_comes_before_our_answer_is_told_491() {
    check(
        "dial => > INVITE
         < 183 sdp => Trying; Progress 183 sdp
         < UPDATE sdp => > 491 UPDATE
         < 200 sdp => > ACK; Answered sdp
         < BYE => > 200 BYE; Ended Bye",
    );
}

#[test]
fn an_early_offer_that_is_never_decided_ends_with_the_ringing() {
    let rings = "dial => > INVITE
         < 183 sdp Require=100rel RSeq=1 => > PRACK; Trying; Progress 183 sdp
         < 200 PRACK =>
         < UPDATE sdp => Modify sdp";
    check(&format!(
        "{rings}\n< 200 => > ACK; > 491 UPDATE; Answered sdp\naccept =>\n< BYE => > 200 BYE; Ended Bye"
    ));
    check(&format!(
        "{rings}\n< 486 => > ACK; > 487 UPDATE; Failed 486 Reason\naccept =>"
    ));
}

#[test]
fn it_rings_180_s_at_most() {
    check(
        "dial => > INVITE
         < 180 => Trying; Progress 180
         +180s => > CANCEL; Failed Timeout
         < 200 CANCEL =>
         < 487 => > ACK",
    );
}

#[test]
fn a_dead_transport_fails_the_call() {
    let mut script = Script::new(EndpointConfig::default(), Transport::Tcp);
    script.check("dial => > INVITE");
    script
        .endpoint
        .handle_input(script.now, Input::TransportFailed { path: script.path });
    script.check("+1s => Failed Transport");
    script.check_quiet();
}

#[test]
fn a_lost_bye_ends_the_leg_after_32_s() {
    let byes = ["> BYE"; 10].join("; ");
    check(&format!(
        "dial => > INVITE
         < 200 => > ACK; Answered
         close => > BYE
         +32s => {byes}; Ended Closed"
    ));
}

#[test]
fn byes_that_cross_end_it_once() {
    check(
        "dial => > INVITE
         < 200 => > ACK; Answered
         close => > BYE
         < BYE => > 200 BYE; Ended Closed
         < 200 BYE =>",
    );
}

#[test]
fn over_tcp_nothing_is_repeated() {
    let mut script = Script::new(EndpointConfig::default(), Transport::Tcp);
    script.check(
        "dial => > INVITE
         +1s =>
         < 100 => Trying
         < 200 => > ACK; Answered
         close => > BYE
         +5s =>
         < 200 BYE => Ended Closed",
    );
    script.check_quiet();
}

#[test]
fn an_order_that_would_leave_its_line_is_not_dialled() {
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    let good = script.dial();
    let evil = "sip:a@h\r\nEvil: 1".to_string();
    let orders = [
        trunkline_gateway::sip::api::Dial {
            request_uri: evil.clone(),
            ..good.clone()
        },
        trunkline_gateway::sip::api::Dial {
            from_uri: evil.clone(),
            ..good.clone()
        },
        trunkline_gateway::sip::api::Dial {
            to_uri: evil.clone(),
            ..good.clone()
        },
        trunkline_gateway::sip::api::Dial {
            contact: evil.clone(),
            ..good.clone()
        },
        trunkline_gateway::sip::api::Dial {
            headers: vec![("X".into(), "a\r\nEvil: 1".into())],
            ..good.clone()
        },
        trunkline_gateway::sip::api::Dial {
            headers: vec![("X: y\r\nEvil".into(), "1".into())],
            ..good.clone()
        },
    ];
    for order in orders {
        assert_eq!(
            script.endpoint.dial(script.now, order),
            Err(NotDialled::Malformed)
        );
    }
    assert!(script.endpoint.dial(script.now, good.clone()).is_ok());
    assert_eq!(
        script.endpoint.dial(script.now, good),
        Err(NotDialled::Malformed),
        "one leg, one call"
    );
}

#[test]
fn the_table_of_calls_is_bounded() {
    let config = EndpointConfig {
        max_calls: 1,
        ..EndpointConfig::default()
    };
    let mut script = Script::new(config, Transport::Udp);
    script.check("< INVITE => > 100 INVITE; Incoming +12025550199 sdp");
    let dial = script.dial();
    assert_eq!(script.endpoint.dial(script.now, dial), Err(NotDialled::Full));
}

#[test]
fn the_dialog_left_behind_by_a_dead_process_is_ended() {
    let mut script = Script::new(EndpointConfig::default(), Transport::Udp);
    let snapshot = trunkline_gateway::sip::api::DialogSnapshot {
        call_id: "c1".into(),
        local: "<sip:us@h>;tag=1".into(),
        remote: "<sip:them@h>;tag=2".into(),
        remote_target: "sip:them@192.0.2.2:5070".into(),
        route_set: vec!["<sip:192.0.2.3;lr>".into()],
        local_cseq: 5,
        transport: Transport::Udp,
        next_hop: script.path.remote,
    };
    script
        .endpoint
        .hang_up_orphan(script.now, script.path.local, &snapshot);
    script.play("+0s");
    let bye = script.last("BYE");
    assert!(bye.cseq().number > 5);
    assert_eq!(bye.to().tag(), Some(&b"2"[..]));
    assert_eq!(
        bye.header(&Name::Route).map(|route| route.text()).as_deref(),
        Some("<sip:192.0.2.3;lr>")
    );
    script.play("< 200 BYE");
}
