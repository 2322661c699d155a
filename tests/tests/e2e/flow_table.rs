//! The flow table of CAMPAIGNS.md 2, row by row: a sipp presses the keys, and what it hears is judged by its tones. On both databases.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use trunkline_media::tone;
use trunkline_tests::capture::{self, Capture};
use trunkline_tests::scenario::Scenario;
use trunkline_tests::sipp::{Setup, Sipp};
use trunkline_tests::stage::{CALLER, OURS, PROMPT_MS, PROMPTS, Plan, Stage, target_number, tone_of};
use trunkline_tests::world::{Database, World};

use super::{SESSION, SIPP, caller_who_begins, sipp, sipps, target_who_talks};

/// One row: who presses what, who answers, and what must have been heard.
struct Row {
    caller: Scenario,
    /// As many calls as it takes.
    target: Option<(Scenario, u32)>,
    targets: usize,
    /// Others than those that are all alike.
    list: Vec<Value>,
    campaign: Value,
    /// Prompts and how many times each is heard; none of the others is.
    hears: &'static [(&'static str, usize)],
    step: &'static str,
    /// Divisions and officials to be imported.
    places: Option<(&'static str, &'static str)>,
    calls: &'static [&'static str],
}

impl Row {
    fn of(caller: Scenario) -> Row {
        Row {
            caller,
            target: None,
            targets: 1,
            list: Vec::new(),
            campaign: json!({}),
            hears: &[],
            step: "",
            places: None,
            calls: &[],
        }
    }
}

/// Plays the row on both databases.
async fn check(row: impl Fn() -> Row) -> Result<()> {
    for database in Database::all() {
        let row = row();
        let world = World::with(&database).await?;
        if let Some((divisions, officials)) = row.places {
            world.import("divisions", divisions)?;
            world.import("officials", officials)?;
        }
        let capture = Capture::start(world.path(), "portrange 11000-31900")?;
        let mut caller = sipp(world.path(), &row.caller)?;
        let mut target = match &row.target {
            Some((scenario, calls)) => Some(sipps(world.path(), scenario, *calls)?),
            None => None,
        };
        let plan = Plan {
            callers: vec![caller.port],
            targets: target.iter().map(|t| t.port).collect(),
            // A list of one's own goes before a place's (CAMPAIGNS.md 4, include_special).
            list: row.list.clone(),
            count: if row.places.is_some() {
                0
            } else {
                row.targets.max(1)
            },
            campaign: row.campaign.clone(),
            ..Plan::default()
        };
        let stage = Stage::set(&world, &plan).await?;
        if row.targets == 0 {
            // Nobody is launched without targets; they may be taken away later.
            let path = format!("/v1/campaigns/{}/targets", stage.campaign);
            world.put(&path, json!({ "target_ids": [] })).await?;
        }
        let session = stage.call(CALLER).await?;
        let over = stage.over(&session, SESSION).await?;
        caller.finished(SIPP)?;
        if let Some(target) = &mut target {
            target.finished(SIPP)?;
        }
        heard(&capture::heard(&capture.stop()?, caller.media), row.hears)?;
        ensure!(over["step"] == row.step, "{over:#}");
        let calls = stage.calls(&session).await?;
        ensure!(calls == row.calls, "{calls:#?}");
    }
    Ok(())
}

