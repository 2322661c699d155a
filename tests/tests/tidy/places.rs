//! Sockets, threads, clocks and output live where the architecture says, and nowhere else.

use super::{check, sources};

/// (what, why not, where it may be)
const PLACES: [(&str, &str, &[&str]); 7] = [
    (
        "UdpSocket",
        "sockets live in io",
        &[
            "gateway/src/io/",
            "gateway/src/carrier/",
            "media/src/io/",
            "media/examples/",
            "control-api/",
            "tests/",
        ],
    ),
    (
        "thread::Builder",
        "threads live in io",
        &[
            "gateway/src/io/",
            "gateway/src/carrier/",
            "media/src/io/",
            "media/examples/",
            "control-api/",
            "tests/",
        ],
    ),
    (
        "tokio::spawn",
        "tasks live in io and control-api",
        &[
            "gateway/src/io/",
            "gateway/src/carrier/",
            "control-api/",
            "tests/",
        ],
    ),
    (
        "SystemTime::now",
        "wall time comes from control-api's Clock",
        &["gateway/src/io/", "control-api/src/clock", "tests/"],
    ),
    (
        "println!",
        "the program speaks through control-api/src/cli/output",
        &["control-api/src/cli/", "media/examples/", "tests/"],
    ),
    ("#[allow(", "write #[expect(…, reason = …)]", &[]),
    ("unsafe {", "unsafe is forbidden", &[]),
];

#[test]
fn everything_is_in_its_place() {
    let mut faults = Vec::new();
    for source in sources().iter().filter(|s| !s.path.contains("/tests/")) {
        for (number, line) in source.lines() {
            for (what, why, places) in PLACES {
                if line.contains(what) && !places.iter().any(|p| source.path.starts_with(p)) {
                    faults.push(format!("{}:{number}: {what}: {why}", source.path));
                }
            }
        }
    }
    check("Everything is in its place:", faults);
}

/// Words that say nothing (STYLE.md, Words).
#[test]
fn names_say_what_a_thing_is() {
    let empty = [
        "manager", "handler", "service", "helper", "utils", "util", "process", "misc", "common",
    ];
    let mut faults = Vec::new();
    for source in sources() {
        for part in source.path.trim_end_matches(".rs").split('/') {
            if empty.contains(&part) {
                faults.push(format!("{}: {part} does not say what it is", source.path));
            }
        }
        for (number, line) in source.lines() {
            let Some(name) = declared(line) else { continue };
            let lower = name.to_lowercase();
            if ["manager", "helper", "utils", "aleg", "bleg"]
                .iter()
                .any(|w| lower.ends_with(w))
            {
                faults.push(format!(
                    "{}:{number}: {name} does not say what it is",
                    source.path
                ));
            }
        }
    }
    check("Names say what a thing is:", faults);
}

/// The name that a line declares as a type, trait or module.
fn declared(line: &str) -> Option<&str> {
    let rest = line.trim_start();
    let rest = rest
        .strip_prefix("pub ")
        .or_else(|| rest.strip_prefix("pub(crate) "))
        .unwrap_or(rest);
    let rest = ["struct ", "enum ", "trait ", "mod ", "type "]
        .iter()
        .find_map(|k| rest.strip_prefix(k))?;
    rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()
}

#[test]
fn nothing_is_left_for_later() {
    let marks = [
        "TO".to_owned() + "DO",
        "FIX".to_owned() + "ME",
        "X".to_owned() + "XX",
        "#[ig".to_owned() + "nore",
    ];
    let mut faults = Vec::new();
    for source in sources() {
        for (number, line) in source.text.lines().enumerate() {
            if let Some(mark) = marks.iter().find(|m| line.contains(m.as_str())) {
                faults.push(format!(
                    "{}:{}: {mark}: do it, or file an issue",
                    source.path,
                    number + 1
                ));
            }
        }
    }
    check("Nothing is left for later in the code:", faults);
}
