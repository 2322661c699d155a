//! What is done to a line's text before it is written. A dialog names the caller as SIP does, and a CDR the keys pressed: whoever owns the
//! keys hands a seal down, and the disk shows neither. This module knows no cipher.

use std::fmt;

/// Hides the text of lines.
pub trait Seal: fmt::Debug + Send + Sync {
    /// Hides it: printable, in one line, and not beginning with `{`. `None` when it cannot be hidden now; it is not written then.
    fn seal(&self, text: &str) -> Option<String>;

    /// The text again; `None` when it was not hidden by this one.
    fn open(&self, sealed: &str) -> Option<String>;
}

/// Hides nothing: for a gateway that calls nobody, as in tests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain;

impl Seal for Plain {
    fn seal(&self, text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn open(&self, _: &str) -> Option<String> {
        None
    }
}
