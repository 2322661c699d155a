//! The console in a real browser: a campaigner sets a campaign up from nothing, records the script, launches it, and watches a caller come
//! through. Nothing is reloaded by hand, and nothing goes wrong on the way.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use trunkline_media::tone;
use trunkline_tests::browser::{Browser, Kind};
use trunkline_tests::capture::{self, Capture};
use trunkline_tests::stage::{CALLER, OURS, target_number};
use trunkline_tests::world::{World, tone_file};

use super::console_pages::pictures;
use super::{SESSION, SIPP, caller_who_begins, sipps, target_who_talks};

/// What the microphone hears.
const SPOKEN_HZ: f64 = 700.0;
const PASSWORD: &str = "correct horse battery staple";

/// What an operator has set up before: a trunk to callers, one to targets, and a number of no campaign.
async fn trunks(world: &World, callers: u16, targets: u16) -> Result<()> {
    let mut first = None;
    for (name, port, prefix) in [("callers", callers, "+1202"), ("targets", targets, "+1303")] {
        // Sipp would take an OPTIONS for one of its calls.
        let trunk = json!({ "name": name, "host": "127.0.0.1", "port": port, "codecs": ["PCMU"], "options_interval_ms": 0 });
        let trunk = world.post("/v1/trunks", trunk).await?;
        let route = json!({ "name": name, "prefixes": [prefix], "trunks": [{ "trunk_id": trunk["id"] }] });
        world.post("/v1/routes", route).await?;
        first.get_or_insert(trunk["id"].clone());
    }
    world
        .post("/v1/numbers", json!({ "e164": OURS, "trunk_id": first }))
        .await?;
    Ok(())
}

/// The link that the first start has printed.
fn first_admin(world: &World) -> Result<String> {
    let printed = world.printed();
    let link = printed.split_whitespace().find(|word| word.contains("/first/"));
    Ok(link.with_context(|| format!("no link in {printed}"))?.to_owned())
}

/// As it is on every page: nothing failed, and nobody is shut out.
async fn is_sound(browser: &Browser) -> Result<()> {
    let (url, complaints, faults) = (
        browser.url().await?,
        browser.complaints().await?,
        browser.faults().await?,
    );
    ensure!(
        complaints.is_empty(),
        "{url}: the browser complains: {complaints:#?}"
    );
    ensure!(faults.is_empty(), "{url}: axe-core finds {faults:#?}");
    Ok(())
}

/// Makes the first admin, the campaign, its target and its intro.
async fn set_up(world: &World, browser: &Browser) -> Result<()> {
    browser.go(&first_admin(world)?).await?;
    is_sound(browser).await?;
    browser
        .shot(&pictures(world.path())?.join("first-admin.png"))
        .await?;
    browser.fill("name", "ada").await?;
    browser.fill("new", PASSWORD).await?;
    browser.press("Begin").await?;
    browser.until("h1", |h| h == "Campaigns").await?;
    is_sound(browser).await?;
    browser.press("New campaign").await?;
    browser.fill("name", "save the library").await?;
    browser.fill("organization", "Friends of the library").await?;
    is_sound(browser).await?;
    browser.press("Make it, and go on to who is called").await?;
    browser.until(".notice", |text| text == "Made.").await?;
    browser.fill("title", "Senator").await?;
    // The search above has no field of this name; the title of the page is another thing.
    browser.fill("name", "Ada Example").await?;
    browser.fill("phone", &target_number(0)).await?;
    browser.click("form[action$='/people/new'] button").await?;
    browser
        .until("ol.order", |text| text.contains("Ada Example"))
        .await?;
    is_sound(browser).await?;
    browser.press("Script").await?;
    browser.press("Welcome").await?;
    browser.press("Record").await?;
    browser
        .until("#recorder [role=status]", |text| text.contains("3 s"))
        .await?;
    browser.press("Stop").await?;
    browser
        .until("#recorder [role=status]", |text| text.starts_with("Listen to it"))
        .await?;
    browser.press("Keep it").await?;
    browser
        .until(".notice", |text| text.starts_with("Added."))
        .await?;
    is_sound(browser).await?;
    browser.press("Limits and numbers").await?;
    browser.click("input[name=numbers]").await?;
    is_sound(browser).await?;
    browser.click("main form button.main").await?;
    browser.until(".notice", |text| text == "Saved.").await?;
    browser.press("Overview").await?;
    browser.press("Launch").await?;
    browser
        .until(".notice", |text| text == "The campaign is live.")
        .await?;
    is_sound(browser).await
}