/// Each prompt as often as it should be, by the length of its tone.
fn heard(pcm: &[i16], expected: &[(&str, usize)]) -> Result<()> {
    for (prompt, _) in PROMPTS {
        let ms = tone::heard_ms(pcm, tone_of(prompt), 0.5);
        let times = (usize::try_from(ms)? + PROMPT_MS / 2) / PROMPT_MS;
        let wanted = expected
            .iter()
            .find(|(key, _)| *key == prompt)
            .map_or(0, |(_, n)| *n);
        ensure!(
            times == wanted,
            "{prompt} was heard for {ms} ms: {times} times, not {wanted}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn confirm_silence_asks_once_more_and_says_goodbye() -> Result<()> {
    check(|| Row {
        campaign: json!({ "timers": { "confirm_ms": 1_000 } }),
        hears: &[("msg_intro", 1), ("msg_intro_confirm", 2), ("msg_goodbye", 1)],
        step: "confirm",
        ..Row::of(Scenario::answering("caller").ringing().answer().bye_in())
    })
    .await
}

#[tokio::test]
async fn confirm_takes_a_digit_and_no_pound() -> Result<()> {
    check(|| Row {
        target: Some((target_who_talks(300), 1)),
        hears: &[
            ("msg_intro", 1),
            ("msg_intro_confirm", 1),
            ("msg_call_block_intro", 1),
            ("msg_target_intro", 1),
            ("msg_final_thanks", 1),
        ],
        step: "done 1",
        calls: &["completed talked"],
        ..Row::of(
            Scenario::answering("caller")
                .ringing()
                .answer()
                .pause(1_200)
                .keys("#")
                .pause(700)
                .keys("5")
                .bye_in(),
        )
    })
    .await
}

#[tokio::test]
async fn confirm_is_cut_off_by_a_key() -> Result<()> {
    check(|| Row {
        // A key in the middle of msg_intro: the rest of it, and msg_intro_confirm, are not heard.
        target: Some((target_who_talks(300), 1)),
        campaign: json!({}),
        hears: &[
            ("msg_call_block_intro", 1),
            ("msg_target_intro", 1),
            ("msg_final_thanks", 1),
        ],
        step: "done 1",
        calls: &["completed talked"],
        ..Row::of(
            Scenario::answering("caller")
                .ringing()
                .answer()
                .pause(20)
                .keys("*")
                .bye_in(),
        )
    })
    .await
}

pub(super) const DIVISIONS: &str = "id,name,postal_codes\n\
    ocd-division/country:us/state:ky/place:oak_grove,Oak Grove,42223\n";
pub(super) const OFFICIALS: &str = "key,division,role,name,title,phone\n\
    custom:mayor,ocd-division/country:us/state:ky/place:oak_grove,local,Ada Vance,Mayor,+13035550110\n";

/// A campaign that asks for a ZIP.
fn asks(caller: Scenario) -> Row {
    Row {
        campaign: json!({
            "type": "local", "segment_by": "location", "locate_by": "postal", "timers": { "locate_ms": 1_000 },
        }),
        places: Some((DIVISIONS, OFFICIALS)),
        ..Row::of(caller)
    }
}

pub(super) fn keyed(mut caller: Scenario, keys: &str) -> Scenario {
    for key in keys.chars() {
        caller = caller.keys(&key.to_string()).pause(200);
    }
    caller
}

fn answers() -> Scenario {
    Scenario::answering("caller").ringing().answer().pause(1_000)
}

#[tokio::test]
async fn locate_finds_whoever_speaks_for_the_place_that_is_keyed() -> Result<()> {
    check(|| Row {
        target: Some((target_who_talks(300), 1)),
        hears: &[
            ("msg_intro_location", 1),
            ("msg_location", 1),
            ("msg_call_block_intro", 1),
            ("msg_target_intro", 1),
            ("msg_final_thanks", 1),
        ],
        step: "done 1",
        calls: &["completed talked"],
        ..asks(keyed(answers(), "42223").bye_in())
    })
    .await
}

#[tokio::test]
async fn locate_asks_three_times_for_a_place_that_is_not_known() -> Result<()> {
    check(|| {
        let mut caller = answers();
        for _ in 0..2 {
            caller = keyed(caller, "99999").pause(1_100);
        }
        caller = keyed(caller, "99999");
        Row {
            hears: &[
                ("msg_intro_location", 1),
                ("msg_location", 3),
                ("msg_invalid_location", 3),
                ("msg_goodbye", 1),
            ],
            step: "locate",
            ..asks(caller.bye_in())
        }
    })
    .await
}

#[tokio::test]
async fn locate_silence_asks_once_more_and_says_goodbye() -> Result<()> {
    check(|| Row {
        hears: &[
            ("msg_intro_location", 1),
            ("msg_location", 2),
            ("msg_unparsed_location", 1),
            ("msg_goodbye", 1),
        ],
        step: "locate",
        ..asks(answers().bye_in())
    })
    .await
}

const RIDINGS: &str = "id,name,postal_codes\nocd-division/country:ca/ed:1-2023,East,K1A0B1\n";
const MEMBERS: &str = "key,division,role,name,title,chamber,phone\n\
    ca:e,ocd-division/country:ca/ed:1-2023,parliament,Lea Roy,Member,lower,+13035550110\n";

/// K1A 0B1 with one press a letter.
#[tokio::test]
async fn locate_takes_a_canadian_code_on_the_keypad() -> Result<()> {
    check(|| Row {
        target: Some((target_who_talks(300), 1)),
        campaign: json!({
            "type": "parliament", "country": "ca", "segment_by": "location", "locate_by": "postal",
            "allowed_countries": ["us"],
        }),
        places: Some((RIDINGS, MEMBERS)),
        hears: &[
            ("msg_intro_location", 1),
            ("msg_location", 1),
            ("msg_call_block_intro", 1),
            ("msg_target_intro", 1),
            ("msg_final_thanks", 1),
        ],
        step: "done 1",
        calls: &["completed talked"],
        ..Row::of(keyed(answers(), "512021#").bye_in())
    })
    .await
}

#[tokio::test]
async fn schedule_silence_goes_on_to_the_calls() -> Result<()> {
    check(|| Row {
        target: Some((target_who_talks(300), 1)),
        campaign: json!({ "prompt_schedule": true, "timers": { "schedule_ms": 500 } }),
        hears: &[
            ("msg_intro", 1),
            ("msg_intro_confirm", 1),
            ("msg_prompt_schedule", 1),
            ("msg_call_block_intro", 1),
            ("msg_target_intro", 1),
            ("msg_final_thanks", 1),
        ],
        step: "done 1",
        calls: &["completed talked"],
        ..Row::of(caller_who_begins().bye_in())
    })
    .await
}

#[tokio::test]
async fn calls_without_a_target_are_told_so() -> Result<()> {
    check(|| Row {
        targets: 0,
        hears: &[
            ("msg_intro", 1),
            ("msg_intro_confirm", 1),
            ("msg_invalid_location", 1),
        ],
        step: "calls",
        ..Row::of(caller_who_begins().bye_in())
    })
    .await
}

#[tokio::test]
async fn calls_to_nobody_with_a_number_are_told_so() -> Result<()> {
    check(|| Row {
        list: vec![json!({ "name": "Nobody", "title": "Senator" })],
        hears: &[
            ("msg_intro", 1),
            ("msg_intro_confirm", 1),
            ("msg_invalid_location", 1),
        ],
        step: "calls",
        ..Row::of(caller_who_begins().bye_in())
    })
    .await
}

#[tokio::test]
async fn a_target_without_a_number_is_passed_over() -> Result<()> {
    check(|| Row {
        target: Some((target_who_talks(300), 1)),
        list: vec![
            json!({ "name": "Nobody", "title": "Senator" }),
            json!({ "name": "Somebody", "title": "Senator", "phone": target_number(0) }),
        ],
        hears: &[
            ("msg_intro", 1),
            ("msg_intro_confirm", 1),
            ("msg_call_block_intro", 1),
            ("msg_target_intro", 1),
            ("msg_final_thanks", 1),
        ],
        step: "done 2",
        calls: &["completed talked"],
        ..Row::of(caller_who_begins().bye_in())
    })
    .await
}

#[tokio::test]
async fn done_goes_on_to_the_next_target_and_thanks_after_the_last() -> Result<()> {
    check(|| Row {
        target: Some((target_who_talks(300), 2)),
        targets: 2,
        hears: &[
            ("msg_intro", 1),
            ("msg_intro_confirm", 1),
            ("msg_call_block_intro", 1),
            ("msg_target_intro", 2),
            ("msg_between_calls", 1),
            ("msg_final_thanks", 1),
        ],
        step: "done 2",
        calls: &["completed talked", "completed talked"],
        ..Row::of(caller_who_begins().bye_in())
    })
    .await
}

#[tokio::test]
async fn done_says_that_a_target_is_busy_and_call_maximum_cuts() -> Result<()> {
    check(|| Row {
        target: Some((Scenario::answering("target").reject("486 Busy Here", ""), 2)),
        targets: 5,
        campaign: json!({ "call_maximum": 2 }),
        hears: &[
            ("msg_intro", 1),
            ("msg_intro_confirm", 1),
            ("msg_call_block_intro", 1),
            ("msg_target_intro", 2),
            ("msg_target_busy", 2),
            ("msg_between_calls", 1),
            ("msg_final_thanks", 1),
        ],
        step: "done 2",
        calls: &["busy busy", "busy busy"],
        ..Row::of(caller_who_begins().bye_in())
    })
    .await
}

#[tokio::test]
async fn talking_has_a_limit() -> Result<()> {
    check(|| Row {
        target: Some((Scenario::answering("target").ringing().answer().bye_in(), 1)),
        campaign: json!({ "timers": { "talk_ms": 1_000 } }),
        hears: &[
            ("msg_intro", 1),
            ("msg_intro_confirm", 1),
            ("msg_call_block_intro", 1),
            ("msg_target_intro", 1),
            ("msg_final_thanks", 1),
        ],
        step: "done 1",
        calls: &["completed talked"],
        ..Row::of(caller_who_begins().bye_in())
    })
    .await
}

/// Whoever dials the number of a campaign that is not live hears why, and is hung up.
#[tokio::test]
async fn inbound_to_a_campaign_that_is_paused_or_archived() -> Result<()> {
    for database in Database::all() {
        for (action, prompt) in [
            ("pause", "msg_campaign_paused"),
            ("archive", "msg_campaign_complete"),
        ] {
            let world = World::with(&database).await?;
            let capture = Capture::start(world.path(), "portrange 11000-31900")?;
            let plan = Plan {
                callers: vec![9],
                ..Plan::default()
            };
            let stage = Stage::set(&world, &plan).await?;
            let path = format!("/v1/campaigns/{}/{action}", stage.campaign);
            world.post(&path, json!({})).await?;
            let caller = Scenario::calling("dials", OURS, "+12025550123")
                .expect_response(200, &[180, 183])
                .ack_out()
                .bye_in();
            let file = caller.write(world.path())?;
            let there = format!("127.0.0.1:{}", world.sip);
            let setup = Setup {
                name: "dials",
                scenario: &file,
                args: &[&there],
                ..Setup::default()
            };
            let mut caller = Sipp::start(world.path(), &setup)?;
            caller.finished(SIPP)?;
            let pcm = capture::heard(&capture.stop()?, caller.media);
            heard(&pcm, &[(prompt, 1)])?;
        }
    }
    Ok(())
}
