//! The form used by the keyboard alone, on a page of another origin and in a frame: real keys in a real browser.

use anyhow::Result;
use serde_json::json;
use trunkline_tests::keyboard::{Key, Keyboard};
use trunkline_tests::page::{Page, Site};
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{Plan, Stage};
use trunkline_tests::world::World;

use super::{SIPP, sipp};

const FORM: &str = r#"<!doctype html>
<html lang="fr"><title>Act</title>
<form id="call_form"><label>Phone <input id="phone_id" type="tel"></label> <button>Call</button></form>
<script src="{OURS}/api/campaign/test/embed.js" defer></script></html>"#;
const FRAME: &str = r#"<!doctype html>
<html lang="en"><title>Act</title><iframe src="{OURS}/api/campaign/test/embed_iframe.html" width="400" height="400"></iframe></html>"#;

/// A world with a campaign whose caller is busy once, and a site with this page that alone may show its form.
async fn set(world: &World, html: &str) -> Result<(Site, trunkline_tests::sipp::Sipp)> {
    let busy = Scenario::answering("caller")
        .ringing()
        .reject("486 Busy Here", "");
    let caller = sipp(world.path(), &busy)?;
    let ours = world.url("");
    let page = Page {
        path: "/",
        html: html.replace("{OURS}", &ours),
        policy: format!(
            "default-src 'none'; script-src {ours}; connect-src {ours}; frame-src {ours}; form-action 'none'"
        ),
    };
    let site = Site::of(vec![page]).await?;
    let plan = Plan {
        callers: vec![caller.port],
        campaign: json!({
            "script": "<b>Please</b> help", "origins": [site.origin()], "embed": { "companion": false },
        }),
        ..Plan::default()
    };
    Stage::set(world, &plan).await?;
    Ok((site, caller))
}

#[tokio::test]
async fn the_form_works_by_keyboard() -> Result<()> {
    let world = World::start().await?;
    let (site, mut caller) = set(&world, FORM).await?;
    let mut keys = Keyboard::open(world.path(), &site.origin()).await?;
    keys.until(false, "!!(window.callPowerForm && callPowerForm.form)", "true")
        .await?;
    keys.press(Key::Tab).await?;
    keys.until(false, "document.activeElement.id", "phone_id").await?;
    keys.write("12").await?;
    keys.press(Key::Enter).await?;
    let alert = "document.querySelector('[role=alert]')?.textContent";
    let expected = "Indiquez votre numéro de téléphone avec l’indicatif régional.";
    keys.until(false, alert, expected).await?;
    keys.until(false, "document.activeElement.id", "phone_id").await?;
    keys.write("025550123").await?;
    keys.press(Key::Enter).await?;
    let script = "document.querySelector('dialog[open] .callpower-script')?.innerText";
    keys.until(false, script, "Please help").await?;
    keys.until(false, "document.activeElement.ariaLabel", "Fermer")
        .await?;
    keys.until(false, alert, "undefined").await?;
    keys.press(Key::Escape).await?;
    keys.until(false, "document.querySelector('dialog')", "null")
        .await?;
    keys.until(false, "document.activeElement.id", "phone_id").await?;
    caller.finished(SIPP)
}

#[tokio::test]
async fn the_form_works_in_a_frame() -> Result<()> {
    let world = World::start().await?;
    let (site, mut caller) = set(&world, FRAME).await?;
    let mut keys = Keyboard::open(world.path(), &site.origin()).await?;
    let label = "document.querySelector('label')?.textContent";
    keys.until(true, label, "Phone number").await?;
    keys.until(true, "document.readyState", "complete").await?;
    // The first is the frame itself, where it scrolls.
    for _ in 0..2 {
        let focused = keys.shown(true, "document.activeElement.id").await?;
        if focused != "phone_id" {
            keys.press(Key::Tab).await?;
        }
    }
    keys.until(true, "document.activeElement.id", "phone_id").await?;
    keys.write("202 555 0123").await?;
    keys.press(Key::Enter).await?;
    let script = "document.querySelector('.callpower-script')?.innerText";
    keys.until(true, script, "Please help").await?;
    keys.until(true, "document.activeElement.className", "callpower-panel")
        .await?;
    caller.finished(SIPP)
}
