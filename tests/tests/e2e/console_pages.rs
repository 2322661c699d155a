//! Every page of the console, as the demo fills it: sound for the browser and for people who cannot see or point, in both languages, on a
//! telephone's width, by keyboard alone; for each role what it may see. The pictures in docs/screenshots are made here.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use trunkline_control_api::outbound::loopback_client;
use trunkline_tests::browser::{Browser, Kind};
use trunkline_tests::program::{Program, built, eventually};

/// A call of half a minute, on a loaded machine.
const DEMO: Duration = Duration::from_secs(180);

/// The demo that stays.
struct Demo {
    program: Program,
    base: String,
    key: String,
    password: String,
}

impl Demo {
    async fn start(folder: &Path) -> Result<Demo> {
        let mut command = Command::new(built("trunkline"));
        command.args(["demo", "--keep"]).current_dir(folder);
        let program = Program::start("demo", &mut command, folder)?;
        eventually("the demo stays", DEMO, async || {
            program.printed().contains("one more call")
        })
        .await
        .with_context(|| program.printed())?;
        let printed = program.printed();
        let after = |what: &str| -> Result<String> {
            let line = printed.lines().find(|line| line.contains(what));
            let word = line.and_then(|line| line.split_whitespace().last());
            Ok(word
                .with_context(|| format!("no {what:?} in {printed}"))?
                .to_owned())
        };
        Ok(Demo {
            base: after("  console ")?.trim_end_matches('/').to_owned(),
            key: after("  API key ")?,
            password: after("  login ")?,
            program,
        })
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    async fn first(&self, list: &str) -> Result<String> {
        let answer: Value = loopback_client()
            .get(self.url(list))
            .bearer_auth(&self.key)
            .send()
            .await?
            .json()
            .await?;
        let id = answer["items"][0]["id"].as_str();
        Ok(id
            .with_context(|| format!("{list} is empty: {answer}"))?
            .to_owned())
    }

    /// A user with a password of ours; answers that of the API.
    async fn user(&self, name: &str, role: &str) -> Result<()> {
        let body = serde_json::json!({ "name": name, "role": role, "password": PASSWORD });
        let answer = loopback_client()
            .post(self.url("/v1/users"))
            .bearer_auth(&self.key)
            .json(&body)
            .send()
            .await?;
        ensure!(answer.status().is_success(), "{}", answer.text().await?);
        Ok(())
    }
}

const PASSWORD: &str = "correct horse battery staple";

async fn log_in(browser: &Browser, demo: &Demo, name: &str, password: &str) -> Result<()> {
    browser.go(&demo.url("/login")).await?;
    browser.fill("name", name).await?;
    browser.fill("password", password).await?;
    browser.click("button.main").await?;
    browser
        .until("header", |text| text.contains(name))
        .await
        .map(drop)
}

/// Every page, with the name of its picture.
async fn pages(demo: &Demo) -> Result<Vec<(&'static str, String)>> {
    let campaign = demo.first("/v1/campaigns").await?;
    let session = demo.first("/v1/sessions?status=completed").await?;
    let of = |rest: &str| format!("/campaigns/{campaign}{rest}");
    Ok(vec![
        ("campaigns", "/campaigns".to_owned()),
        ("campaign-new", "/campaigns/new".to_owned()),
        ("campaign", of("?every=day")),
        ("campaign-basics", of("/basics")),
        ("campaign-people", of("/people?q=o&preview=on")),
        ("campaign-script", of("/script")),
        ("campaign-prompt", of("/script/msg_intro")),
        ("campaign-limits", of("/limits")),
        ("campaign-embed", of("/embed")),
        ("campaign-log", of("/log")),
        ("session", format!("/sessions/{session}")),
        ("password", "/password".to_owned()),
        ("operations", "/operations".to_owned()),
        ("calls-now", "/operations/calls".to_owned()),
        ("trunks", "/operations/trunks".to_owned()),
        ("trunk-new", "/operations/trunks/new".to_owned()),
        (
            "trunk",
            format!("/operations/trunks/{}", demo.first("/v1/trunks").await?),
        ),
        ("routes", "/operations/routes?number=%2B12025550123".to_owned()),
        (
            "route",
            format!("/operations/routes/{}", demo.first("/v1/routes").await?),
        ),
        ("numbers", "/operations/numbers".to_owned()),
        ("nodes", "/operations/nodes".to_owned()),
        ("records", "/operations/records".to_owned()),
        ("events", "/operations/events".to_owned()),
        ("webhooks", "/operations/webhooks".to_owned()),
        (
            "webhook",
            format!("/operations/webhooks/{}", demo.first("/v1/webhooks").await?),
        ),
        ("blocklist", "/operations/blocklist".to_owned()),
        ("schedules", "/operations/schedules".to_owned()),
        ("users", "/operations/users".to_owned()),
        ("keys", "/operations/keys".to_owned()),
        ("audit", "/operations/audit".to_owned()),
    ])
}

/// What is wrong with the page that is open.
async fn wrong(browser: &Browser) -> Result<Vec<String>> {
    let mut wrong = browser.complaints().await?;
    wrong.extend(browser.faults().await?);
    let wide = browser
        .script("return document.documentElement.scrollWidth > innerWidth + 1")
        .await?;
    if wide == true {
        wrong.push("it is wider than the window".to_owned());
    }
    Ok(wrong)
}

async fn look_at(
    browser: &Browser,
    demo: &Demo,
    pages: &[(&str, String)],
    pictures: Option<&Path>,
) -> Result<()> {
    let mut all = Vec::new();
    for (name, path) in pages {
        browser.go(&demo.url(path)).await?;
        browser.until("h1", |heading| !heading.is_empty()).await?;
        for fault in wrong(browser).await? {
            all.push(format!("{path}: {fault}"));
        }
        if let Some(folder) = pictures {
            browser.shot(&folder.join(format!("{name}.png"))).await?;
        }
    }
    ensure!(all.is_empty(), "{all:#?}");
    Ok(())
}

/// docs/screenshots where they are to be made anew (TRUNKLINE_UPDATE=1), else a folder of the test's own.
pub(crate) fn pictures(folder: &Path) -> Result<PathBuf> {
    let pictures = match std::env::var_os("TRUNKLINE_UPDATE") {
        Some(_) => Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/screenshots"),
        None => folder.join("screenshots"),
    };
    std::fs::create_dir_all(&pictures)?;
    Ok(pictures)
}

/// Tab from the top of the page to a link or button, and press Enter on it.
async fn by_keyboard(browser: &Browser, wanted: &str) -> Result<()> {
    for _ in 0..80 {
        browser.keys("\u{e004}").await?;
        let text = browser
            .script("const e = document.activeElement; return (e.innerText || e.name || '').trim()")
            .await?;
        if text == wanted {
            let seen = browser
                .script("return getComputedStyle(document.activeElement).outlineStyle")
                .await?;
            ensure!(seen != "none", "one does not see that the focus is on {wanted}");
            return Ok(());
        }
    }
    anyhow::bail!("Tab never comes to {wanted}")
}

#[tokio::test]
async fn every_page_is_sound_in_both_languages() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let demo = Demo::start(folder.path()).await?;
    let pages = pages(&demo).await?;
    let english = Browser::start(folder.path(), &Kind::default()).await?;
    let pictures = pictures(folder.path())?;
    let login = [("login", "/login".to_owned())];
    look_at(&english, &demo, &login, Some(&pictures)).await?;
    log_in(&english, &demo, "demo", &demo.password).await?;
    look_at(&english, &demo, &pages, Some(&pictures)).await?;

