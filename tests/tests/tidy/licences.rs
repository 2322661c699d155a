//! What we depend on agrees with our licence, and every direct dependency is explained.

use std::fs;
use std::process::Command;

use super::layers::PACKAGES;
use super::{check, root};

#[test]
fn every_licence_is_allowed() {
    let deny: toml::Table = fs::read_to_string(root().join("deny.toml"))
        .expect("deny.toml")
        .parse()
        .expect("deny.toml is TOML");
    let allowed: Vec<&str> = deny["licenses"]["allow"]
        .as_array()
        .expect("a list of licences")
        .iter()
        .filter_map(|v| v.as_str())
        .collect();
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root())
        .output()
        .expect("cargo metadata runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&out.stdout).expect("metadata is JSON");
    let mut faults = Vec::new();
    for package in metadata["packages"].as_array().expect("packages") {
        // Without an expression the licence is a file: `rsip` and `rsip-derives`, which tests alone use.
        let Some(expression) = package["license"].as_str() else {
            continue;
        };
        if !agrees(expression, &allowed) {
            faults.push(format!("{}: {expression}", package["name"]));
        }
    }
    check("Licences that deny.toml does not allow:", faults);
}

/// An SPDX expression without nesting deeper than one pair of parentheses; the old `A/B` means `A OR B`.
fn agrees(expression: &str, allowed: &[&str]) -> bool {
    let plain = expression.replace(" / ", " OR ").replace('/', " OR ");
    plain.split(" AND ").all(|all| {
        all.trim_matches(['(', ')'])
            .split(" OR ")
            .any(|one| allowed.contains(&one.trim_matches(['(', ')', ' '])))
    })
}

#[test]
fn every_direct_dependency_is_explained() {
    let page = fs::read_to_string(root().join("docs/DEPENDENCIES.md")).expect("docs/DEPENDENCIES.md");
    let explained: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
        .flat_map(|cell| cell.split(['(', ')']).next().unwrap_or_default().split(','))
        .map(str::trim)
        .collect();
    let mut faults = Vec::new();
    for package in PACKAGES {
        let manifest: toml::Table = fs::read_to_string(root().join(package).join("Cargo.toml"))
            .expect("manifest")
            .parse()
            .expect("manifest is TOML");
        for table in ["dependencies", "dev-dependencies"] {
            for name in manifest
                .get(table)
                .and_then(|t| t.as_table())
                .into_iter()
                .flat_map(|t| t.keys())
            {
                if !name.starts_with("trunkline-") && !explained.contains(&name.as_str()) {
                    faults.push(format!("{package}: {name}: add a line to docs/DEPENDENCIES.md"));
                }
            }
        }
    }
    check("Every dependency is explained:", faults);
}
