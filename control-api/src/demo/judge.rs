//! What must be true when the calls are over, each with a line that says so.

use std::collections::BTreeSet;

use serde_json::Value;
use trunkline_gateway::carrier::voice::{CALLER_HZ, target_hz};
use trunkline_media::tone::{heard_ms, power};

use super::cast::OFFICES;
use super::story::Story;
use super::{Demo, Facts, Say};

/// Peak of a tone (of 32,767) from which on it counts as heard.
const LEVEL: f64 = 1_500.0;
/// So much of a tone must be heard, in milliseconds.
const TONE_MS: u64 = 1_000;
/// So much speech must be heard besides, in milliseconds.
const SPEECH_MS: u64 = 4_000;

/// Checks everything; answers how much was wrong.
pub(super) fn judge(demo: &Demo, facts: &Facts, story: &Story, say: Say<'_>) -> anyhow::Result<usize> {
    let mut faults = 0;
    for (right, what) in [
        callers_hear(demo, facts),
        target_hears(demo, facts),
        star_stays_with_us(facts),
        prompts_are_heard(demo, facts),
        one_record_a_leg(facts, story),
        sessions_complete(demo, facts),
        calls_end_as_they_should(demo, facts),
    ] {
        faults += usize::from(!right);
        say(&format!("  {:<6} {what}", if right { "ok" } else { "WRONG" }))?;
    }
    Ok(faults)
}

fn callers_hear(demo: &Demo, facts: &Facts) -> (bool, String) {
    let hz = target_hz(0);
    let least = facts
        .callers
        .iter()
        .map(|pcm| heard_ms(pcm, hz, LEVEL))
        .min()
        .unwrap_or_default();
    let right = facts.callers.len() == demo.calls && least >= TONE_MS;
    (
        right,
        format!(
            "the caller hears the first office: {:.1} s of its {hz:.0} Hz",
            seconds(least)
        ),
    )
}

fn target_hears(demo: &Demo, facts: &Facts) -> (bool, String) {
    let least = facts
        .targets
        .iter()
        .map(|(pcm, _)| heard_ms(pcm, CALLER_HZ, LEVEL))
        .min()
        .unwrap_or_default();
    let right = facts.targets.len() == demo.calls && least >= TONE_MS;
    (
        right,
        format!(
            "the first office hears the caller: {:.1} s of {CALLER_HZ:.0} Hz",
            seconds(least)
        ),
    )
}

fn star_stays_with_us(facts: &Facts) -> (bool, String) {
    let keys: usize = facts.targets.iter().map(|(_, keys)| keys).sum();
    (
        keys == 0,
        format!("the caller's * is not passed on to an office: {keys} keys came there"),
    )
}

fn prompts_are_heard(demo: &Demo, facts: &Facts) -> (bool, String) {
    let loud = |pcm: &Vec<i16>| 20 * pcm.chunks(160).filter(|f| power(f) > 200.0 * 200.0).count() as u64;
    let spoken = |pcm: &Vec<i16>| loud(pcm).saturating_sub(2 * heard_ms(pcm, target_hz(0), LEVEL));
    let least = facts.callers.iter().map(spoken).min().unwrap_or_default();
    let right = facts.callers.len() == demo.calls && least >= SPEECH_MS;
    (
        right,
        format!(
            "the caller hears the campaign's prompts: {:.1} s of speech",
            seconds(least)
        ),
    )
}

fn one_record_a_leg(facts: &Facts, story: &Story) -> (bool, String) {
    let records: Vec<&str> = facts.cdrs.iter().filter_map(|c| c["id"].as_str()).collect();
    let distinct: BTreeSet<&str> = records.iter().copied().collect();
    let right = records.len() == distinct.len() && story.leg_ids().all(|leg| distinct.contains(leg));
    let right = right && records.len() == story.legs() && facts.cdrs_csv.lines().count() == records.len() + 1;
    (
        right,
        format!(
            "one record a leg: {} legs, {} records",
            story.legs(),
            records.len()
        ),
    )
}

fn sessions_complete(demo: &Demo, facts: &Facts) -> (bool, String) {
    let complete = facts
        .sessions
        .iter()
        .filter(|s| s["status"] == "completed")
        .count();
    (
        complete == demo.calls,
        format!("every session is completed: {complete} of {}", demo.calls),
    )
}

fn calls_end_as_they_should(demo: &Demo, facts: &Facts) -> (bool, String) {
    let expected: Vec<(&str, &str)> = OFFICES.iter().map(|office| office.ends).collect();
    let right = facts.sessions.iter().filter(|session| {
        let calls: Vec<(&str, &str)> = session["calls"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|call| (word(&call["status"]), word(&call["outcome"])))
            .collect();
        calls == expected
    });
    let right = right.count();
    let words: Vec<String> = expected
        .iter()
        .map(|(status, outcome)| format!("{status}/{outcome}"))
        .collect();
    (
        right == demo.calls,
        format!("its calls ended {}: {right} of {}", words.join(", "), demo.calls),
    )
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn seconds(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}
