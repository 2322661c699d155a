//! Tidy: the rules of the house that a compiler does not hold. Each names the rule, the place and what to do.

mod layers;
mod licences;
mod places;
mod sizes;
mod tree;

use std::fs;
use std::path::{Path, PathBuf};

/// The root of the checkout.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests has a parent")
        .to_owned()
}

/// One source file of ours.
struct Source {
    /// Relative to the root, with `/`.
    path: String,
    text: String,
}

impl Source {
    /// The part before the file's own tests, which come last.
    fn code(&self) -> &str {
        self.text.split("#[cfg(test)]").next().unwrap_or_default()
    }

    /// Lines of code with their numbers, comments cut off.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code()
            .lines()
            .enumerate()
            .map(|(n, line)| (n + 1, line.split("//").next().unwrap_or_default()))
    }
}

/// Every Rust file below the five packages.
fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    for package in layers::PACKAGES {
        walk(&root().join(package), &mut found);
    }
    assert!(
        found.len() > 30,
        "tidy sees only {} files: it looks in the wrong place",
        found.len()
    );
    found
}

fn walk(folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("folder is readable") {
        let path = entry.expect("entry is readable").path();
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "target") {
                walk(&path, found);
            }
        } else if path.extension().is_some_and(|e| e == "rs") {
            let relative = path
                .strip_prefix(root())
                .expect("below the root")
                .to_string_lossy()
                .replace('\\', "/");
            found.push(Source {
                path: relative,
                text: fs::read_to_string(&path).expect("source is text"),
            });
        }
    }
}

/// Fails with one line a fault.
fn check(rule: &str, faults: Vec<String>) {
    assert!(faults.is_empty(), "{rule}\n  {}", faults.join("\n  "));
}
