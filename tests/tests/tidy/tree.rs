//! The top level of the checkout holds what the owner named, and no folder more.

use std::collections::BTreeSet;
use std::process::Command;

use super::root;

const FOLDERS: [&str; 7] = [
    "gateway",
    "media",
    "control-api",
    "prompts",
    "tests",
    "docker",
    "docs",
];
const FILES: [&str; 9] = [
    "Cargo.toml",
    "Cargo.lock",
    "README.md",
    "Makefile",
    "deny.toml",
    "clippy.toml",
    "rustfmt.toml",
    "CHANGELOG.md",
    "LICENSE",
];

#[test]
fn the_top_level_is_as_named() {
    let listed = Command::new("git")
        .args(["ls-files"])
        .current_dir(root())
        .output()
        .expect("git runs");
    assert!(
        listed.status.success(),
        "git ls-files failed; tidy needs a checkout"
    );
    let tops: BTreeSet<String> = String::from_utf8_lossy(&listed.stdout)
        .lines()
        .filter_map(|path| path.split('/').next().map(str::to_owned))
        .collect();
    for top in &tops {
        let known = top.starts_with('.') || FOLDERS.contains(&top.as_str()) || FILES.contains(&top.as_str());
        assert!(known, "{top}: the top level holds {FOLDERS:?} and {FILES:?}");
    }
    for wanted in FOLDERS.iter().chain(&FILES) {
        assert!(tops.contains(*wanted), "{wanted} is missing");
    }
}
