//! Importers of public data: each reads files into one batch of rows, or says which file and line is wrong, and changes nothing by itself.

mod batch;
mod congress;
mod hours;
mod opennorth;
mod openstates;
mod table;
mod us;

use std::path::{Path, PathBuf};

use crate::clock::Clock;
use crate::store::imports::{Batch, Counts, replace};
use crate::store::{Db, StoreError};

pub use congress::us_congress;
pub use opennorth::opennorth;
pub use openstates::openstates;
pub use table::{divisions, officials};

/// Largest file that is read.
const MAX_FILE_BYTES: u64 = 256 * 1024 * 1024;
/// Notes that are kept; what is beyond is only counted.
const MAX_NOTES: usize = 20;

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file is not there, too large or no text.
    #[error("{}: cannot be read: {reason}", file.display())]
    Unreadable {
        /// As given.
        file: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A line is not what it should be.
    #[error("{}:{line}: {what}", file.display())]
    Line {
        /// As given.
        file: PathBuf,
        /// From 1.
        line: u64,
        /// What is wrong, and what was expected.
        what: String,
    },
    /// The file holds nothing of what it should.
    #[error("{}: {what}", file.display())]
    Empty {
        /// As given.
        file: PathBuf,
        /// What is missing.
        what: String,
    },
}

/// What was read.
#[derive(Debug, Default)]
pub struct Import {
    /// The rows.
    pub batch: Batch,
    /// What was passed over and why, a line each.
    pub notes: Vec<String>,
    /// How many things were passed over.
    pub passed_over: usize,
}

impl Import {
    /// Puts it in place of what the same sources brought before.
    pub async fn store(&self, db: &Db, clock: &Clock) -> Result<Counts, StoreError> {
        replace(db, &self.batch, clock.now_ms()).await
    }

    fn note(&mut self, file: &Path, line: u64, what: &str) {
        self.passed_over += 1;
        if self.notes.len() < MAX_NOTES {
            self.notes.push(format!("{}:{line}: {what}", file.display()));
        }
    }
}

/// A whole file as text.
fn read(file: &Path) -> Result<String, ImportError> {
    let unreadable = |reason: String| ImportError::Unreadable {
        file: file.to_owned(),
        reason,
    };
    let size = std::fs::metadata(file)
        .map_err(|e| unreadable(e.to_string()))?
        .len();
    if size > MAX_FILE_BYTES {
        return Err(unreadable(format!("it is larger than {MAX_FILE_BYTES} bytes")));
    }
    std::fs::read_to_string(file).map_err(|e| unreadable(e.to_string()))
}

fn at(file: &Path, line: u64, what: impl Into<String>) -> ImportError {
    ImportError::Line {
        file: file.to_owned(),
        line,
        what: what.into(),
    }
}

/// A YAML document in its type; a wrong one with its line.
fn yaml<T: serde::de::DeserializeOwned>(file: &Path, text: &str) -> Result<T, ImportError> {
    serde_saphyr::from_str(text).map_err(|error| {
        let bare = error.without_snippet();
        let line = bare.location().map_or(1, |location| location.line());
        let said = bare.to_string();
        at(
            file,
            line,
            said.lines().next().unwrap_or("it is no YAML of this kind"),
        )
    })
}

#[cfg(test)]
mod tests;
