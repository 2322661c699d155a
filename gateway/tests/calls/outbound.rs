//! Calls that we make.

use crate::script::check;

#[test]
fn a_call_rings_is_answered_and_hung_up_by_us() {
    check(
        "dial => > INVITE
         < 100 => Trying
         < 180 => Progress 180
         < 183 sdp => Progress 183 sdp
         < 200 sdp => > ACK; Answered sdp
         < 200 sdp => > ACK
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
