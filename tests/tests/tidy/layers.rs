//! The arrows between packages point one way: in the Cargo.tomls, and in every path that names a package.

use std::fs;

use super::{check, root, sources};

pub(crate) const PACKAGES: [&str; 5] = ["media", "prompts", "gateway", "control-api", "tests"];

/// What each package may know of ours.
fn allowed(package: &str) -> &'static [&'static str] {
    match package {
        "media" | "prompts" => &[],
        "gateway" => &["media", "prompts"],
        "control-api" => &["media", "prompts", "gateway"],
        "tests" => &["media", "prompts", "gateway", "control-api"],
        other => panic!("no such package: {other}"),
    }
}

/// What each package may never take from outside.
fn foreign(package: &str) -> &'static [&'static str] {
    match package {
        "media" => &["tokio", "sqlx", "axum", "rsip"],
        "prompts" => &["tokio", "sqlx", "axum", "mio"],
        "gateway" => &["sqlx", "axum", "handlebars", "symphonia"],
        "control-api" => &["mio", "rsip", "rtp"],
        _ => &[],
    }
}

#[test]
fn dependencies_point_one_way() {
    let mut faults = Vec::new();
    for package in PACKAGES {
        let path = format!("{package}/Cargo.toml");
        let manifest: toml::Table = fs::read_to_string(root().join(&path))
            .expect("manifest")
            .parse()
            .expect("manifest is TOML");
        let names = manifest["dependencies"].as_table().expect("dependencies").keys();
        for name in names {
            let ours = name.strip_prefix("trunkline-");
            if ours.is_some_and(|to| !allowed(package).contains(&to))
                || foreign(package).contains(&name.as_str())
            {
                faults.push(format!("{path}: {package} must not depend on {name}"));
            }
        }
    }
    check("The arrows of docs/ARCHITECTURE.md point one way:", faults);
}

#[test]
fn paths_point_one_way() {
    let mut faults = Vec::new();
    for source in sources() {
        let package = source.path.split('/').next().unwrap_or_default();
        for (number, line) in source.lines() {
            for other in PACKAGES {
                let name = format!("trunkline_{}::", other.replace('-', "_"));
                if other != package && line.contains(&name) && !allowed(package).contains(&other) {
                    faults.push(format!(
                        "{}:{number}: {package} must not use {other}",
                        source.path
                    ));
                }
            }
        }
    }
    check("The arrows of docs/ARCHITECTURE.md point one way:", faults);
}

/// Within the gateway, the protocol knows nothing of what is built on it.
#[test]
fn the_sip_core_stands_alone() {
    let mut faults = Vec::new();
    for source in sources()
        .iter()
        .filter(|s| s.path.starts_with("gateway/src/sip/"))
    {
        for (number, line) in source.lines() {
            for above in [
                "crate::session",
                "crate::leg",
                "crate::core",
                "crate::flow",
                "crate::io",
                "crate::journal",
                "trunkline_media",
            ] {
                if line.contains(above) {
                    faults.push(format!("{}:{number}: sip must not use {above}", source.path));
                }
            }
        }
    }
    check("gateway/src/sip is a protocol, not a call:", faults);
}

#[test]
fn sql_is_in_the_store_only() {
    let mut faults = Vec::new();
    for source in sources()
        .iter()
        .filter(|s| s.path.starts_with("control-api/src/"))
    {
        if source.path.starts_with("control-api/src/store") {
            continue;
        }
        for (number, line) in source.lines() {
            if line.contains("sqlx::") {
                faults.push(format!("{}:{number}: move the statement into store", source.path));
            }
        }
    }
    check("SQL lives in control-api/src/store:", faults);
}