/// One more caller: the counts of the list go on by themselves.
async fn counts_go_on(world: &World, browser: &Browser) -> Result<()> {
    browser.press("Campaigns").await?;
    browser
        .until("#campaigns", |text| text.contains("save the library"))
        .await?;
    browser.script("window.noted = 'here'").await?;
    let campaigns = world.get("/v1/campaigns").await?;
    let campaign = campaigns["items"][0]["id"].clone();
    let session = json!({ "campaign_id": campaign, "phone": CALLER });
    let session = world.post("/v1/sessions", session).await?;
    let path = format!("/v1/sessions/{}", session["id"].as_str().unwrap_or_default());
    let over = world.until(&path, SESSION, |s| s["state"] == "ended").await?;
    ensure!(over["calls"][0]["status"] == "completed", "{over:#}");
    browser
        .until("#campaigns tbody tr", |row| {
            row.split_whitespace()
                .collect::<Vec<_>>()
                .ends_with(&["0", "2", "2", "2"])
        })
        .await?;
    ensure!(
        browser.script("return window.noted").await? == "here",
        "the page was loaded again"
    );
    is_sound(browser).await
}

#[tokio::test]
async fn a_campaign_from_nothing_and_its_first_caller() -> Result<()> {
    let world = World::start().await?;
    let (caller, target) = (caller_who_begins().bye_in(), target_who_talks(1_600));
    let (mut caller, mut target) = (sipps(world.path(), &caller, 2)?, sipps(world.path(), &target, 2)?);
    trunks(&world, caller.port, target.port).await?;
    let microphone = world.file("microphone.wav");
    std::fs::write(&microphone, tone_file(SPOKEN_HZ, 4_000))?;
    let kind = Kind {
        microphone: Some(&microphone),
        ..Kind::default()
    };
    let browser = Browser::start(world.path(), &kind).await?;
    set_up(&world, &browser).await?;

    let capture = Capture::start(world.path(), "portrange 11000-31100")?;
    browser.press("Test call to my phone").await?;
    browser.fill("phone", CALLER).await?;
    browser.press("Call me").await?;
    browser
        .until(".notice", |text| text.starts_with("Your phone will ring"))
        .await?;
    // The timeline goes on by itself: what was noted on the page is still there when the call is over.
    browser.press("Call log").await?;
    browser.click("#log tbody a").await?;
    browser.script("window.noted = 'here'").await?;
    let timeline = browser
        .until("#timeline", |text| text.contains("Over: completed"))
        .await?;
    for wanted in [
        "Caller: answers",
        "The caller hears: Welcome",
        "The caller presses a key",
        "Call to Senator Ada Example",
        "Office: answers",
    ] {
        ensure!(timeline.contains(wanted), "{wanted} is not in\n{timeline}");
    }
    ensure!(
        browser.script("return window.noted").await? == "here",
        "the page was loaded again"
    );
    is_sound(&browser).await?;
    let heard = capture::heard(&capture.stop()?, caller.media);
    let ms = tone::heard_ms(&heard, SPOKEN_HZ, 0.3);
    ensure!(ms > 1_000, "the caller heard what was recorded for {ms} ms");

    counts_go_on(&world, &browser).await?;
    caller.finished(SIPP)?;
    target.finished(SIPP)?;
    browser.quit().await
}
