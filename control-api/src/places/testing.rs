//! The public data that tests read where they lie, beside the project.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// `../shared/data/NAME`, seen from the project's root; `None`, said aloud, when it is not there.
pub(crate) fn data(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/data")
        .join(name);
    if path.exists() {
        return Some(path);
    }
    let said = format!("skipped: {} is not there\n", path.display());
    std::io::stderr().write_all(said.as_bytes()).expect("stderr");
    None
}
