//! One test a transcript.

use crate::script::check;

macro_rules! transcripts {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            check(stringify!($name));
        })*
    };
}

transcripts! {
    a_caller_who_declines
    a_caller_who_does_not_answer
    a_caller_who_falls_silent
    a_caller_who_hangs_up_after_the_last_target
    a_caller_who_hangs_up_while_talking
    a_caller_who_hangs_up_while_the_intro_plays
    a_caller_who_hangs_up_while_the_target_rings
    a_caller_who_is_busy
    a_caller_who_is_held
    a_caller_who_is_mute
    a_caller_who_is_not_shown
    a_caller_who_presses_nothing
    a_caller_whose_answer_crosses_the_cancel
    a_mute_target_on_the_last_trunk
    a_mute_target_that_is_kept
    a_mute_target_that_is_skipped
    a_mute_target_whose_next_trunk_is_busy
    a_port_that_cannot_be_bound
    a_session_that_is_too_long
    a_star_that_crosses_the_answer
    a_star_that_crosses_the_targets_bye
    a_star_while_the_target_rings
    a_star_without_a_bridge
    a_target_on_hold_may_be_silent
    a_target_that_falls_silent
    a_target_that_holds_at_once
    a_target_that_is_busy
    a_target_that_is_looked_for
    a_target_that_is_mute
    a_target_that_rings_out
    a_target_that_speaks_after_our_offer
    a_target_who_gets_no_ack
    a_target_with_an_extension
    a_target_with_early_media
    a_target_with_early_media_that_fails_over
    a_trunk_that_answers_late
    a_trunk_that_goes_down
    a_trunk_that_asks_for_a_pause
    a_trunk_that_is_full
    a_server_that_is_silent
    a_server_that_is_full
    a_server_that_goes_down
    a_trunk_that_is_silent
    a_trunk_that_is_slow_to_ring
    a_whole_campaign_call
    an_inbound_call
    an_inbound_call_that_is_cancelled
    an_inbound_call_that_is_not_to_be_shown
    an_inbound_call_that_nobody_accepts
    an_inbound_caller_who_withholds_the_number
    an_inbound_caller_whose_ack_is_lost
    both_trunks_are_silent
    drain
    hang_up_by_the_api_while_talking
    hang_up_by_the_api_while_the_caller_rings
    rest
    stop
    what_was_said_by_an_inbound_caller
    what_was_said_to_a_silent_trunk
    what_was_said_until_the_cancel
}
