//! The sheet: one line an item, and what to do about those that did not pass.

use std::fmt;

use serde::Serialize;

/// How an item went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// As it should be.
    Pass,
    /// It works, or cannot be seen from here: somebody should look.
    Warn,
    /// Calls will not work.
    Fail,
    /// Not tried.
    Skipped,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verdict::Pass => "pass",
            Verdict::Warn => "WARN",
            Verdict::Fail => "FAIL",
            Verdict::Skipped => "-",
        })
    }
}

/// One item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Item {
    /// What was looked at: `registration`, `options`, `call`, `post_dial_delay`, `early_media`, `codec`, `audio`, `keys_out`, `keys_in`,
    /// `caller_id`, `hold`, `hang_up`, `calls_per_second`.
    pub(crate) item: &'static str,
    /// How it went.
    pub(crate) verdict: Verdict,
    /// What was found.
    pub(crate) found: String,
    /// What to do; empty when it passed.
    pub(crate) to_do: String,
}

impl Item {
    pub(super) fn pass(item: &'static str, found: impl Into<String>) -> Item {
        Item::new(item, Verdict::Pass, found, "")
    }

    pub(super) fn warn(item: &'static str, found: impl Into<String>, to_do: impl Into<String>) -> Item {
        Item::new(item, Verdict::Warn, found, to_do)
    }

    pub(super) fn fail(item: &'static str, found: impl Into<String>, to_do: impl Into<String>) -> Item {
        Item::new(item, Verdict::Fail, found, to_do)
    }

    pub(super) fn skipped(item: &'static str, found: impl Into<String>, to_do: impl Into<String>) -> Item {
        Item::new(item, Verdict::Skipped, found, to_do)
    }

    fn new(item: &'static str, verdict: Verdict, found: impl Into<String>, to_do: impl Into<String>) -> Item {
        Item {
            item,
            verdict,
            found: found.into(),
            to_do: to_do.into(),
        }
    }
}

/// All items, in the order in which they were tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Sheet {
    /// The trunk's name.
    pub(crate) trunk: String,
    /// The worst of all items.
    pub(crate) verdict: Verdict,
    /// What the tester should know about this run.
    pub(crate) notes: Vec<String>,
    /// Each item.
    pub(crate) items: Vec<Item>,
}

impl Sheet {
    pub(super) fn new(trunk: &str, notes: Vec<String>, items: Vec<Item>) -> Sheet {
        let any = |verdict| items.iter().any(|item| item.verdict == verdict);
        let verdict = [Verdict::Fail, Verdict::Warn].into_iter().find(|v| any(*v));
        Sheet {
            trunk: trunk.to_owned(),
            verdict: verdict.unwrap_or(Verdict::Pass),
            notes,
            items,
        }
    }

    /// How many items have this verdict.
    pub(crate) fn count(&self, verdict: Verdict) -> usize {
        self.items.iter().filter(|item| item.verdict == verdict).count()
    }
}

impl fmt::Display for Sheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Acceptance sheet of trunk {:?}\n", self.trunk)?;
        for note in &self.notes {
            writeln!(f, "note: {note}\n")?;
        }
        for item in &self.items {
            let name = item.item.replace('_', " ");
            writeln!(f, "{:<5} {name:<17} {}", item.verdict, item.found)?;
            if !item.to_do.is_empty() {
                writeln!(f, "{:<5} {:<17} → {}", "", "", item.to_do)?;
            }
        }
        write!(
            f,
            "\n{} passed, {} to look at, {} failed, {} not tried",
            self.count(Verdict::Pass),
            self.count(Verdict::Warn),
            self.count(Verdict::Fail),
            self.count(Verdict::Skipped)
        )
    }
}
