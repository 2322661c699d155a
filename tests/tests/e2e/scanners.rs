//! Scanners from an address that no trunk allows: no answer, no row, no line in the log for each; they are counted.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use trunkline_tests::world::World;

/// What one scanner has found; an empty list where nobody has answered.
fn scan(program: &str, arguments: &[&str]) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let out = Command::new("timeout")
        .arg("60")
        .arg(program)
        .args(arguments)
        .env("HOME", folder.path())
        .current_dir(folder.path())
        .output()
        .with_context(|| format!("{program}: `make test` installs sipvicious"))?;
    Ok(format!(
        "{}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    ))
}

#[tokio::test]
async fn svmap_and_svwar_find_nothing() -> Result<()> {
    let world = World::start().await?;
    // The only trunk is elsewhere: whoever comes from 127.0.0.1 is a stranger.
    let trunk = json!({ "name": "carrier", "host": "127.0.0.9", "port": 5060 });
    world.post("/v1/trunks", trunk).await?;
    let before = world.printed().lines().count();
    let port = world.sip.to_string();

    let map = scan("svmap", &["-p", &port, "127.0.0.1"])?;
    ensure!(!map.contains("| 127.0.0.1"), "svmap has found us: {map}");
    for method in ["INVITE", "REGISTER", "OPTIONS"] {
        let war = scan(
            "svwar",
            &["-p", &port, "-m", method, "-e", "100-150", "127.0.0.1"],
        )?;
        ensure!(
            !war.contains("reqauth") && !war.contains("noauth"),
            "svwar {method}: {war}"
        );
    }

    for rows in ["/v1/sessions", "/v1/cdrs", "/v1/calls"] {
        let list = world.get(rows).await?;
        ensure!(
            list["items"].as_array().is_some_and(Vec::is_empty),
            "{rows}: {list:#}"
        );
    }
    let lines = world.printed().lines().count() - before;
    ensure!(lines < 5, "{lines} lines in the log:\n{}", world.printed());
    let metrics = world.text("/metrics").await?;
    let counted = metrics
        .lines()
        .filter(|line| line.starts_with("trunkline_") && line.contains("unknown source"))
        .count();
    ensure!(counted > 0, "strangers are counted: {metrics}");
    Ok(())
}
