//! A call as text: an event a line, and under it, indented, what the flow does. Running the events must give the same text.

use trunkline_gateway::flow::{LegOutcome, Timer};
use trunkline_media::dtmf::Digit;

use super::*;

/// Runs the lines that are not indented and compares all of it. The last line is the step that the session came to.
#[track_caller]
pub(super) fn check(plan: FlowPlan, script: &str) {
    let mut flow = CampaignFlow::new(plan);
    let mut text = String::new();
    let lines: Vec<&str> = script.lines().filter(|l| !l.trim().is_empty()).collect();
    let margin = lines.first().map_or(0, |l| l.len() - l.trim_start().len());
    let lines: Vec<&str> = lines.iter().map(|l| &l[margin..]).collect();
    for line in lines
        .iter()
        .filter(|l| !l.starts_with(' ') && !l.starts_with("step "))
    {
        text += &format!("{line}\n");
        for action in flow.on(event(line)) {
            text += &format!("    {}\n", in_words(&action));
        }
    }
    text += &format!("step {}\n", flow.step());
    let expect = lines.join("\n") + "\n";
    assert!(text == expect, "expected:\n{expect}\ngot:\n{text}");
}

fn event(line: &str) -> FlowEvent {
    let words: Vec<&str> = line.split(' ').collect();
    let call = |n: usize| call_id(words[n].parse::<usize>().expect("a number from 1") - 1);
    match words[0] {
        "start" => FlowEvent::Start,
        "answered" => FlowEvent::CallerAnswered,
        "failed" => FlowEvent::CallerFailed(leg_outcome(words[1])),
        "hung-up" => FlowEvent::CallerHungUp,
        "key" => FlowEvent::Digit(Digit::from_char(words[1].chars().next().expect("a key")).expect("a key")),
        "played" => FlowEvent::PlayDone,
        "time" => FlowEvent::TimerFired(match words[1] {
            "input" => Timer::Input,
            "talk" => Timer::Talk,
            "ring" => Timer::Ring,
            "pause" => Timer::Pause,
            other => panic!("no timer {other}"),
        }),
        "target-rings" => FlowEvent::TargetRinging(call(1)),
        "target-answers" => FlowEvent::TargetAnswered(call(1)),
        "target-retried" => FlowEvent::TargetRetried(call(1)),
        "target-ended" => FlowEvent::TargetEnded(call(1), leg_outcome(words[2])),
        "office-full" => FlowEvent::OfficeFull(call(1)),
        "located" => FlowEvent::Located((line != "located nowhere").then(|| targets(&words[1..].join(" ")))),
        other => panic!("no event {other}"),
    }
}

fn leg_outcome(word: &str) -> LegOutcome {
    serde_json::from_value(word.into()).expect("an outcome")
}

fn in_words(action: &Action) -> String {
    let number = |id: &trunkline_gateway::ids::CallId| id.0.as_u128();
    match action {
        Action::RingCaller { ring } => format!("ring caller {}s", ring.as_secs()),
        Action::AnswerCaller => "answer caller".into(),
        Action::Play(clips) => format!("play {}", clips.join(" ")),
        Action::StopPlay => "stop playing".into(),
        Action::StartTimer(timer, after) => format!("start {timer:?} {}s", after.as_secs()),
        Action::CancelTimer(timer) => format!("cancel {timer:?}"),
        Action::DialTarget {
            call,
            index,
            key,
            office,
            caller_proved,
            ring,
        } => {
            let shows = if *caller_proved { "caller" } else { "campaign" };
            let (call, ring) = (number(call), ring.as_secs());
            format!(
                "dial {call}: [{index}] {key} {}, shows {shows}, {ring}s",
                office.uid
            )
        }
        Action::Bridge(call) => format!("bridge {}", number(call)),
        Action::SendDigits(call, digits) => {
            let keys: String = digits.iter().map(|d| d.as_char()).collect();
            format!("send {keys} to {}", number(call))
        }
        Action::SendCallerDigits(_) | Action::HoldCaller(_) => "nothing that a campaign does".to_owned(),
        Action::DropTarget(call) => format!("drop {}", number(call)),
        Action::CallDone {
            call,
            index,
            status,
            outcome,
        } => {
            let word =
                |v: Result<serde_json::Value, _>| v.expect("a word").as_str().expect("text").to_owned();
            let status = word(serde_json::to_value(status));
            let outcome = word(serde_json::to_value(outcome));
            format!("row {}: [{index}] {status}, {outcome}", number(call))
        }
        Action::TargetSkipped { index } => format!("no number [{index}]"),
        Action::Locate(keys) => format!("locate {keys}"),
        Action::Subscribe(on) => format!("subscribe {on}"),
        Action::HangUp(status) => {
            format!(
                "hang up, {}",
                serde_json::to_value(status)
                    .expect("a word")
                    .as_str()
                    .expect("text")
            )
        }
    }
}
