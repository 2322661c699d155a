//! Transcripts from the first target on: talking, skipping, busy, other offices, extensions, the end.

use super::transcript::check;
use super::*;

/// The lines up to the dialling of the first target, for a plan whose caller is proved by a key.
const TO_FIRST_TARGET: &str = "
        start
            ring caller 60s
        answered
            play msg_intro msg_intro_confirm
        key *
            stop playing
            play msg_call_block_intro
        played
            play msg_target_intro#1
        played
            dial 1: [0] custom:0 office 0, shows caller, 60s";

#[track_caller]
fn check_from_first_target(words: &str, rest: &str) {
    check(plan(words), &format!("{TO_FIRST_TARGET}{rest}"));
}

#[test]
fn two_targets_talk_one_hangs_up_and_one_is_skipped() {
    check_from_first_target(
        "1 1",
        "
        target-rings 1
        target-answers 1
            bridge 1
            start Talk 3600s
        key 5
        target-ended 1 hung_up
            cancel Talk
            row 1: [0] completed, talked
            play msg_between_calls#1
        played
            play msg_target_intro#2
        played
            dial 2: [1] custom:1 office 0, shows caller, 60s
        target-answers 2
            bridge 2
            start Talk 3600s
        key *
            cancel Talk
            drop 2
        key *
        target-ended 2 dropped
            row 2: [1] completed, skipped
            play msg_final_thanks
        played
            hang up, completed
        step done 2
        ",
    );
}

#[test]
fn a_star_cancels_a_target_that_still_rings() {
    check_from_first_target(
        "1",
        "
        target-rings 1
        key *
            drop 1
        target-ended 1 canceled
            row 1: [0] canceled, skipped
            play msg_final_thanks
        step done 1
        ",
    );
}

#[test]
fn an_answer_that_crosses_the_cancel_counts_as_answered() {
    check_from_first_target(
        "1",
        "
        key *
            drop 1
        target-answers 1
        target-ended 1 dropped
            row 1: [0] completed, skipped
            play msg_final_thanks
        step done 1
        ",
    );
}

#[test]
fn a_busy_target_is_told_of() {
    check_from_first_target(
        "1 1",
        "
        target-ended 1 busy
            row 1: [0] busy, busy
            play msg_target_busy#1 msg_between_calls#1
        played
            play msg_target_intro#2
        played
            dial 2: [1] custom:1 office 0, shows caller, 60s
        target-ended 2 busy
            row 2: [1] busy, busy
            play msg_target_busy#2 msg_final_thanks
        step done 2
        ",
    );
}

#[test]
fn a_full_office_comes_again_behind_the_others() {
    check_from_first_target(
        "1 1",
        "
        office-full 1
            play msg_target_intro#2
        played
            dial 2: [1] custom:1 office 0, shows caller, 60s
        target-ended 2 hung_up
            row 2: [1] completed, talked
            play msg_between_calls#1
        played
            play msg_target_intro#1
        played
            dial 1: [0] custom:0 office 0, shows caller, 60s
        target-ended 1 hung_up
            row 1: [0] completed, talked
            play msg_final_thanks
        step done 1
        ",
    );
}

#[test]
fn the_calls_left_are_counted_with_those_that_were_deferred() {
    check_from_first_target(
        "1 1 1",
        "
        office-full 1
            play msg_target_intro#2
        played
            dial 2: [1] custom:1 office 0, shows caller, 60s
        target-ended 2 busy
            row 2: [1] busy, busy
            play msg_target_busy#2 msg_between_calls#2
        played
            play msg_target_intro#3
        played
            dial 3: [2] custom:2 office 0, shows caller, 60s
        target-ended 3 hung_up
            row 3: [2] completed, talked
            play msg_between_calls#1
        played
            play msg_target_intro#1
        step target 1
        ",
    );
}

