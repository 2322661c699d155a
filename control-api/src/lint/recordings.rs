//! How the script sounds: prompts that nobody listens to until their end, recordings that are not there, a voice that is another's in
//! between.

use std::collections::BTreeSet;

use trunkline_prompts::key::PromptKey;

use super::prompts::{never_plays, plays, version_name};
use super::{Finding, Loaded, error, warning};
use crate::campaign::Chosen;
use crate::store::prompts::Prompt;

/// Longest greeting, in seconds: callers have not said yet that they are there.
const MAX_INTRO_SECONDS: i64 = 60;
/// Longest of any other prompt.
const MAX_SECONDS: i64 = 120;
/// How fast a text is spoken, for a length that is about right: 150 words a minute of six characters each.
const CHARS_A_SECOND: usize = 15;

/// Heard by daily callers, of whom most campaigns have none.
const DAILY: [PromptKey; 3] = [
    PromptKey::AlterSchedule,
    PromptKey::ScheduleStart,
    PromptKey::ScheduleStop,
];

pub(super) fn look(loaded: &Loaded, findings: &mut Vec<Finding>) {
    for (key, chosen) in heard(loaded) {
        if let Chosen::Version(prompt) = chosen {
            version(key, prompt, &loaded.gone, findings);
        }
    }
}

/// What callers may hear.
fn heard(loaded: &Loaded) -> impl Iterator<Item = (PromptKey, Chosen<'_>)> {
    let may = |key: &PromptKey| never_plays(loaded, *key).is_none();
    PromptKey::ALL
        .into_iter()
        .filter(may)
        .map(|key| (key, plays(loaded, key)))
}

/// One version by itself.
pub(super) fn version(key: PromptKey, prompt: &Prompt, gone: &BTreeSet<String>, findings: &mut Vec<Finding>) {
    length(key, prompt, findings);
    if prompt.audio_hash.as_ref().is_some_and(|hash| gone.contains(hash)) {
        findings.push(error(
            "recording-gone",
            version_name(prompt),
            format!(
                "callers do not hear it: the file of version {} is not kept here any more",
                prompt.version
            ),
            "upload it again, or select another version",
        ));
    }
}

fn length(key: PromptKey, prompt: &Prompt, findings: &mut Vec<Finding>) {
    let limit = match key {
        PromptKey::Intro | PromptKey::IntroLocation => MAX_INTRO_SECONDS,
        PromptKey::IntroConfirm
        | PromptKey::Location
        | PromptKey::InvalidLocation
        | PromptKey::UnparsedLocation
        | PromptKey::PromptSchedule
        | PromptKey::AlterSchedule
        | PromptKey::ScheduleStart
        | PromptKey::ScheduleStop
        | PromptKey::CallBlockIntro
        | PromptKey::TargetIntro
        | PromptKey::TargetBusy
        | PromptKey::BetweenCalls
        | PromptKey::FinalThanks
        | PromptKey::Goodbye
        | PromptKey::CampaignComplete
        | PromptKey::CampaignPaused => MAX_SECONDS,
    };
    let (about, seconds) = match (prompt.duration_ms, &prompt.text) {
        (Some(ms), _) => ("", ms / 1_000),
        (None, Some(text)) => ("about ", spoken_seconds(text)),
        (None, None) => return,
    };
    if seconds > limit {
        findings.push(warning(
            "too-long",
            version_name(prompt),
            format!("it takes {about}{seconds} s, and callers hang up before its end"),
            format!("say it in {limit} s"),
        ));
    }
}

/// Without its variables and sections' marks; of two sections only one is said, so this is more often too much than too little.
fn spoken_seconds(text: &str) -> i64 {
    let mut chars = 0;
    for (place, part) in text.split("{{").enumerate() {
        let said = match part.split_once("}}") {
            Some((_, said)) if place > 0 => said,
            Some(_) | None => part,
        };
        chars += said.chars().count();
    }
    i64::try_from(chars / CHARS_A_SECOND).unwrap_or(i64::MAX)
}

