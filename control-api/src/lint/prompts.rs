//! What callers hear: versions that never play, languages and variables that are missing.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use trunkline_prompts::key::PromptKey;
use trunkline_prompts::template::{self, TemplateError};

use super::{Finding, Loaded, error, warning};
use crate::campaign::{Chosen, chosen, keyed_location};
use crate::store::campaigns::{CampaignStatus, SegmentBy};
use crate::store::prompts::{INSTALLATION, Prompt};
use crate::store::targets::Target;

/// Targets that a finding names before it only counts them.
const NAMED: usize = 3;

pub(super) fn look(loaded: &Loaded, findings: &mut Vec<Finding>) {
    unreachable(loaded, findings);
    for key in PromptKey::ALL {
        if never_plays(loaded, key).is_none() {
            language(loaded, key, findings);
            if let Chosen::Version(prompt) = plays(loaded, key) {
                variables(loaded, key, prompt, findings);
            }
        }
    }
    if loaded.campaign.status == CampaignStatus::Live
        && matches!(plays(loaded, PromptKey::Intro), Chosen::Default(..))
    {
        findings.push(warning(
            "no-own-intro",
            PromptKey::Intro.as_str(),
            "the campaign is live, and greets its callers with our own text, which does not say what it is about",
            "give it a text or a recording",
        ));
    }
}

/// What plays for a key in the campaign's language.
pub(super) fn plays(loaded: &Loaded, key: PromptKey) -> Chosen<'_> {
    let campaign = &loaded.campaign;
    chosen(&loaded.selected, &campaign.id, &campaign.language, key)
}

fn unreachable(loaded: &Loaded, findings: &mut Vec<Finding>) {
    let campaign = &loaded.campaign;
    let own = loaded
        .selected
        .iter()
        .filter(|(selection, _)| selection.campaign_id == campaign.id);
    for (selection, prompt) in own {
        let Ok(key) = PromptKey::parse(&selection.key) else {
            continue;
        };
        let name = format!("{} {}", selection.key, selection.language);
        if let Some((why, todo)) = never_plays(loaded, key) {
            findings.push(warning(
                "unreachable-prompt",
                name,
                format!("it never plays: {why}"),
                todo,
            ));
            continue;
        }
        let heard = matches!(plays(loaded, key), Chosen::Version(plays) if plays.id == prompt.id);
        if !heard {
            findings.push(warning(
                "unreachable-prompt",
                name,
                format!(
                    "it never plays: the campaign speaks {}, which has a nearer text",
                    campaign.language
                ),
                "select it for the campaign's language, or set language",
            ));
        }
    }
}

/// Why no caller ever hears a key, and what would change that.
pub(super) fn never_plays(loaded: &Loaded, key: PromptKey) -> Option<(&'static str, &'static str)> {
    let campaign = &loaded.campaign;
    let own_alone = loaded.has_own_list_alone();
    match key {
        PromptKey::IntroLocation | PromptKey::Location | PromptKey::UnparsedLocation => {
            let asks = keyed_location(campaign).is_some() && !own_alone;
            (!asks).then_some((
                "callers are not asked to key a location",
                "set segment_by location and locate_by postal (country us or ca), or take the prompt away",
            ))
        }
        PromptKey::InvalidLocation => (own_alone && !loaded.targets.is_empty()).then_some((
            "the campaign calls its own list, wherever the caller is",
            "set segment_by location, or take the prompt away",
        )),
        PromptKey::PromptSchedule => (!campaign.settings.prompt_schedule).then_some((
            "daily calls are not offered",
            "set prompt_schedule, or take the prompt away",
        )),
        PromptKey::BetweenCalls => {
            let one_listed = campaign.segment_by == SegmentBy::Custom && loaded.targets.len() == 1;
            let one = one_listed || campaign.settings.call_maximum == Some(1);
            one.then_some((
                "a session has one call",
                "list more targets, raise call_maximum, or take the prompt away",
            ))
        }
        PromptKey::CampaignComplete | PromptKey::CampaignPaused => {
            let dialled = loaded
                .numbers
                .iter()
                .any(|number| number.campaign_id.as_deref() == Some(campaign.id.as_str()));
            (!dialled).then_some((
                "nobody can dial the campaign: it has no number of its own",
                "give it a number, or take the prompt away",
            ))
        }
        PromptKey::Intro
        | PromptKey::IntroConfirm
        | PromptKey::AlterSchedule
        | PromptKey::ScheduleStart
        | PromptKey::ScheduleStop
        | PromptKey::CallBlockIntro
        | PromptKey::TargetIntro
        | PromptKey::TargetBusy
        | PromptKey::FinalThanks
        | PromptKey::Goodbye => None,
    }
}