#[test]
fn a_full_office_is_busy_when_there_is_no_other_or_it_is_full_again() {
    check_from_first_target(
        "1",
        "
        office-full 1
            row 1: [0] busy, busy
            play msg_target_busy#1 msg_final_thanks
        step done 1
        ",
    );
    check_from_first_target(
        "1 1",
        "
        office-full 1
            play msg_target_intro#2
        played
            dial 2: [1] custom:1 office 0, shows caller, 60s
        office-full 2
            play msg_target_intro#1
        played
            dial 1: [0] custom:0 office 0, shows caller, 60s
        office-full 1
            row 1: [0] busy, busy
            play msg_target_busy#1 msg_between_calls#1
        played
            play msg_target_intro#2
        played
            dial 2: [1] custom:1 office 0, shows caller, 60s
        office-full 2
            row 2: [1] busy, busy
            play msg_target_busy#2 msg_final_thanks
        step done 2
        ",
    );
}

#[test]
fn a_full_office_gives_way_to_another_of_the_same_target() {
    check_from_first_target(
        "2",
        "
        office-full 1
            dial 1: [0] custom:0 office 1, shows caller, 60s
        office-full 1
            row 1: [0] busy, busy
            play msg_target_busy#1 msg_final_thanks
        step done 1
        ",
    );
}

#[test]
fn a_target_that_is_not_reached_has_its_status_and_outcome() {
    for (leg, row) in [
        ("no_answer", "no-answer, no_answer"),
        ("rejected", "failed, rejected"),
        ("unreachable", "failed, unreachable"),
    ] {
        check_from_first_target(
            "1",
            &format!(
                "
        target-ended 1 {leg}
            row 1: [0] {row}
            play msg_final_thanks
        step done 1
                "
            ),
        );
    }
}

#[test]
fn the_limits_end_the_target_leg_only() {
    check_from_first_target(
        "1 1",
        "
        target-answers 1
            bridge 1
            start Talk 3600s
        time talk
            cancel Talk
            drop 1
        target-ended 1 dropped
            row 1: [0] completed, talked
            play msg_between_calls#1
        played
            play msg_target_intro#2
        played
            dial 2: [1] custom:1 office 0, shows caller, 60s
        time ring
            drop 2
        target-ended 2 canceled
            row 2: [1] no-answer, no_answer
            play msg_final_thanks
        step done 2
        ",
    );
}

#[test]
fn media_that_stops_ends_a_call_that_was_talked() {
    check_from_first_target(
        "1",
        "
        target-answers 1
            bridge 1
            start Talk 3600s
        target-ended 1 lost
            cancel Talk
            row 1: [0] completed, talked
            play msg_final_thanks
        step done 1
        ",
    );
}

#[test]
fn the_caller_hangs_up_and_the_target_leg_goes_too() {
    check_from_first_target(
        "1 1",
        "
        hung-up
            drop 1
            row 1: [0] canceled, caller_hung_up
            hang up, completed
        target-ended 1 canceled
        step target 1
        ",
    );
    check_from_first_target(
        "1 1",
        "
        target-answers 1
            bridge 1
            start Talk 3600s
        hung-up
            cancel Talk
            drop 1
            row 1: [0] completed, caller_hung_up
            hang up, completed
        step talking 1
        ",
    );
    check_from_first_target(
        "1 1",
        "
        key *
            drop 1
        hung-up
            row 1: [0] canceled, skipped
            hang up, completed
        step target 1
        ",
    );
    check_from_first_target(
        "1 1",
        "
        target-ended 1 busy
            row 1: [0] busy, busy
            play msg_target_busy#1 msg_between_calls#1
        hung-up
            hang up, completed
        step done 1
        ",
    );
}

#[test]
fn other_offices_are_tried_within_the_same_call() {
    check_from_first_target(
        "3",
        "
        target-ended 1 busy
            dial 1: [0] custom:0 office 1, shows caller, 60s
        target-ended 1 no_answer
            dial 1: [0] custom:0 office 2, shows caller, 60s
        target-ended 1 unreachable
            row 1: [0] failed, unreachable
            play msg_final_thanks
        step done 1
        ",
    );
    check_from_first_target(
        "2",
        "
        target-ended 1 rejected
            row 1: [0] failed, rejected
            play msg_final_thanks
        step done 1
        ",
    );
}

