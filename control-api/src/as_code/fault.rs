//! What is wrong with a file: where, what, and what to do.

use std::fmt;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The file's name.
    pub(crate) file: String,
    /// Where it stands.
    pub(crate) line: Option<usize>,
    /// What is wrong, and what to do.
    pub(crate) what: String,
}

/// Everything that is wrong; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) struct Faults(pub(crate) Vec<Fault>);

impl Faults {
    /// One alone.
    pub(crate) fn one(file: &str, line: Option<usize>, what: impl Into<String>) -> Faults {
        Faults(vec![Fault {
            file: file.to_owned(),
            line,
            what: what.into(),
        }])
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{} line {line}: {}", self.file, self.what),
            None => write!(f, "{}: {}", self.file, self.what),
        }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, fault) in self.0.iter().enumerate() {
            let between = if n == 0 { "" } else { "\n" };
            write!(f, "{between}{fault}")?;
        }
        Ok(())
    }
}