/// Callers of a campaign in a language that nobody wrote a text in hear English.
fn language(loaded: &Loaded, key: PromptKey, findings: &mut Vec<Finding>) {
    let wanted = base(&loaded.campaign.language);
    let (found, selected) = match plays(loaded, key) {
        Chosen::Default(_, language) => (base(language), false),
        Chosen::Version(prompt) => {
            let for_it = loaded.selected.iter().any(|(selection, _)| {
                selection.prompt_id == prompt.id
                    && selection.key == key.as_str()
                    && base(&selection.language) == wanted
            });
            (base(&prompt.language), for_it)
        }
    };
    if !selected && found != wanted {
        findings.push(warning(
            "missing-language",
            key.as_str(),
            format!(
                "there is no text in {}: callers hear it in {found}",
                loaded.campaign.language
            ),
            format!("give it a text or a recording in {}", loaded.campaign.language),
        ));
    }
}

/// `es` of `es-MX`.
fn base(language: &str) -> String {
    let base = language.split(['-', '_']).next().unwrap_or_default();
    base.to_ascii_lowercase()
}

fn variables(loaded: &Loaded, key: PromptKey, prompt: &Prompt, findings: &mut Vec<Finding>) {
    if prompt.audio_hash.is_some() {
        return;
    }
    if let Some(finding) = unusable(key, prompt) {
        findings.push(finding);
        return;
    }
    let name = version_name(prompt);
    let text = prompt.text.as_deref().unwrap_or_default();
    let mut lacking: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    match key {
        PromptKey::IntroLocation => {
            let organization = ("organization", loaded.campaign.settings.organization.as_str());
            for variable in empty_ones(text, values(&[organization])) {
                lacking.entry(variable).or_default();
            }
        }
        PromptKey::TargetIntro | PromptKey::TargetBusy => {
            for (target, _) in &loaded.targets {
                for variable in empty_ones(text, of_target(target)) {
                    lacking.entry(variable).or_default().push(&target.key);
                }
            }
        }
        PromptKey::Intro
        | PromptKey::IntroConfirm
        | PromptKey::Location
        | PromptKey::InvalidLocation
        | PromptKey::UnparsedLocation
        | PromptKey::PromptSchedule
        | PromptKey::AlterSchedule
        | PromptKey::ScheduleStart
        | PromptKey::ScheduleStop
        | PromptKey::CallBlockIntro
        | PromptKey::BetweenCalls
        | PromptKey::FinalThanks
        | PromptKey::Goodbye
        | PromptKey::CampaignComplete
        | PromptKey::CampaignPaused => {}
    }
    for (variable, targets) in lacking {
        findings.push(missing(&name, &variable, &targets));
    }
}

/// A version that cannot be spoken.
pub(super) fn unusable(key: PromptKey, prompt: &Prompt) -> Option<Finding> {
    if prompt.audio_hash.is_some() {
        return None;
    }
    let Some(text) = &prompt.text else {
        return Some(error(
            "unusable-prompt",
            version_name(prompt),
            "the version has neither a text nor a recording: callers hear a tone",
            "select another version",
        ));
    };
    let problem = template::check(key, text).err()?;
    Some(error(
        "unknown-variable",
        version_name(prompt),
        format!("callers hear a tone instead of it: {problem}"),
        "mend the text",
    ))
}

fn missing(name: &str, variable: &str, targets: &[&str]) -> Finding {
    let whose = match targets {
        [] => "the campaign has none".to_owned(),
        few if few.len() <= NAMED => format!("{} has none", few.join(", ")),
        many => format!(
            "{} and {} more have none",
            many[..NAMED].join(", "),
            many.len() - NAMED
        ),
    };
    warning(
        "missing-variable",
        name,
        format!("it says {{{{{variable}}}}}, and {whose}"),
        format!("fill it in, or write {{{{#{variable}}}}}…{{{{/{variable}}}}} around the words that need it"),
    )
}

/// As it is named in lists: whose version, key, language.
pub(super) fn version_name(prompt: &Prompt) -> String {
    let whose = match prompt.campaign_id.as_str() {
        INSTALLATION => "installation's ",
        _ => "",
    };
    format!("{whose}{} {}", prompt.key, prompt.language)
}

fn of_target(target: &Target) -> Map<String, Value> {
    let mut values = values(&[
        ("title", &target.title),
        ("name", &target.name),
        ("location", &target.location),
        ("district", &target.district),
    ]);
    values.insert("office_type".to_owned(), json!("main"));
    values
}

/// Those that say something.
fn values(pairs: &[(&str, &str)]) -> Map<String, Value> {
    let said = pairs.iter().filter(|(_, value)| !value.trim().is_empty());
    said.map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect()
}

/// Variables that the text says outside of a section, and that have no value.
fn empty_ones(text: &str, mut values: Map<String, Value>) -> Vec<String> {
    let mut empty = Vec::new();
    while let Err(TemplateError::NoValue { name }) = template::render(text, &Value::Object(values.clone())) {
        values.insert(name.clone(), json!("…"));
        empty.push(name);
    }
    empty
}
