//! Files stay small, and say in their first lines what they are for.

use std::fs;

use super::{check, root, sources};

/// A file past this has become the place where everything happens.
const MAX_FILE: usize = 800;
/// A line past this is not read.
const MAX_LINE: usize = 140;
/// The page of the architecture is one that people read to the end.
const MAX_ARCHITECTURE: usize = 300;

#[test]
fn files_stay_small() {
    let faults = sources()
        .iter()
        .filter(|s| s.text.lines().count() > MAX_FILE)
        .map(|s| {
            format!(
                "{}: {} lines; split it by concern",
                s.path,
                s.text.lines().count()
            )
        })
        .collect();
    check("A file has 800 lines at most, 250 at best:", faults);
}

#[test]
fn files_say_what_they_are_for() {
    let faults = sources()
        .iter()
        .filter(|s| !s.text.starts_with("//! "))
        .map(|s| format!("{}: open it with two or three lines of //!", s.path))
        .collect();
    check("A file opens with what it is for:", faults);
}

#[test]
fn lines_can_be_read() {
    let mut faults = Vec::new();
    for source in sources() {
        for (number, line) in source.text.lines().enumerate() {
            if line.chars().count() > MAX_LINE && !line.contains("http") && !line.contains('"') {
                faults.push(format!(
                    "{}:{}: {} characters",
                    source.path,
                    number + 1,
                    line.chars().count()
                ));
            }
        }
    }
    check("A line has 140 characters at most:", faults);
}

#[test]
fn the_architecture_fits_on_a_page() {
    let text = fs::read_to_string(root().join("docs/ARCHITECTURE.md")).expect("docs/ARCHITECTURE.md");
    let lines = text.lines().count();
    assert!(
        lines <= MAX_ARCHITECTURE,
        "docs/ARCHITECTURE.md has {lines} lines; it has {MAX_ARCHITECTURE} at most"
    );
}

/// Every path in backticks that looks like one of ours exists: the codemap is true.
#[test]
fn the_codemap_is_true() {
    let text = fs::read_to_string(root().join("docs/ARCHITECTURE.md")).expect("docs/ARCHITECTURE.md");
    let mut faults = Vec::new();
    for path in text.split('`').skip(1).step_by(2) {
        let ours = [
            "media/",
            "prompts/",
            "gateway/",
            "control-api/",
            "tests/",
            "docker/",
            "docs/",
        ];
        let plain = path
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
        if plain && ours.iter().any(|p| path.starts_with(p)) && !root().join(path).exists() {
            faults.push(format!("docs/ARCHITECTURE.md names `{path}`, which is not there"));
        }
    }
    check("The codemap names what exists:", faults);
}
