//! Prefixes and their time zones from a CSV file (`prefix,time_zone`), for countries and codes that the built-in table does not know.

use std::path::Path;

use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::store::{Db, StoreError, zones};

/// Most lines of a file.
const MAX_LINES: usize = 100_000;
/// Most digits of a prefix (E.164 has 15).
const MAX_DIGITS: usize = 15;

/// Why nothing was imported. One sentence that says where.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ZoneImportError {
    /// It cannot be read, or is no CSV of these columns.
    #[error("{0}; expected CSV with the columns prefix,time_zone")]
    File(#[from] csv::Error),
    /// A line is wrong.
    #[error("line {line}: {what}")]
    Line {
        /// From 1.
        line: u64,
        /// What.
        what: String,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    prefix: String,
    time_zone: String,
}

/// Puts the file's prefixes in place of all that were imported before; answers how many. A wrong line leaves everything as it was.
pub(crate) async fn import(db: &Db, path: &Path) -> Result<usize, ZoneImportError> {
    let read = read(csv::Reader::from_path(path)?)?;
    zones::replace(db, &read).await?;
    Ok(read.len())
}

fn read<R: std::io::Read>(mut reader: csv::Reader<R>) -> Result<Vec<(String, String)>, ZoneImportError> {
    let mut all = std::collections::BTreeMap::new();
    for row in reader.deserialize() {
        let row: Row = row?;
        let line = u64::try_from(all.len()).unwrap_or(u64::MAX) + 2;
        let wrong = |what: String| ZoneImportError::Line { line, what };
        let prefix = format!("+{}", row.prefix.trim().trim_start_matches('+'));
        let digits = prefix.len() - 1;
        if !(1..=MAX_DIGITS).contains(&digits) || !prefix[1..].bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong("expected a prefix as +1202".to_owned()));
        }
        let zone = row.time_zone.trim();
        if TimeZone::get(zone).is_err() {
            return Err(wrong(format!(
                "there is no time zone {zone:?}; expected one as America/Chicago"
            )));
        }
        if all.insert(prefix.clone(), zone.to_owned()).is_some() {
            return Err(wrong(format!("{prefix} stands there twice")));
        }
        if all.len() > MAX_LINES {
            return Err(wrong(format!("more than {MAX_LINES} lines")));
        }
    }
    Ok(all.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> String {
        match read(csv::Reader::from_reader(text.as_bytes())) {
            Ok(rows) => rows
                .iter()
                .map(|(prefix, zone)| format!("{prefix} {zone};"))
                .collect(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_file_is_taken_whole_or_not_at_all() {
        assert_eq!(
            check("prefix,time_zone\n+612,Australia/Sydney\n618,Australia/Perth\n"),
            "+612 Australia/Sydney;+618 Australia/Perth;"
        );
        assert_eq!(
            check("prefix,time_zone\n+61,Mars\n"),
            "line 2: there is no time zone \"Mars\"; expected one as America/Chicago"
        );
        assert_eq!(
            check("prefix,time_zone\n+61,UTC\n61,UTC\n"),
            "line 3: +61 stands there twice"
        );
        assert_eq!(
            check("prefix,time_zone\n+6x,UTC\n"),
            "line 2: expected a prefix as +1202"
        );
        assert_eq!(
            check("prefix,time_zone\n,UTC\n"),
            "line 2: expected a prefix as +1202"
        );
        assert!(check("code,zone\n1,UTC\n").contains("expected CSV with the columns prefix,time_zone"));
    }
}