#[test]
fn an_extension_is_sent_after_a_pause() {
    check_from_first_target(
        "1x12,,3",
        "
        target-answers 1
            bridge 1
            start Talk 3600s
            start Pause 1s
        time pause
            send 12 to 1
            start Pause 1s
        time pause
            start Pause 1s
        time pause
            send 3 to 1
        target-ended 1 hung_up
            cancel Talk
            row 1: [0] completed, talked
            play msg_final_thanks
        step done 1
        ",
    );
    check_from_first_target(
        "1x12",
        "
        target-answers 1
            bridge 1
            start Talk 3600s
            start Pause 1s
        key *
            cancel Talk
            cancel Pause
            drop 1
        step target 1
        ",
    );
}

/// Its leg carried no audio: the same office over another trunk, and the extension from its beginning.
#[test]
fn a_target_that_is_rung_again_is_greeted_again() {
    check_from_first_target(
        "1x12,3",
        "
        target-answers 1
            bridge 1
            start Talk 3600s
            start Pause 1s
        time pause
            send 12 to 1
            start Pause 1s
        target-retried 1
            cancel Talk
            cancel Pause
        target-rings 1
        target-answers 1
            bridge 1
            start Talk 3600s
            start Pause 1s
        time pause
            send 12 to 1
            start Pause 1s
        target-retried 1
            cancel Talk
            cancel Pause
        target-ended 1 unreachable
            row 1: [0] failed, unreachable
            play msg_final_thanks
        step done 1
        ",
    );
}

#[test]
fn targets_without_a_number_are_passed_over() {
    check(
        plan("0 1 0 0"),
        "
        start
            ring caller 60s
        answered
            play msg_intro msg_intro_confirm
        key 1
            stop playing
            play msg_call_block_intro
        played
            no number [0]
            play msg_target_intro#2
        played
            dial 2: [1] custom:1 office 0, shows caller, 60s
        target-ended 2 busy
            row 2: [1] busy, busy
            no number [2]
            no number [3]
            play msg_target_busy#2 msg_final_thanks
        played
            hang up, completed
        step done 2
        ",
    );
    check(
        plan("1 0 1"),
        &format!(
            "{TO_FIRST_TARGET}
        target-ended 1 no_answer
            row 1: [0] no-answer, no_answer
            play msg_between_calls#1
        played
            no number [1]
            play msg_target_intro#3
        step target 3
            "
        ),
    );
}

#[test]
fn without_a_target_there_is_only_a_word_about_the_location() {
    check(
        plan(""),
        "
        start
            ring caller 60s
        answered
            play msg_intro msg_intro_confirm
        key 1
            stop playing
            play msg_invalid_location
        played
            hang up, completed
        step calls
        ",
    );
    check(
        plan("0 0"),
        "
        start
            ring caller 60s
        answered
            play msg_intro msg_intro_confirm
        key 1
            stop playing
            no number [0]
            no number [1]
            play msg_invalid_location
        played
            hang up, completed
        step calls
        ",
    );
}

#[test]
fn the_list_is_cut() {
    let cut = FlowPlan {
        call_maximum: Some(1),
        ..plan("1 1 1")
    };
    check(
        cut,
        &format!(
            "{TO_FIRST_TARGET}
        target-ended 1 rejected
            row 1: [0] failed, rejected
            play msg_final_thanks
        step done 1
            "
        ),
    );
}

#[test]
fn a_caller_whom_nobody_vouches_for_is_not_shown() {
    for (proof, shows) in [(Proof::Never, "campaign"), (Proof::Given, "caller")] {
        let inbound = FlowPlan {
            entry: Entry::Inbound(Inbound::Live),
            proof,
            ..plan("1")
        };
        check(
            inbound,
            &format!(
                "
                start
                    answer caller
                answered
                    play msg_intro msg_intro_confirm
                key *
                    stop playing
                    play msg_call_block_intro
                played
                    play msg_target_intro#1
                played
                    dial 1: [0] custom:0 office 0, shows {shows}, 60s
                step target 1
                "
            ),
        );
    }
}

#[test]
fn what_belongs_to_another_call_changes_nothing() {
    check_from_first_target(
        "1 1",
        "
        target-answers 2
        target-ended 2 busy
        played
        time input
        located nowhere
        answered
        step target 1
        ",
    );
}