    // By keyboard alone: into a form, filled, sent.
    english.go(&demo.url("/campaigns")).await?;
    by_keyboard(&english, "Skip to the page").await?;
    by_keyboard(&english, "New campaign").await?;
    english.keys("\u{e007}").await?;
    english.until("h1", |heading| heading == "New campaign").await?;
    by_keyboard(&english, "name").await?;
    english.keys("by keyboard\u{e007}").await?;
    english.until(".notice", |text| text == "Made.").await?;
    english.quit().await?;

    let telephone = Kind {
        language: "es",
        window: (500, 900),
        dark: true,
        ..Kind::default()
    };
    let spanish = Browser::start(folder.path(), &telephone).await?;
    log_in(&spanish, &demo, "demo", &demo.password).await?;
    let heading = spanish.text("h1").await?;
    ensure!(heading == "Campañas", "the heading is {heading}");
    look_at(&spanish, &demo, &pages, None).await?;
    spanish.quit().await?;

    viewer_changes_nothing(folder.path(), &demo).await?;
    drop(demo.program);
    Ok(())
}

async fn viewer_changes_nothing(folder: &Path, demo: &Demo) -> Result<()> {
    demo.user("victor", "viewer").await?;
    let browser = Browser::start(folder, &Kind::default()).await?;
    log_in(&browser, demo, "victor", PASSWORD).await?;
    for (_, path) in pages(demo).await? {
        browser.go(&demo.url(&path)).await?;
        let buttons = browser
            .script("return [...document.querySelectorAll('main form[method=post] button')].map(b => b.innerText).join()")
            .await?;
        ensure!(
            path == "/password" || buttons == "",
            "{path} offers a viewer {buttons}"
        );
    }
    // Nor does the server, whatever a page offers.
    let sent = "const done = arguments[0]; fetch('/campaigns', { method: 'POST', body: new URLSearchParams({ name: 'x', whom: 'custom', \
                country: 'us', language: 'en' }) }).then(async r => done(r.status + ' ' + await r.text()))";
    let said = browser.later(sent).await?;
    ensure!(
        said.starts_with("403 ") && said.contains("your role is viewer"),
        "{said}"
    );
    browser.quit().await
}