/// A campaign that has lent its script a voice is heard in a machine's where it said nothing. Prompts with variables cannot be recorded.
pub(super) fn voices(loaded: &Loaded, findings: &mut Vec<Finding>) {
    let recorded = |chosen: &Chosen<'_>| match chosen {
        Chosen::Version(prompt) => prompt.audio_hash.is_some() && prompt.campaign_id == loaded.campaign.id,
        Chosen::Default(..) => false,
    };
    if !heard(loaded).any(|(_, chosen)| recorded(&chosen)) {
        return;
    }
    let missing: Vec<&str> = heard(loaded)
        .filter(|(key, chosen)| key.variables().is_empty() && matches!(chosen, Chosen::Default(..)))
        .filter(|(key, _)| !DAILY.contains(key) || loaded.campaign.settings.prompt_schedule)
        .map(|(key, _)| key.as_str())
        .collect();
    if !missing.is_empty() {
        findings.push(warning(
            "missing-key",
            "prompts",
            format!(
                "callers hear a recorded voice, and a machine's for {}",
                missing.join(", ")
            ),
            "record them too, or write them as texts",
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::script;
    use super::super::tests::{check, sound};
    use super::*;

    /// A recording of a campaign's own.
    fn record(loaded: &mut Loaded, key: PromptKey, seconds: i64) {
        loaded.say(key, "en", "");
        let (_, prompt) = loaded.selected.last_mut().expect("said");
        prompt.text = None;
        prompt.audio_hash = Some(key.as_str().to_owned());
        prompt.duration_ms = Some(seconds * 1_000);
    }

    fn record_all(loaded: &mut Loaded) {
        for key in PromptKey::ALL {
            if never_plays(loaded, key).is_none() && key.variables().is_empty() {
                record(loaded, key, 5);
            }
        }
    }

    #[test]
    fn a_prompt_that_nobody_listens_to() {
        check(
            |l| {
                record_all(l);
                record(l, PromptKey::Intro, 61);
            },
            &[
                "too-long warning msg_intro en: it takes 61 s, and callers hang up before its end: say it in 60 s",
            ],
        );
        check(
            |l| {
                record_all(l);
                record(l, PromptKey::Intro, 60);
            },
            &[],
        );
        check(
            |l| {
                let text = format!("{}{{{{! a remark }}}}", "x".repeat(2_000));
                l.say(PromptKey::Goodbye, "en", &text);
            },
            &[
                "too-long warning msg_goodbye en: it takes about 133 s, and callers hang up before its end: say it in 120 s",
            ],
        );
        check(|l| l.say(PromptKey::Goodbye, "en", &"x".repeat(1_800)), &[]);
    }

    #[test]
    fn a_recording_whose_file_is_gone() {
        check(record_all, &[]);
        check(
            |l| {
                record_all(l);
                l.gone.insert("msg_goodbye".to_owned());
            },
            &[
                "recording-gone error msg_goodbye en: callers do not hear it: the file of version 1 is not kept here any more: \
                 upload it again, or select another version",
            ],
        );
    }

    #[test]
    fn a_recorded_voice_with_a_machine_s_in_between() {
        let check = |change: fn(&mut Loaded), expect: &[&str]| {
            let mut loaded = sound();
            change(&mut loaded);
            let found: Vec<String> = script(&loaded).iter().map(ToString::to_string).collect();
            let whole = |keys: &&str| {
                format!(
                    "warning prompts: callers hear a recorded voice, and a machine's for {keys}: \
                     record them too, or write them as texts"
                )
            };
            assert_eq!(found, expect.iter().map(whole).collect::<Vec<_>>());
        };
        check(|_| {}, &[]);
        check(
            |l| record(l, PromptKey::Intro, 5),
            &["msg_intro_confirm, msg_final_thanks, msg_goodbye"],
        );
        check(record_all, &[]);
        check(
            |l| {
                record_all(l);
                l.selected.retain(|(selection, _)| selection.key != "msg_goodbye");
            },
            &["msg_goodbye"],
        );
        // A text of its own was wanted so.
        check(
            |l| {
                record_all(l);
                l.say(PromptKey::Goodbye, "en", "Bye.");
            },
            &[],
        );
    }
}
