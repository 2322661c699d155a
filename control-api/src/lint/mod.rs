//! What is wrong with a campaign before a caller finds it out: prompts that never play, words nobody understands, offices that never open,
//! numbers and routes that are not there. Pure over a campaign with all that belongs to it; [`load`] reads that from the database.

mod keys;
mod lines;
mod prompts;
mod routes;
mod targets;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::Serialize;
use utoipa::ToSchema;

use crate::places::{self, Missing};
use crate::store::campaigns::{Campaign, CampaignStatus, SegmentBy};
use crate::store::numbers::Number;
use crate::store::prompts::{Prompt, Selection};
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
    /// Our numbers that it may call from.
    pub numbers: Vec<Number>,
    /// Every trunk.
    pub trunks: Vec<Trunk>,
    /// Every route.
    pub routes: Vec<Route>,
    /// What its look-up by location lacks.
    pub missing: Option<Missing>,
}

/// Reads a campaign with all that its calls depend on.
pub async fn load(db: &Db, has_geocoder: bool, campaign: Campaign) -> store::Result<Loaded> {
    let mut listed = Vec::new();
    for target in store::targets::of_campaign(db, &campaign.id).await? {
        let offices = store::targets::offices(db, &target.id).await?;
        listed.push((target, offices));
    }
    Ok(Loaded {
        targets: listed,
        selected: store::prompts::selected(db, &campaign.id).await?,
        numbers: store::numbers::for_campaign(db, &campaign.id).await?,
        trunks: store::trunks::all(db).await?,
        routes: store::routes::all(db).await?,
        missing: places::missing(db, has_geocoder, &campaign).await?,
        campaign,
    })
}

/// Everything that is wrong, errors first. An archived campaign calls nobody: nothing is wrong with it.
pub fn lint(loaded: &Loaded) -> Vec<Finding> {
    if loaded.campaign.status == CampaignStatus::Archived {
        return Vec::new();
    }
    let mut findings = Vec::new();
    targets::look(loaded, &mut findings);
    lines::look(loaded, &mut findings);
    prompts::look(loaded, &mut findings);
    keys::look(loaded, &mut findings);
    findings.sort_by_key(|finding| finding.severity);
    findings.truncate(MAX_FINDINGS);
    findings
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
