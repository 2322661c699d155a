//! Moving in from CallPower: campaigns, targets, numbers, prompts, daily callers, blocklist, users and history, read from its database.
//!
//! ```text
//! CallPower's PostgreSQL ─(one moment, read only)─► store::callpower ─► here: mapped, checked ─► store ─► counters
//!                                                                          └─► report: what came, what did not, what to do
//! ```
//! A row's id here follows from its id there, so a second run adds what is new and changes nothing else.

mod campaigns;
pub(crate) mod embed;
mod history;
mod numbers;
mod people;
mod prompts;
mod report;
mod row;
mod schedules;
mod targets;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::PathBuf;

pub(crate) use report::Report;

use crate::audio_store::AudioStore;
use crate::clock::Clock;
use crate::privacy::{Keys, PrivacyError};
use crate::store::callpower::Source;
use crate::store::{Db, StoreError};

/// What the command line says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Distinguishes one installation of CallPower from another.
    pub(crate) source: String,
    /// Where its audio files lie.
    pub(crate) media: Option<PathBuf>,
    /// The trunk that its numbers come in on from now on.
    pub(crate) trunk: Option<String>,
    /// Daily callers are called by us from now on.
    pub(crate) daily_calls: bool,
    /// Write nothing.
    pub(crate) dry_run: bool,
    /// `[geocoder] url` is set.
    pub(crate) has_geocoder: bool,
}

/// Why an import ended early. What was written until then stays, and the next run goes on from there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    /// Either database.
    #[error("the import has stopped: {0}; what was brought until then stays, run it again")]
    Store(#[from] StoreError),
    /// Keys or passwords.
    #[error("the import has stopped: {0}")]
    Privacy(#[from] PrivacyError),
    /// No trunk goes by that name.
    #[error("there is no trunk {0:?}: GET /v1/trunks lists those there are")]
    Trunk(String),
}

/// A campaign that is here, as the rest of the import needs it.
#[derive(Clone, Debug)]
struct Moved {
    id: String,
    name: String,
    country: String,
    language: String,
    /// Asks callers where they are.
    is_located: bool,
    /// Brought by this run.
    is_new: bool,
}

/// One run.
struct Import<'a> {
    source: &'a mut Source,
    db: &'a Db,
    keys: &'a Keys,
    clock: &'a Clock,
    /// None on a dry run.
    files: Option<&'a AudioStore>,
    options: &'a Options,
    report: Report,
    /// By CallPower's id.
    campaigns: HashMap<i64, Moved>,
    /// Keys of targets, by CallPower's id.
    targets: HashMap<i64, String>,
}

/// What a run works with.
pub(crate) struct Tools<'a> {
    /// Ours.
    pub(crate) db: &'a Db,
    /// The installation's.
    pub(crate) keys: &'a Keys,
    /// Time.
    pub(crate) clock: &'a Clock,
    /// The folder of recordings; none on a dry run.
    pub(crate) files: Option<&'a AudioStore>,
}

/// Brings everything that can be brought, and tells what came of it.
pub(crate) async fn import(
    source: &mut Source,
    tools: &Tools<'_>,
    options: &Options,
) -> Result<Report, ImportError> {
    let mut import = Import {
        source,
        db: tools.db,
        keys: tools.keys,
        clock: tools.clock,
        files: tools.files,
        options,
        report: Report::new(options.dry_run),
        campaigns: HashMap::new(),
        targets: HashMap::new(),
    };
    import.bring_campaigns().await?;
    import.bring_targets().await?;
    import.bring_lists().await?;
    import.bring_numbers().await?;
    import.bring_prompts().await?;
    import.bring_schedules().await?;
    import.bring_blocklist().await?;
    import.bring_users().await?;
    import.bring_sessions().await?;
    import.bring_calls().await?;
    import.note_the_rest().await?;
    Ok(import.report)
}

impl Import<'_> {
    /// The id here of a row there. It begins with the row's time, as every id of ours does, and is the same in every run.
    fn id(&self, kind: &str, old: i64, at_ms: i64) -> String {
        row::id(&self.options.source, kind, old, at_ms)
    }

    fn writes(&self) -> bool {
        !self.options.dry_run
    }

    /// What has no place here at all.
    async fn note_the_rest(&mut self) -> Result<(), ImportError> {
        let synced = self.source.count("sync_campaign").await?;
        if synced > 0 {
            self.report.lost(
                "crm",
                format!("{synced} campaigns that CallPower sends to a CRM"),
                "what was sent until now is not known here",
                "set the CRM up anew for these campaigns before callers arrive",
            );
        }
        Ok(())
    }
}
