//! Transcripts of the steps before the first target: ringing, inbound, confirm, locate, schedule.

use std::time::Duration;

use super::transcript::check;
use super::*;

#[test]
fn the_caller_cannot_be_reached() {
    for (outcome, status) in [
        ("busy", "busy"),
        ("no_answer", "no-answer"),
        ("unreachable", "failed"),
        ("rejected", "failed"),
        ("canceled", "canceled"),
        ("lost", "unknown"),
    ] {
        check(
            plan("1"),
            &format!(
                "
                start
                    ring caller 60s
                failed {outcome}
                    hang up, {status}
                step start
                "
            ),
        );
    }
}

#[test]
fn the_caller_hangs_up_while_the_prompt_asks_for_a_key() {
    check(
        plan("1"),
        "
        start
            ring caller 60s
        answered
            play msg_intro msg_intro_confirm
        hung-up
            hang up, completed
        step confirm
        ",
    );
}

#[test]
fn nobody_presses_a_key_so_voicemail_is_never_connected() {
    check(
        plan("1"),
        "
        start
            ring caller 60s
        answered
            play msg_intro msg_intro_confirm
        played
            start Input 10s
        time input
            play msg_intro_confirm
        played
            start Input 10s
        time input
            play msg_goodbye
        played
            hang up, completed
        step confirm
        ",
    );
}

#[test]
fn a_hash_or_a_letter_confirms_nothing() {
    check(
        plan("1"),
        "
        start
            ring caller 60s
        answered
            play msg_intro msg_intro_confirm
        key #
        key A
        played
            start Input 10s
        key #
        time input
            play msg_intro_confirm
        key 7
            stop playing
            play msg_call_block_intro
        step calls
        ",
    );
}

#[test]
fn a_key_cuts_the_prompt_off() {
    check(
        plan("1"),
        "
        start
            ring caller 60s
        answered
            play msg_intro msg_intro_confirm
        key *
            stop playing
            play msg_call_block_intro
        step calls
        ",
    );
}

#[test]
fn an_inbound_caller_is_answered_by_the_campaigns_status() {
    let inbound = |status| FlowPlan {
        entry: Entry::Inbound(status),
        ..plan("1")
    };
    check(
        inbound(Inbound::Live),
        "
        start
            answer caller
        answered
            play msg_intro msg_intro_confirm
        step confirm
        ",
    );
    for (status, prompt) in [
        (Inbound::Paused, "msg_campaign_paused"),
        (Inbound::Archived, "msg_campaign_complete"),
    ] {
        check(
            inbound(status),
            &format!(
                "
                start
                    answer caller
                answered
                    play {prompt}
                key *
                played
                    hang up, completed
                step inbound
                "
            ),
        );
    }
}

#[test]
fn an_inbound_caller_who_gives_up_before_the_answer() {
    let inbound = FlowPlan {
        entry: Entry::Inbound(Inbound::Live),
        ..plan("1")
    };
    check(
        inbound,
        "
        start
            answer caller
        hung-up
            hang up, canceled
        step start
        ",
    );
}

#[test]
fn a_location_is_keyed_and_found() {
    let locate = FlowPlan {
        locate: Some(LocateKeys::Digits(5)),
        intro_location: true,
        ..plan("")
    };
    check(
        locate,
        "
        start
            ring caller 60s
        answered
            play msg_intro_location msg_location
        key #
        key 4
            stop playing
            start Input 10s
        key 2
            start Input 10s
        key *
        key 2
            start Input 10s
        key 2
            start Input 10s
        key 3
            cancel Input
            locate 42223
        key 9
        located 1 1
            play msg_call_block_intro
        played
            play msg_target_intro#1
        played
            dial 1: [0] custom:0 office 0, shows caller, 60s
        step target 1
        ",
    );
}

#[test]
fn a_location_that_nobody_knows_is_asked_for_three_times() {
    let locate = FlowPlan {
        locate: Some(LocateKeys::Digits(5)),
        ..plan("")
    };
    check(
        locate,
        "
        start
            ring caller 60s
        answered
            play msg_intro msg_location
        key 1
            stop playing
            start Input 10s
        key #
            cancel Input
            locate 1
        located nowhere
            play msg_invalid_location msg_location
        key 2
            stop playing
            start Input 10s
        key #
            cancel Input
            locate 2
        located nowhere
            play msg_invalid_location msg_location
        key 3
            stop playing
            start Input 10s
        key #
            cancel Input
            locate 3
        located nowhere
            play msg_invalid_location msg_goodbye
        played
            hang up, completed
        step locate
        ",
    );
}

#[test]
fn silence_at_the_location_is_asked_once_more() {
    let locate = FlowPlan {
        locate: Some(LocateKeys::Digits(5)),
        ..plan("")
    };
    check(
        locate,
        "
        start
            ring caller 60s
        answered
            play msg_intro msg_location
        played
            start Input 10s
        key 1
            start Input 10s
        time input
            play msg_unparsed_location msg_location
        played
            start Input 10s
        time input
            play msg_goodbye
        played
            hang up, completed
        step locate
        ",
    );
}

#[test]
fn a_postal_code_on_the_keypad_ends_with_a_pause() {
    let locate = FlowPlan {
        locate: Some(LocateKeys::Keypad(20)),
        ..plan("")
    };
    check(
        locate,
        "
        start
            ring caller 60s
        answered
            play msg_intro msg_location
        key 5
            stop playing
            start Input 10s
        key 5
            start Input 10s
        time input
            locate 55
        located
            play msg_invalid_location
        played
            hang up, completed
        step calls
        ",
    );
}

#[test]
fn daily_calls_are_offered_once() {
    let offer = |subscribed| FlowPlan {
        schedule: Some(subscribed),
        ..plan("1")
    };
    check(
        offer(false),
        "
        start
            ring caller 60s
        answered
            play msg_intro msg_intro_confirm
        key *
            stop playing
            play msg_prompt_schedule
        key 1
            stop playing
            subscribe true
            play msg_schedule_start
        key 9
        played
            play msg_call_block_intro
        step calls
        ",
    );
    check(
        offer(true),
        "
        start
            ring caller 60s
        answered
            play msg_intro msg_intro_confirm
        key *
            stop playing
            play msg_alter_schedule
        played
            start Input 3s
        key 9
            cancel Input
            subscribe false
            play msg_schedule_stop
        played
            play msg_call_block_intro
        step calls
        ",
    );
    check(
        offer(true),
        "
        start
            ring caller 60s
        answered
            play msg_intro msg_intro_confirm
        key *
            stop playing
            play msg_alter_schedule
        played
            start Input 3s
        time input
            play msg_call_block_intro
        step calls
        ",
    );
}

#[test]
fn every_timer_is_a_setting() {
    let mut quick = plan("1");
    quick.timers = FlowTimers {
        caller_ring: Duration::from_secs(20),
        confirm: Duration::from_secs(4),
        ..FlowTimers::default()
    };
    check(
        quick,
        "
        start
            ring caller 20s
        answered
            play msg_intro msg_intro_confirm
        played
            start Input 4s
        step confirm
        ",
    );
}
