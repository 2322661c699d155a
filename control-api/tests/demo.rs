//! `trunkline demo` as a newcomer runs it: in an empty folder, with nothing but the program. It judges its call itself.

#![cfg(test)]

use std::process::Command;

#[test]
fn one_caller_hears_the_campaign_and_an_office() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_trunkline"))
        .arg("demo")
        .current_dir(folder.path())
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{printed}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for name in ["caller.wav", "target-1.wav", "cdrs.csv", "calls.json"] {
        let file = folder.path().join("demo-out").join(name);
        assert!(file.metadata().unwrap().len() > 100, "{name}\n{printed}");
    }
    assert!(!printed.contains("WRONG"), "{printed}");
    let told = printed
        .lines()
        .filter(|line| line.contains(" s  caller ") || line.contains(" s  office "));
    assert!(told.count() > 20, "{printed}");
}

#[test]
fn wrong_usage_is_said_before_anything_begins() {
    for calls in ["0", "-1", "many", "100000"] {
        let output = Command::new(env!("CARGO_BIN_EXE_trunkline"))
            .args(["demo", "--calls", calls])
            .current_dir(std::env::temp_dir())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{calls}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_one_clear_line() {
    let output = Command::new(env!("CARGO_BIN_EXE_trunkline"))
        .args(["demo", "--out", "/proc/demo"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("/proc/demo cannot be written"), "{said}");
}
