//! What is wrong with a campaign before a caller finds it out: prompts that never play, words nobody understands, offices that never open,
//! numbers and routes that are not there. Pure over a campaign with all that belongs to it; [`load`] reads that from the database.

mod keys;
mod lines;
mod prompts;
mod recordings;
mod routes;
mod targets;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use trunkline_prompts::key::PromptKey;
use utoipa::ToSchema;

use crate::audio_store::AudioStore;
use crate::places::{self, Missing};
use crate::runtime::App;
use crate::store::campaigns::{Campaign, CampaignStatus, SegmentBy};
use crate::store::numbers::Number;
use crate::store::prompts::{INSTALLATION, Prompt, Selection};
use crate::store::routes::Route;
use crate::store::targets::{Office, Target};
use crate::store::trunks::Trunk;
use crate::store::{self, Db};

/// Most findings of one campaign that are told; what is wrong a thousand times is wrong once.
pub const MAX_FINDINGS: usize = 200;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Calls fail, or reach nobody.
    Error,
    /// Callers hear or meet what was hardly meant.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        })
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Finding {
    /// `error` or `warning`
    pub severity: Severity,
    /// Stable, for programs: `unreachable-prompt`, `no-route`, …
    #[schema(example = "unreachable-prompt")]
    pub code: &'static str,
    /// What it is about: a prompt's or a target's key, a number, a setting.
    #[schema(example = "msg_location")]
    pub key: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub todo: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}: {}", self.severity, self.key, self.what, self.todo)
    }
}

/// A campaign and all that its calls depend on.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The campaign.
    pub campaign: Campaign,
    /// Its own list, in order, with every office.
    pub targets: Vec<(Target, Vec<Office>)>,
    /// What it and the installation have selected.
    pub selected: Vec<(Selection, Prompt)>,
    /// Hashes of recordings among these that are not kept any more.
    pub gone: BTreeSet<String>,
    /// Our numbers that it may call from.
    pub numbers: Vec<Number>,
    /// Every trunk.
    pub trunks: Vec<Trunk>,
    /// Every route.
    pub routes: Vec<Route>,
    /// What its look-up by location lacks.
    pub missing: Option<Missing>,
}

/// Reads a campaign with all that its calls depend on. Without `audio` no recording is looked for.
pub async fn load(
    db: &Db,
    audio: Option<&AudioStore>,
    has_geocoder: bool,
    campaign: Campaign,
) -> store::Result<Loaded> {
    let mut listed = Vec::new();
    for target in store::targets::of_campaign(db, &campaign.id).await? {
        let offices = store::targets::offices(db, &target.id).await?;
        listed.push((target, offices));
    }
    let selected = store::prompts::selected(db, &campaign.id).await?;
    Ok(Loaded {
        targets: listed,
        gone: gone(audio, &selected).await,
        selected,
        numbers: store::numbers::for_campaign(db, &campaign.id).await?,
        trunks: store::trunks::all(db).await?,
        routes: store::routes::all(db).await?,
        missing: places::missing(db, has_geocoder, &campaign).await?,
        campaign,
    })
}

/// The same as the running program has it.
pub(crate) async fn of_app(app: &App, campaign: Campaign) -> store::Result<Loaded> {
    let has_geocoder = app.config().geocoder.url.is_some();
    load(app.db(), Some(app.script().audio()), has_geocoder, campaign).await
}

/// What looks at one subject.
type Look = fn(&Loaded, &mut Vec<Finding>);

/// Everything that is wrong, errors first. An archived campaign calls nobody: nothing is wrong with it.
pub fn lint(loaded: &Loaded) -> Vec<Finding> {
    let all: [Look; 5] = [
        targets::look,
        lines::look,
        prompts::look,
        recordings::look,
        keys::look,
    ];
    found(loaded, &all)
}

/// What callers hear, alone and more closely.
pub fn script(loaded: &Loaded) -> Vec<Finding> {
    let all: [Look; 4] = [prompts::look, recordings::look, recordings::voices, keys::look];
    found(loaded, &all)
}

/// What is wrong with the installation's own versions, which every campaign hears that selects none itself.
pub async fn defaults(db: &Db, audio: Option<&AudioStore>) -> store::Result<Vec<Finding>> {
    let selected = store::prompts::selected(db, INSTALLATION).await?;
    let gone = gone(audio, &selected).await;
    let mut findings = Vec::new();
    for (selection, prompt) in &selected {
        if let Ok(key) = PromptKey::parse(&selection.key) {
            findings.extend(prompts::unusable(key, prompt));
            recordings::version(key, prompt, &gone, &mut findings);
        }
    }
    Ok(told(findings))
}

/// Recordings of these that are not kept any more.
async fn gone(audio: Option<&AudioStore>, selected: &[(Selection, Prompt)]) -> BTreeSet<String> {
    let recordings = selected
        .iter()
        .filter_map(|(_, prompt)| prompt.audio_hash.clone());
    match audio {
        Some(audio) => audio.missing(recordings.collect()).await,
        None => BTreeSet::new(),
    }
}

fn found(loaded: &Loaded, looks: &[Look]) -> Vec<Finding> {
    if loaded.campaign.status == CampaignStatus::Archived {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for look in looks {
        look(loaded, &mut findings);
    }
    told(findings)
}

/// Errors first, and no more than are read.
fn told(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by_key(|finding| finding.severity);
    findings.truncate(MAX_FINDINGS);
    findings
}

/// Why no caller of the campaign ever hears a key; none when callers may.
pub(crate) fn never_plays(loaded: &Loaded, key: PromptKey) -> Option<&'static str> {
    prompts::never_plays(loaded, key).map(|(why, _)| why)
}

impl Loaded {
    /// Whether callers hear from the campaign's own list alone.
    fn has_own_list_alone(&self) -> bool {
        match self.campaign.segment_by {
            SegmentBy::Custom => true,
            SegmentBy::Location => {
                !self.targets.is_empty() && self.campaign.settings.include_special.is_none()
            }
        }
    }
}

fn error(
    code: &'static str,
    key: impl Into<String>,
    what: impl Into<String>,
    todo: impl Into<String>,
) -> Finding {
    Finding {
        severity: Severity::Error,
        code,
        key: key.into(),
        what: what.into(),
        todo: todo.into(),
    }
}

fn warning(
    code: &'static str,
    key: impl Into<String>,
    what: impl Into<String>,
    todo: impl Into<String>,
) -> Finding {
    Finding {
        severity: Severity::Warning,
        ..error(code, key, what, todo)
    }
}
