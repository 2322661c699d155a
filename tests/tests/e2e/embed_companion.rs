//! A page follows the call that it has asked for, as the call goes: a real browser on another origin, a caller and two targets by sipp.

use anyhow::{Result, ensure};
use serde_json::json;
use trunkline_tests::page::{Page, Site};
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{Plan, Stage};
use trunkline_tests::world::World;

use super::{SIPP, sipp, sipps, target_who_talks};

/// Sends its form, closes the overlay once it talks, and tells each state as it stands on the page.
const PAGE: &str = r#"<!doctype html>
<html lang="en"><title>Act now</title>
<form id="call_form"><label>Phone <input id="phone_id" value="202-555-0123"></label><button>Call</button></form>
<script nonce="n">
const q = (what) => document.querySelector(what);
let last = Promise.resolve();
const show = (text) => { last = last.then(() => fetch("/shown?" + encodeURIComponent(text))); };
addEventListener("securitypolicyviolation", (event) => show(`violation: ${event.violatedDirective} ${event.blockedURI}`));
addEventListener("callpower:error", (event) => show(`error: ${event.detail.message}`));
addEventListener("callpower:state", ({ detail }) => {
  const status = q("[role=status]");
  const where = status.closest("dialog") ? "overlay" : "page";
  if (detail.state !== "queued") show(`${where}: ${status.innerText.trim().replace(/\s*\n\s*/g, " | ")}`);
  if (detail.state === "talking") q("dialog")?.close();
});
addEventListener("load", () => q("form").requestSubmit());
</script>
<script src="{OURS}/api/campaign/test/embed.js" defer></script>
</html>
"#;

#[tokio::test]
async fn a_page_says_how_its_call_stands() -> Result<()> {
    let world = World::start().await?;
    let caller = Scenario::answering("caller")
        .ringing()
        .pause(2_500)
        .answer()
        .pause(1_500)
        .keys("*")
        .bye_in();
    let (mut caller, mut targets) = (
        sipp(world.path(), &caller)?,
        sipps(world.path(), &target_who_talks(1_000), 2)?,
    );
    let plan = Plan {
        callers: vec![caller.port],
        targets: vec![targets.port],
        count: 2,
        campaign: json!({
            "script": "<b>Be kind.</b>",
            "embed": { "targetScripts": [{ "key": "*", "text": "Ask for the library." }] },
        }),
        ..Plan::default()
    };
    Stage::set(&world, &plan).await?;
    let ours = world.url("");
    let page = Page {
        path: "/",
        html: PAGE.replace("{OURS}", &ours),
        policy: format!("default-src 'none'; script-src 'nonce-n' {ours}; connect-src 'self' {ours}"),
    };
    let site = Site::of(vec![page]).await?;
    let expected = [
        "overlay: Your phone is ringing. Please pick up.",
        "overlay: Press * on your phone to begin.",
        "overlay: You are on the line. Please listen.",
        "overlay: We are calling Senator Target 0 (1 of 2). | Ask for the library.",
        "overlay: You are talking to Senator Target 0 (1 of 2). Press * for the next one. | Ask for the library.",
        "page: Next: Senator Target 1 (2 of 2). | Ask for the library.",
        "page: We are calling Senator Target 1 (2 of 2). | Ask for the library.",
        "page: You are talking to Senator Target 1 (2 of 2). Press * when you are done. | Ask for the library.",
        "page: You are on the line. Please listen.",
        "page: Thank you! You made 2 calls.",
    ];
    let shown = site.open(world.path(), expected.len()).await?;
    ensure!(shown == expected, "{shown:#?}\n{}", world.printed());
    caller.finished(SIPP)?;
    targets.finished(SIPP)?;
    Ok(())
}
