//! Campaigns, and the trunks, routes and numbers that they call by, as a file: read, compared with what is there, carried out, written.
//!
//! ```text
//!  file ─► document ─► wanted ─┐
//!                              ├─► plan ─► shown, or carried out through the API's own routes
//!  database ─────► current ────┘
//! ```
//! Things are known by name, never by id. See docs/AS_CODE.md.

mod carry_out;
mod current;
mod defaults;
mod document;
mod fault;
mod node;
mod plan;
mod show;
#[cfg(test)]
mod tests;
mod wanted;
mod write;

use std::path::Path;

pub(crate) use carry_out::carry_out;
use current::{Current, Whole};
pub(crate) use document::Prune;
pub(crate) use fault::Faults;
pub(crate) use plan::Plan;
use wanted::Wanted;
pub(crate) use write::{Exported, all, one};

use crate::privacy::Keys;
use crate::store::{Db, StoreError};

/// A file that was read, with all that it points at.
#[derive(Debug)]
pub(crate) struct Ready {
    file: String,
    wanted: Wanted,
}

/// What is there, and what is to be done about it.
#[derive(Debug)]
pub(crate) struct Compared {
    current: Current,
    /// What is to be done.
    pub(crate) plan: Plan,
}

/// Why nothing was compared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CompareError {
    /// The file names what is not there.
    #[error(transparent)]
    Faults(#[from] Faults),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads a file. `env` answers variables of the environment; `prune` is added to what the file says.
pub(crate) fn read(
    path: &Path,
    env: &dyn Fn(&str) -> Option<String>,
    prune: &[Prune],
) -> Result<Ready, Faults> {
    let mut wanted = wanted::read(path, env)?;
    wanted.document.prune.extend(prune);
    Ok(Ready {
        file: path.display().to_string(),
        wanted,
    })
}

/// Compares; without a database everything is new.
pub(crate) async fn compare(
    db: Option<&Db>,
    keys: Option<&Keys>,
    ready: &Ready,
) -> Result<Compared, CompareError> {
    let current = match db {
        Some(db) => current::load(db, keys, Whole::Named(&ready.wanted.document)).await?,
        None => Current::default(),
    };
    let plan = plan::plan(&ready.file, &current, &ready.wanted)?;
    Ok(Compared { current, plan })
}

impl Ready {
    /// Names of the campaigns that the file is about.
    pub(crate) fn campaigns(&self) -> impl Iterator<Item = &str> {
        self.wanted
            .document
            .campaigns
            .iter()
            .map(|c| c.item.name.as_str())
    }
}
