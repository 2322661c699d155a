//! What came of an import: how much of each kind was there, is new, was here already; and what came differently or not at all, each with
//! why and what to do about it.

use std::fmt::Write as _;

use serde::Serialize;

/// Most examples of one note.
const MAX_WHICH: usize = 20;

/// The report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Report {
    /// Nothing was written.
    dry_run: bool,
    /// In the order in which it was brought.
    carried: Vec<Carried>,
    /// Grouped by what to do.
    notes: Vec<Note>,
}

/// How much of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Carried {
    /// `campaigns`
    kind: &'static str,
    /// Rows there.
    found: u64,
    /// Brought by this run.
    new: u64,
    /// Here before.
    there: u64,
}

/// Something that did not come, or not as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Note {
    kind: &'static str,
    /// It came, but not as it was.
    carried: bool,
    /// How many of them.
    count: u64,
    /// Some of them by name.
    which: Vec<String>,
    why: String,
    what_to_do: String,
}

impl Report {
    pub(super) fn new(dry_run: bool) -> Report {
        Report {
            dry_run,
            carried: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Rows there.
    pub(super) fn found(&mut self, kind: &'static str, rows: usize) {
        self.of(kind).found += u64::try_from(rows).unwrap_or(u64::MAX);
    }

    /// Brought by this run.
    pub(super) fn new_ones(&mut self, kind: &'static str, rows: u64) {
        self.of(kind).new += rows;
    }

    /// Here before.
    pub(super) fn there(&mut self, kind: &'static str, rows: u64) {
        self.of(kind).there += rows;
    }

    /// Not brought.
    pub(super) fn lost(
        &mut self,
        kind: &'static str,
        which: impl Into<String>,
        why: impl Into<String>,
        what_to_do: &str,
    ) {
        self.note(kind, false, which.into(), why.into(), what_to_do);
    }

    /// Brought, but not as it was.
    pub(super) fn changed(
        &mut self,
        kind: &'static str,
        which: impl Into<String>,
        why: impl Into<String>,
        what_to_do: &str,
    ) {
        self.note(kind, true, which.into(), why.into(), what_to_do);
    }

    fn note(&mut self, kind: &'static str, carried: bool, which: String, why: String, what_to_do: &str) {
        let same = |note: &&mut Note| {
            note.kind == kind && note.carried == carried && note.why == why && note.what_to_do == what_to_do
        };
        let note = match self.notes.iter_mut().find(same) {
            Some(note) => note,
            None => {
                self.notes.push(Note {
                    kind,
                    carried,
                    count: 0,
                    which: Vec::new(),
                    why,
                    what_to_do: what_to_do.to_owned(),
                });
                match self.notes.last_mut() {
                    Some(note) => note,
                    None => return,
                }
            }
        };
        note.count += 1;
        if note.which.len() < MAX_WHICH {
            note.which.push(which);
        }
    }

    fn of(&mut self, kind: &'static str) -> &mut Carried {
        let at = match self.carried.iter().position(|carried| carried.kind == kind) {
            Some(at) => at,
            None => {
                self.carried.push(Carried {
                    kind,
                    ..Carried::default()
                });
                self.carried.len() - 1
            }
        };
        &mut self.carried[at]
    }

    /// For people: a line a kind, then a line a note.
    pub(crate) fn text(&self) -> String {
        let mut out = match self.dry_run {
            true => "would be carried (nothing was written):\n".to_owned(),
            false => "carried:\n".to_owned(),
        };
        for Carried {
            kind,
            found,
            new,
            there,
        } in &self.carried
        {
            let left = found.saturating_sub(new + there);
            // Writing to a String does not fail.
            let _ = writeln!(
                out,
                "  {kind:<12} {new} new, {there} here before, {left} left, of {found}"
            );
        }
        for (carried, head) in [(true, "carried, but not as it was:"), (false, "not carried:")] {
            let notes: Vec<&Note> = self.notes.iter().filter(|note| note.carried == carried).collect();
            if notes.is_empty() {
                continue;
            }
            let _ = writeln!(out, "{head}");
            for note in notes {
                let more = note.count - u64::try_from(note.which.len()).unwrap_or(0);
                let more = if more > 0 {
                    format!(", and {more} more")
                } else {
                    String::new()
                };
                let _ = writeln!(
                    out,
                    "  {} ({}): {}{more}\n      why: {}\n      what to do: {}",
                    note.kind,
                    note.count,
                    note.which.join(", "),
                    note.why,
                    note.what_to_do
                );
            }
        }
        out
    }

    #[cfg(test)]
    pub(super) fn counts(&self) -> Vec<String> {
        let line = |c: &Carried| format!("{} {}+{} of {}", c.kind, c.new, c.there, c.found);
        self.carried.iter().map(line).collect()
    }

    #[cfg(test)]
    pub(super) fn says(&self, kind: &str, why: &str) -> bool {
        self.notes
            .iter()
            .any(|note| note.kind == kind && note.why.contains(why))
    }
}
