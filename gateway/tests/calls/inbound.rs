//! Calls that come in.

use trunkline_gateway::sip::endpoint::EndpointConfig;
use trunkline_gateway::trunk::snapshot::Transport;

use crate::script::{Script, check};

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
fn a_call_is_refused() {
    check(
        "< INVITE => > 100 INVITE; Incoming +12025550199 sdp
         reject 486 => > 486 INVITE
         +500ms => > 486 INVITE
         < ACK =>",
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
