//! A real browser, driven as a person uses it: Chromium by its WebDriver (W3C), with a microphone that plays a file. It tells what went
//! wrong on a page, and axe-core tells what people who cannot see or point would stumble over.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::Method;
use serde_json::{Map, Value, json};
use url::{ParseError, Url};

use crate::ports;
use crate::program::{Program, eventually};

/// A browser on a loaded machine takes its time.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at a page.
const LOOK: Duration = Duration::from_millis(100);
/// What judges pages (tests/setup/axe).
const AXE: &str = "axe-4.14.1.js";

/// A browser with a profile of its own.
pub struct Browser {
    client: Client,
    /// Ends after the session, so that no browser is left behind.
    _program: Program,
}

/// What a browser is like.
#[derive(Clone, Debug)]
pub struct Kind<'a> {
    /// The language that it asks for.
    pub language: &'a str,
    /// Width and height of its window.
    pub window: (u32, u32),
    /// What its microphone hears, a WAV.
    pub microphone: Option<&'a Path>,
    /// It prefers dark pages.
    pub dark: bool,
}

impl Default for Kind<'_> {
    fn default() -> Self {
        Kind {
            language: "en",
            window: (1280, 1100),
            microphone: None,
            dark: false,
        }
    }
}

impl Browser {
    /// Starts one; what it writes lies below `folder`.
    pub async fn start(folder: &Path, kind: &Kind<'_>) -> Result<Browser> {
        let port = ports::free(1);
        let mut command = Command::new("chromedriver");
        command.arg(format!("--port={port}")).env("TMPDIR", folder);
        let program = Program::start(&format!("chromedriver-{port}"), &mut command, folder)?;
        let address = format!("http://127.0.0.1:{port}");
        let asker = trunkline_control_api::outbound::loopback_client();
        eventually("chromedriver answers", PATIENCE, async || {
            asker.get(format!("{address}/status")).send().await.is_ok()
        })
        .await?;
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(folder, port, kind))
            .connect(&address)
            .await?;
        Ok(Browser {
            client,
            _program: program,
        })
    }

    /// Ends it.
    pub async fn quit(self) -> Result<()> {
        Ok(self.client.close().await?)
    }

    /// Opens a page.
    pub async fn go(&self, url: &str) -> Result<()> {
        Ok(self.client.goto(url).await?)
    }

    /// Where it is.
    pub async fn url(&self) -> Result<String> {
        Ok(self.client.current_url().await?.to_string())
    }

    /// Runs JavaScript in the page; answers what it returns.
    pub async fn script(&self, script: &str) -> Result<Value> {
        Ok(self.client.execute(script, Vec::new()).await?)
    }

    /// Runs JavaScript that answers later, with its first argument; a text.
    pub async fn later(&self, script: &str) -> Result<String> {
        let answer = self.client.execute_async(script, Vec::new()).await?;
        Ok(answer.as_str().unwrap_or_default().to_owned())
    }

    /// The text that one sees of the first element of a selector; nothing when there is none.
    pub async fn text(&self, selector: &str) -> Result<String> {
        let script = format!(
            "return document.querySelector({})?.innerText ?? ''",
            json!(selector)
        );
        let text = self.script(&script).await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until that text is as wanted. An error says what it was.
    pub async fn until(&self, selector: &str, wanted: impl Fn(&str) -> bool) -> Result<String> {
        let end = Instant::now() + PATIENCE;
        loop {
            let text = self.text(selector).await?;
            if wanted(&text) {
                return Ok(text);
            }
            if Instant::now() > end {
                let (url, page) = (self.url().await?, self.text("body").await?);
                bail!("{selector} on {url} stays as it is:\n{text}\n\nThe whole page:\n{page}");
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Writes into a field by its name, in place of what stands there.
    pub async fn fill(&self, name: &str, value: &str) -> Result<()> {
        let field = self
            .element(&format!("[name=\"{name}\"]:not([type=hidden])"))
            .await?;
        field.clear().await?;
        Ok(field.send_keys(value).await?)
    }

    /// Chooses one of several by its value.
    pub async fn choose(&self, name: &str, value: &str) -> Result<()> {
        self.click(&format!("select[name=\"{name}\"] option[value=\"{value}\"]"))
            .await
    }

    /// Clicks on the first element of a selector.
    pub async fn click(&self, selector: &str) -> Result<()> {
        Ok(self.element(selector).await?.click().await?)
    }

    /// Clicks on the first button or link that says this, and nothing else.
    pub async fn press(&self, label: &str) -> Result<()> {
        let path = format!(
            "//*[self::button or self::a or self::summary][normalize-space(.)={0} or @aria-label={0}]",
            quoted(label)
        );
        let found = self.client.find(Locator::XPath(&path)).await;
        let found = found.with_context(|| format!("nothing says {label:?}"))?;
        Ok(found.click().await?)
    }

    /// Presses keys wherever the focus is: text, and W3C's code points of keys (`\u{e004}` is Tab, `\u{e007}` Enter).
    pub async fn keys(&self, keys: &str) -> Result<()> {
        let pressed = keys
            .chars()
            .fold(KeyActions::new("keyboard".to_owned()), |all, value| {
                all.then(KeyAction::Down { value }).then(KeyAction::Up { value })
            });
        Ok(self.client.perform_actions(pressed).await?)
    }

    /// Says yes to the question that a page asks.
    pub async fn accept(&self) -> Result<()> {
        Ok(self.client.accept_alert().await?)
    }

    /// Keeps what one sees as a PNG.
    pub async fn shot(&self, path: &Path) -> Result<()> {
        Ok(std::fs::write(path, self.client.screenshot().await?)?)
    }

    /// What the browser complained about since this was asked last: scripts that failed, requests that were refused.
    pub async fn complaints(&self) -> Result<Vec<String>> {
        let entries = self.client.issue_cmd(BrowserLog).await?;
        let serious = |entry: &&Value| entry["level"] == "SEVERE" || entry["level"] == "WARNING";
        let entries = entries.as_array().cloned().unwrap_or_default();
        Ok(entries
            .iter()
            .filter(serious)
            .map(|entry| entry["message"].to_string())
            .collect())
    }

    /// Serious and critical faults that axe-core finds on the page, by rule and element.
    pub async fn faults(&self) -> Result<Vec<String>> {
        let source =
            std::fs::read_to_string(axe()).context("axe-core is not there: tests/setup/axe fetches it")?;
        self.script(&source).await?;
        let run = "const done = arguments[arguments.length - 1]; \
                   axe.run(document, { resultTypes: ['violations'] }).then(r => done(r.violations), e => done(String(e)))";
        let found = self.client.execute_async(run, Vec::new()).await?;
        let found = found
            .as_array()
            .with_context(|| format!("axe-core failed: {found}"))?;
        let mut faults = Vec::new();
        for fault in found
            .iter()
            .filter(|f| f["impact"] == "serious" || f["impact"] == "critical")
        {
            for node in fault["nodes"].as_array().into_iter().flatten() {
                faults.push(format!(
                    "{}: {} {}",
                    fault["id"], node["html"], node["failureSummary"]
                ));
            }
        }
        Ok(faults)
    }

    async fn element(&self, selector: &str) -> Result<Element> {
        let found = self.client.find(Locator::Css(selector)).await;
        found.with_context(|| format!("{selector} is not on the page"))
    }
}

fn capabilities(folder: &Path, port: u16, kind: &Kind<'_>) -> Map<String, Value> {
    let mut args: Vec<String> = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--force-color-profile=srgb",
        "--hide-scrollbars",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
    ]
    .map(str::to_owned)
    .into();
    args.push(format!("--window-size={},{}", kind.window.0, kind.window.1));
    args.push(format!("--accept-lang={}", kind.language));
    args.push(format!(
        "--user-data-dir={}",
        folder.join(format!("browser-{port}")).display()
    ));
    if let Some(file) = kind.microphone {
        args.push(format!("--use-file-for-fake-audio-capture={}", file.display()));
    }
    if kind.dark {
        args.push("--force-dark-mode".to_owned());
    }
    let wanted = json!({
        "goog:loggingPrefs": { "browser": "ALL" },
        "goog:chromeOptions": { "binary": "/usr/bin/chromium", "args": args },
    });
    wanted.as_object().cloned().unwrap_or_default()
}

/// What the browser's console has said: chromedriver's own command, beside W3C's.
#[derive(Debug)]
struct BrowserLog;

impl WebDriverCompatibleCommand for BrowserLog {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> std::result::Result<Url, ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "type": "browser" }).to_string()))
    }
}

fn axe() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = std::env::var_os("HOME").map_or_else(PathBuf::new, PathBuf::from);
    cache
        .unwrap_or_else(|| home.join(".cache"))
        .join("trunkline-tests")
        .join(AXE)
}

/// A text within XPath, which has no way to write both kinds of quotes in one.
fn quoted(text: &str) -> String {
    if text.contains('"') {
        format!("'{text}'")
    } else {
        format!("\"{text}\"")
    }
}
